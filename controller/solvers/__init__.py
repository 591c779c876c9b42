"""How control over a name is shown: which solver is for it, and how its answer is published.

Knows the solver fields of the API and the protocols they stand for (RFC 8555 section 8, DNS). Knows
neither a Kubernetes client nor ACME messages: Secrets and values are handed in.
"""
