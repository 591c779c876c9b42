"""What a Certificate's spec must be, told from its text alone.

The controller refuses to issue, and the webhook to admit, by the same words: each check stands here
once. `certificate.py` has all of them; a fault is a field path and what is wrong there.
"""
