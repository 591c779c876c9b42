"""How objects of the chain are read: what the API server is asked, what is made of a refusal.

    kinds       the resources that are read, and how people spell them
    reader      one object or those that belong to one; what may not be read is told, not raised
    gather      from a Certificate, request or Order to its whole chain
    listing     Orders or Certificates, by the thousand
    events      events of a chain
    changes     a sign whenever the chain may have changed
    refusals    errors of the API server as failures of the command

`cluster` puts them together. Beside it those import them who read what no chain has: `naming`,
`attempting`, `following`, and the commands `challenges` and `tree`.
"""
