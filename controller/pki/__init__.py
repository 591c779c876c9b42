"""X.509 for the rooms: keys, requests, chains, key stores, and how they compare with a spec.

Knows `orderapi` and cryptography. It refuses to know Kubernetes or ACME, to do I/O, to read a clock
(time is an input), and to let key material reach a message.
"""
