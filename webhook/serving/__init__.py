"""How the webhook is served: its own CA, the certificates, TLS, and whether it can be counted on.

    authority.py     the Secret's content and what is to be done with it next: pure
    trusted.py       PEM bundles of CA certificates, as a Secret or an API server holds them
    certificates.py  CAs and serving certificates are made and read
    bundle.py        the caBundle of the webhook configuration and the JSON patch for it: pure
    leaf.py          which certificate a replica serves: pure
    objects.py       Secret and configuration at the API server
    keeper.py        one look at both: the next step, the leaf, the caBundle
    serving.py       Serving: looks whenever something changes or is due
    files.py         FileServing: certificates from files, nothing is written
    tls.py           the TLS context, whose certificate changes without a connection being dropped
    clients.py       the certificates of those who call
    readiness.py     whether this replica can be called, and why not
    server.py        uvicorn on a socket of ours

A CA comes as "next": it is published in the caBundle beside the present one, for a minute, before
anything is served that it signed. The old one stays trusted until its last leaf has expired.
"""
