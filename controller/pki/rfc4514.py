"""RFC 4514: a distinguished name written as one string, as `spec.literalSubject` has it.

Reads what RFC 4514 allows, and three habits beside it: blanks around separators, attribute types in
any case, and the short names that openssl and LDAP tools print. Refuses what it does not know
instead of guessing, because a subject silently changed is worse than a message.
"""

import re
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from controller.pki import der
from controller.pki.faults import Unreadable, quoted

TYPES: Final[dict[str, x509.ObjectIdentifier]] = {
    "C": NameOID.COUNTRY_NAME,
    "CN": NameOID.COMMON_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
    "DNQ": NameOID.DN_QUALIFIER,
    "E": NameOID.EMAIL_ADDRESS,
    "EMAILADDRESS": NameOID.EMAIL_ADDRESS,
    "GIVENNAME": NameOID.GIVEN_NAME,
    "GN": NameOID.GIVEN_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "POSTALCODE": NameOID.POSTAL_CODE,
    "PSEUDONYM": NameOID.PSEUDONYM,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "SN": NameOID.SURNAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "SURNAME": NameOID.SURNAME,
    "T": NameOID.TITLE,
    "TITLE": NameOID.TITLE,
    "UID": NameOID.USER_ID,
}

_STRING_TAGS: Final = {
    der.OCTET_STRING: "utf-8",
    der.UTF8_STRING: "utf-8",
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


def parse(text: str) -> tuple[tuple[tuple[x509.ObjectIdentifier, str], ...], ...]:
    """The RDNs of `text`, each a tuple of (type, value), most general first as X.501 orders them.

    The string has them the other way round (RFC 4514 section 2.1). Raises `Unreadable`.
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
            raise Unreadable("ends in a backslash that hides nothing")
        position = part.end() + 1


def _pair(text: str) -> tuple[x509.ObjectIdentifier, str]:
    name, equals, written = text.partition("=")
    if not equals:
        raise Unreadable(
            f'has no "=" in {quoted(text.strip())}; each part is written as TYPE=value'
        )
    oid = _type(name.strip())
    value = _trimmed(written)
    decoded = _from_hex(value) if value.startswith("#") else _unescaped(value)
    if not decoded:
        raise Unreadable(f"has no value for {quoted(name.strip())}")
    return oid, decoded


def _type(name: str) -> x509.ObjectIdentifier:
    known = TYPES.get(name.upper())
    if known is not None:
        return known
    try:
        return x509.ObjectIdentifier(name.upper().removeprefix("OID."))
    except ValueError:
        raise Unreadable(
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
        raise Unreadable(f"has bytes that are not UTF-8 in {quoted(value)}") from None


def _unescape(escape: re.Match[str]) -> str:
    text = escape.group()
    if len(text) > 2:
        return bytes.fromhex(text.replace("\\", "")).decode()
    if text[1] not in _SPECIAL:
        raise Unreadable(f"has {quoted(text)}, which escapes nothing")
    return text[1]


def _from_hex(value: str) -> str:
    """Section 2.4: `#` and the BER encoding of the value in hex."""
    try:
        decoded = der.elements(bytes.fromhex(value[1:]))
        if len(decoded) == 1 and (codec := _STRING_TAGS.get(decoded[0].tag)):
            return decoded[0].content.decode(codec)
    except (ValueError, Unreadable):
        pass
    raise Unreadable(f"has {quoted(value)}, which is not the hex form of an encoded string")
