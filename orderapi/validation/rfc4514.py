"""RFC 4514: a distinguished name written as one string, as `spec.literalSubject` has it.

Reads what RFC 4514 allows, and three habits beside it: blanks around separators, attribute types in
any case, and the short names that openssl and LDAP tools print. Refuses what it does not know
instead of guessing, because a subject silently changed is worse than a message.
"""

import re
from typing import Final, TypeAlias

from orderapi.validation import oids
from orderapi.validation.fault import quoted

Rdns: TypeAlias = tuple[tuple[tuple[str, str], ...], ...]
"""RDNs, each of pairs (object identifier, value), most general RDN first."""

_TYPES: Final = {
    "C": "2.5.4.6",
    "CN": "2.5.4.3",
    "DC": "0.9.2342.19200300.100.1.25",
    "DNQ": "2.5.4.46",
    "E": "1.2.840.113549.1.9.1",
    "EMAILADDRESS": "1.2.840.113549.1.9.1",
    "GIVENNAME": "2.5.4.42",
    "GN": "2.5.4.42",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "POSTALCODE": "2.5.4.17",
    "PSEUDONYM": "2.5.4.65",
    "SERIALNUMBER": "2.5.4.5",
    "SN": "2.5.4.4",
    "ST": "2.5.4.8",
    "STREET": "2.5.4.9",
    "SURNAME": "2.5.4.4",
    "T": "2.5.4.12",
    "TITLE": "2.5.4.12",
    "UID": "0.9.2342.19200300.100.1.1",
}

_STRING_TAGS: Final = {
    0x04: "utf-8",  # OCTET STRING
    0x0C: "utf-8",  # UTF8String
    0x12: "ascii",  # NumericString
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # T61String, as everybody uses it
    0x16: "ascii",  # IA5String
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}

# RFC 4514 section 3: a backslash hides a separator, and stands before a special or two hex digits.
_RDN: Final = re.compile(r"(?:\\.|[^\\,;])*", re.DOTALL)
_PAIR: Final = re.compile(r"(?:\\.|[^\\+])*", re.DOTALL)
_ESCAPES: Final = re.compile(r"(?:\\[0-9A-Fa-f]{2})+|\\.", re.DOTALL)
_SPECIAL: Final = frozenset(' "#+,;<=>\\')


class NotADistinguishedName(ValueError):
    """What is wrong with the text, as the end of a sentence about it."""


def parse(text: str) -> Rdns:
    """The RDNs of `text`, most general first as X.501 orders them. Raises `NotADistinguishedName`.

    The string has them the other way round (RFC 4514 section 2.1).
    """
    rdns = [tuple(_pair(pair) for pair in _split(_PAIR, rdn)) for rdn in _split(_RDN, text)]
    return tuple(reversed(rdns))


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    parts, position = [], 0
    while True:
        part = pattern.match(text, position)
        assert part is not None  # noqa: S101 - both patterns match the empty string
        parts.append(part.group())
        if part.end() == len(text):
            return parts
        if text[part.end()] == "\\":
            raise NotADistinguishedName("ends in a backslash that hides nothing")
        position = part.end() + 1


def _pair(text: str) -> tuple[str, str]:
    name, equals, written = text.partition("=")
    if not equals:
        raise NotADistinguishedName(
            f'has no "=" in {quoted(text.strip())}; each part is written as TYPE=value'
        )
    oid = _type(name.strip())
    value = _trimmed(written)
    decoded = _from_hex(value) if value.startswith("#") else _unescaped(value)
    if not decoded:
        raise NotADistinguishedName(f"has no value for {quoted(name.strip())}")
    return oid, decoded


def _type(name: str) -> str:
    known = _TYPES.get(name.upper())
    if known is not None:
        return known
    try:
        return oids.canonical(name.upper().removeprefix("OID."))
    except ValueError:
        raise NotADistinguishedName(
            f"has the attribute type {quoted(name)}, which is unknown here; "
            "write it as an object identifier, such as 2.5.4.12=value"
        ) from None


def _trimmed(value: str) -> str:
    trimmed = value.strip(" ")
    # A blank at the end that a backslash precedes belongs to the value.
    backslashes = len(trimmed) - len(trimmed.rstrip("\\"))
    return trimmed + " " if backslashes % 2 else trimmed


def _unescaped(value: str) -> str:
    try:
        return _ESCAPES.sub(_unescape, value)
    except UnicodeDecodeError:
        raise NotADistinguishedName(f"has bytes that are not UTF-8 in {quoted(value)}") from None


def _unescape(escape: re.Match[str]) -> str:
    text = escape.group()
    if len(text) > 2:
        return bytes.fromhex(text.replace("\\", "")).decode()
    if text[1] not in _SPECIAL:
        raise NotADistinguishedName(f"has {quoted(text)}, which escapes nothing")
    return text[1]


def _from_hex(value: str) -> str:
    """Section 2.4: `#` and the BER encoding of the value in hex."""
    try:
        tag, content = _element(bytes.fromhex(value[1:]))
        return content.decode(_STRING_TAGS[tag])
    except (ValueError, KeyError):
        raise NotADistinguishedName(
            f"has {quoted(value)}, which is not the hex form of an encoded string"
        ) from None


def _element(encoded: bytes) -> tuple[int, bytes]:
    """Tag and content of the one element that `encoded` is; ValueError where it is not."""
    tag, length, *_ = (*encoded[:2], 0, 0)
    begin = 2
    if length > 0x80:  # the long form: so many bytes of length follow
        begin += length - 0x80
        length = int.from_bytes(encoded[2:begin], "big")
    if begin + length != len(encoded):
        raise ValueError("not one element of a definite length")
    return tag, encoded[begin:]
