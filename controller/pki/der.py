"""The little DER that cryptography has no builder for: tag, length, value, and back.

Written for the fixed shapes of the key stores and for single strings; it refuses to be an ASN.1
library. Only definite lengths and single-byte tags are read.
"""

from typing import Final, NamedTuple

from controller.pki.faults import Unreadable

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
SEQUENCE: Final = 0x30
CONTEXT_0: Final = 0xA0

_LONG_FORM: Final = 0x80
_MULTI_BYTE_TAG: Final = 0x1F


class Element(NamedTuple):
    """One decoded element; `whole` is its encoding, `content` what is inside."""

    tag: int
    content: bytes
    whole: bytes


def element(tag: int, *contents: bytes) -> bytes:
    """The encoding of one element with `contents` in a row."""
    content = b"".join(contents)
    return bytes([tag]) + _length(len(content)) + content


def integer(value: int) -> bytes:
    """The encoding of a non-negative INTEGER."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def object_identifier(dotted: str) -> bytes:
    """The encoding of an OBJECT IDENTIFIER given with dots; for constants, so it is not checked."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return element(OBJECT_IDENTIFIER, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def elements(encoded: bytes) -> tuple[Element, ...]:
    """The elements that stand one after the other in `encoded`. Raises `Unreadable`."""
    found = []
    position = 0
    while position < len(encoded):
        read = _element_at(encoded, position)
        found.append(read)
        position += len(read.whole)
    return tuple(found)


def _element_at(encoded: bytes, start: int) -> Element:
    header = encoded[start : start + 2]
    if len(header) < 2 or header[0] & _MULTI_BYTE_TAG == _MULTI_BYTE_TAG:
        raise Unreadable("DER element has no readable header")
    length, begin = header[1], start + 2
    if length & _LONG_FORM:
        size = length & ~_LONG_FORM
        length = int.from_bytes(encoded[begin : begin + size], "big")
        begin += size
        if not 1 <= size <= 4:
            raise Unreadable("DER element has no definite length")
    end = begin + length
    if end > len(encoded):
        raise Unreadable("DER element is cut off")
    return Element(tag=header[0], content=encoded[begin:end], whole=encoded[start:end])


def _length(size: int) -> bytes:
    if size < _LONG_FORM:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([_LONG_FORM | len(octets)]) + octets


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))
