"""The room of the Order: from an empty status to a certificate, or to a failure that says why.

    observed.py    everything that one decision may depend on
    actions.py     the closed set of things that can be done next
    decide.py      what to do next: pure, total, the whole life of an Order
    identifiers.py the names to order, and the CA's authorizations in their order
    proofs.py      which Challenges the Order needs, has, and must not keep
    sentences.py   the words that people read in an Order's reason
    knowledge.py   what this process learned from the CA and nobody has written down
    observe.py     caches and knowledge into an Observed
    perform.py     does one action
    settle.py      writes how an Order stands
    room.py        what wakes an Order

An Order that was placed is never placed again, and a failed one is never tried again: another try
is another request's Order.
"""
