"""What this package refuses, and the words it refuses with.

    PkiError
    ├── Unreadable     bytes that are no private key, signing request or certificate chain
    └── InvalidSpec    a spec that no request can be made of, with every fault at once

No message holds key material or a password, nor an excerpt of bytes that could be either.
"""

from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from orderapi.validation.fault import SpecFault, quoted

__all__ = [
    "PARSER_ERRORS",
    "InvalidSpec",
    "PkiError",
    "Unreadable",
    "quoted",
]

_TOLD: Final = 10
"""How many faults one message tells; a list of a thousand bad names must still fit a condition."""

PARSER_ERRORS: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What cryptography raises on bytes that are no good key, request or certificate."""


class PkiError(Exception):
    """Something that cannot become, or is not, what it should be."""


class Unreadable(PkiError):
    """Bytes from a Secret, a request or a CA that are not what their place says."""


class InvalidSpec(PkiError):
    """A spec that cannot be met. `faults` are sentences that begin with a field path."""

    def __init__(self, faults: Iterable[str | SpecFault]) -> None:
        """Keep all faults; the message tells the first ten."""
        self.faults = tuple(map(str, faults))
        told = "; ".join(self.faults[:_TOLD])
        more = len(self.faults) - _TOLD
        super().__init__(f"{told}; and {more} more" if more > 0 else told)
