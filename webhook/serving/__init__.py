"""How the webhook is served: its own CA, the certificates, TLS, and whether it can be counted on.

    authority.py     the Secret's content and what is to be done with it next; no I/O
    roots.py         PEM bundles of CA certificates, as a Secret or an API server holds them
    certificates.py  CAs and serving certificates are made and read
    registration.py  the caBundle of the webhook configuration and the JSON patch for it; no I/O
    leaf.py          which certificate a replica serves; no I/O
    cluster.py       Secret and configuration at the API server
    keeper.py        one look at both: the next step, the leaf, the caBundle
    serving.py       Serving: looks whenever something changes or is due
    watching.py      whether something changed
    repairs.py       whether another program writes what we write
    files.py         FileServing: certificates from files, nothing is written
    status.py        how serving stands, for readiness and metrics
    tls.py           the TLS context, whose certificate changes without a connection being dropped
    clients.py       the certificates of those who call
    readiness.py     whether this replica can be called, and why not
    server.py        uvicorn on a socket of ours
    listening.py     that socket

A CA comes as "next": it is published in the caBundle beside the present one, for a minute, before
anything is served that it signed. The old one stays trusted until its last leaf has expired.
"""
