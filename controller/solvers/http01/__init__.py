"""HTTP-01 (RFC 8555 section 8.3): the answers, the routes to them, and the look at them.

    answers.py     which key authorization is the answer to whom
    responder.py   the server that gives the answers
    connection.py  one connection of a client to it
    crowd.py       all connections: how many there may be, and how long each may take
    wire.py        the little of HTTP/1.1 that it speaks: pure
    routes.py      the Ingress or HTTPRoute of a Challenge, and whose one is: pure
    edit.py        one path in an Ingress of the user's own: pure
    overrides.py   what annotations change in a solver: pure
    words.py       what routers and the cluster say about a route: pure
    selfcheck.py   the look at every address of a name, as the CA will take it
    addresses.py   the addresses of a name
    look.py        the look at one address
    fetch.py       one GET
    redirects.py   which redirects a CA follows: pure
    verdicts.py    what follows from all that was found: pure
    quoting.py     what strangers wrote, made safe to show: pure

Nothing here knows a Kubernetes client: what stands in the cluster is given.
"""
