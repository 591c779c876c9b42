"""The room of the Challenge: publish the answer, see it, have the CA look, and take it away again.

    observed.py    everything that one decision may depend on
    actions.py     the closed set of things that can be done next
    decide.py      what to do next until the Challenge ends: pure and total
    unwind.py      what to do next after its end, or while it is deleted: pure and total
    sentences.py   the words that people read in a Challenge's reason
    knowledge.py   what this process learned and nobody has written down; credentials in use
    slots.py       how many Challenges are in work at the same time, in the whole cluster
    observe.py     caches and knowledge into an Observed
    perform.py     does one action
    publishing.py  publishes by type, in bounded time
    records.py     DNS-01: what is done in DNS, and with which Secrets
    routing.py     HTTP-01: the Ingress or HTTPRoute that leads to the responder
    inplace.py     HTTP-01: the path in an Ingress of the user's own
    settle.py      writes how a Challenge stands
    room.py        what wakes a Challenge
    indexes.py     what is looked up in the cache of Challenges

No credential is touched for a Challenge that no Order controls, that is not what its Order makes of
it, or whose solver is not one of its issuer's.
"""
