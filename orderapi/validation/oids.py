"""Object identifiers written with dots (X.660), such as 2.5.4.3."""

import re
from typing import Final

_ARC: Final = re.compile(r"\+?[0-9]{1,39}")
_LARGEST_ARC: Final = 2**128 - 1
_LARGEST_ENCODING: Final = 63
"""Bytes, as the library that encodes them counts."""


def canonical(text: str) -> str:
    """The one spelling of the identifier in `text`; ValueError where it is none.

    What it gives can be encoded: two arcs or more, of up to 128 bits, 63 bytes in all.
    """
    parts = text.split(".") if len(text) <= 64 * 40 else []
    if len(parts) < 2 or not all(map(_ARC.fullmatch, parts)):
        raise ValueError("an object identifier is numbers with dots between them")
    first, second, *rest = arcs = [int(part) for part in parts]
    if first > 2 or (first < 2 and second > 39):
        raise ValueError("an object identifier begins with 0, 1 or 2")
    encoded = (first * 40 + second, *rest)
    if max(encoded) > _LARGEST_ARC or sum(map(_length, encoded)) > _LARGEST_ENCODING:
        raise ValueError("the object identifier is too long")
    return ".".join(map(str, arcs))


def _length(arc: int) -> int:
    """Bytes of an arc: seven bits in each."""
    return max(1, -(-arc.bit_length() // 7))
