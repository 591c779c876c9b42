"""The room of the CertificateRequest: approval, its one Order, and what came of it.

    observed.py    everything that one decision may depend on
    observe.py     the caches and the request's own bytes into an Observed
    decide.py      what to do next: pure, total, the whole life of a request
    sentences.py   the words that people read on a request
    submission.py  the Order of a request: its name and its spec
    ownership.py   which Orders are a request's, and which of several counts
    refusals.py    until when an Order that was refused is not tried again
    perform.py     the only module here that changes the cluster
    room.py        what wakes a request

A request has one Order. A failed Order fails its request, and another Order needs another request.
"""
