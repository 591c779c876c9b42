"""What tells whether a Challenge still says what was published for it. Pure."""

import hashlib

from orderapi import defaults
from orderapi.challenge import ChallengeSpec
from orderapi.choice import digest


def fingerprint(spec: ChallengeSpec) -> str:
    """A digest of all that decides what is published where, and with whose credentials."""
    ref = spec.issuer_ref
    parts = (
        digest(spec.solver),
        defaults.issuer_group(ref),
        defaults.issuer_kind(ref),
        ref.name,
        spec.dns_name,
        spec.key,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
