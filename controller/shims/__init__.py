"""The rooms of annotated Ingresses and Gateways: each gets a Certificate for every Secret it names.

    lists.py         lists in one annotation: commas, and CSV
    hosts.py         DNS names apart from IP addresses
    annotations.py   annotations into fields of a Certificate's spec, with every fault at once
    issuer.py        who asks for Certificates, and which issuer signs them
    source.py        what a kind of source is to the shims
    ingress.py       an Ingress as a source
    gateway.py       a Gateway as a source
    wishes.py        from a source to its Certificates as they should be
    observed.py      everything that one decision may depend on
    observe.py       the caches into an Observed
    knowledge.py     what was told and tried, in memory alone
    actions.py       the closed set of things to do
    decide.py        what to do next: pure, total
    sentences.py     the words that people read
    perform.py       the only module here that changes the cluster
    room.py          what wakes a source

A Certificate that somebody else controls, or nobody, is never touched. Without its annotation a
source is left alone, and so are the Certificates that it once got.
"""
