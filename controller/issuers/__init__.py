"""The room of Issuer and ClusterIssuer: a key, an account at a CA, and whether the issuer is ready.

    observed.py    everything that one decision may depend on
    standing.py    what an issuer's own status says about its account
    observe.py     the issuer, and the Secrets that it names, into an Observed
    decide.py      what to do next: pure and total
    sentences.py   the words that people read on an issuer
    timing.py      when a CA that refused is asked again
    knowledge.py   what was learned from the CA and is not yet, or never, in the status
    perform.py     makes the key, asks the CA, writes the status
    enrolling.py   the questions to the CA: is there an account, make it, change its contact
    room.py        what wakes an issuer

One code serves two rooms. An issuer that stands as registered is left alone: no Secret is read and
no CA is asked, after a restart either.
"""
