"""The room of the Certificate: from a wish to a Secret that is kept as it should be.

    observed.py    everything that one decision may depend on
    actions.py     the closed set of things that can be done next
    decide.py      what to do next: pure, total, the whole life of a Certificate
    triggers.py    why a certificate must be issued, or is not Ready: the chain of checks
    obstacles.py   what only a change by a person can clear away
      rivals.py      which of several Certificates may write a Secret
      adoption.py    which existing Secrets may be written to; claims.py: which issuers use
      faults.py      what in a spec cannot be met
    patience.py    when the next attempt may be made
      attempts.py    how many are made in an hour, whatever happens
    issuance.py    the next step of an issuance under way
      planning.py    its names and its request
      pending.py     what its request says
    secret.py      what the Secret holds, and whether it still does
    status.py      the status, whole, for each thing that happens; resting.py: when nothing does
    observe.py     caches and reads into an Observed
    perform.py     does one action; keeping.py: the next key; writing.py: the Secret
    damping.py     what is remembered, so that nothing is done too often
    indexes.py     what the shared caches must be able to look up
    room.py        what wakes a Certificate

A request is made once for each attempt. The private key is in a Secret before it is made, and the
certificate is in the Secret before the status says so.
"""
