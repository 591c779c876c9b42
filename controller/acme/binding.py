"""External account binding: the key that a CA's portal gave, read as people paste it.

RFC 8555 7.3.4. Refuses to guess: a text that is neither base64url nor standard base64 is an error
that says so, and never shows the text.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from controller.acme.problem import Misconfigured

MacAlgorithm = Literal["HS256", "HS384", "HS512"]
ALPHABETS = re.compile(rb"[A-Za-z0-9_-]+|[A-Za-z0-9+/]+")
MAC_ALGORITHMS: tuple[MacAlgorithm, ...] = get_args(MacAlgorithm)


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """An account that the user has with the CA outside ACME. The MAC key is not in its repr."""

    key_id: str
    mac_key: bytes = field(repr=False)
    algorithm: MacAlgorithm = "HS256"

    @classmethod
    def read(cls, key_id: str, secret: bytes, algorithm: str | None = None) -> "ExternalAccount":
        """From a Secret's value: base64url or standard base64, padded or not; Misconfigured."""
        key_id = key_id.strip()
        if not key_id:
            raise Misconfigured("the external account binding has an empty key id")
        for known in MAC_ALGORITHMS:
            if known == (algorithm or "HS256"):
                return cls(key_id, _decoded(secret), known)
        raise Misconfigured(
            f'the external account binding has the key algorithm "{algorithm}"; '
            f"{', '.join(MAC_ALGORITHMS)} are possible"
        )


def _decoded(secret: bytes) -> bytes:
    text = b"".join(secret.split()).rstrip(b"=")
    if not text:
        raise Misconfigured("the key of the external account binding is empty")
    if not ALPHABETS.fullmatch(text) or len(text) % 4 == 1:
        raise Misconfigured(
            "the key of the external account binding is neither base64url nor base64; "
            "store it as the CA shows it, not encoded once more"
        )
    return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_")
