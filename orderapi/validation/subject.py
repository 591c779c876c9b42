"""The subject: `spec.commonName` and `spec.subject`, or `spec.literalSubject` in their place.

It refuses what does not fit, rather than to shorten or repair it.
"""

import re
from collections.abc import Iterator
from typing import Final

from orderapi.certificate import CertificateSpec, Subject
from orderapi.validation import rfc4514
from orderapi.validation.fault import SpecFault, quoted
from orderapi.validation.names import has_alternative_names

MAX_COMMON_NAME_BYTES: Final = 64
"""RFC 5280 appendix A: ub-common-name."""

COMMON_NAME: Final = "2.5.4.3"
SERIAL_NUMBER: Final = "2.5.4.5"
LISTS: Final = (
    ("countries", "countries", "2.5.4.6"),
    ("organizations", "organizations", "2.5.4.10"),
    ("organizationalUnits", "organizational_units", "2.5.4.11"),
    ("localities", "localities", "2.5.4.7"),
    ("provinces", "provinces", "2.5.4.8"),
    ("streetAddresses", "street_addresses", "2.5.4.9"),
    ("postalCodes", "postal_codes", "2.5.4.17"),
)
"""The lists of `spec.subject`: JSON name, attribute, object identifier; in the order of the RDNs
in a request, as the API's users know it."""

_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_COUNTRIES: Final = frozenset({"2.5.4.6", "1.3.6.1.4.1.311.60.2.1.3"})
_DN_QUALIFIER: Final = "2.5.4.46"
_PRINTABLE_TYPES: Final = frozenset({*_COUNTRIES, SERIAL_NUMBER, _DN_QUALIFIER})
_DOMAIN_COMPONENT: Final = "0.9.2342.19200300.100.1.25"
_EMAIL_ADDRESS: Final = "1.2.840.113549.1.9.1"
_ASCII_TYPES: Final = frozenset({_DOMAIN_COMPONENT, _EMAIL_ADDRESS})


def subject_faults(spec: CertificateSpec) -> Iterator[SpecFault]:
    """What is wrong with the subject that is asked for."""
    if spec.literal_subject:
        yield from _literal(spec, spec.literal_subject)
    else:
        yield from _fields(spec)


def unnamed_literal_faults(spec: CertificateSpec) -> Iterator[SpecFault]:
    """A literal subject that names nobody, where no alternative name does."""
    if not spec.literal_subject or has_alternative_names(spec):
        return
    try:
        rdns = rfc4514.parse(spec.literal_subject)
    except rfc4514.NotADistinguishedName:
        return
    if not any(oid == COMMON_NAME for rdn in rdns for oid, _ in rdn):
        yield SpecFault(
            "spec",
            "names nothing: spec.literalSubject has no CN; add one, or set dnsNames, ipAddresses, "
            "uris, emailAddresses or otherNames",
        )


def _literal(spec: CertificateSpec, text: str) -> Iterator[SpecFault]:
    if spec.common_name:
        yield SpecFault(
            "spec.commonName", "excludes spec.literalSubject, which is the whole subject"
        )
    if spec.subject is not None and spec.subject != Subject():
        yield SpecFault("spec.subject", "excludes spec.literalSubject, which is the whole subject")
    try:
        rdns = rfc4514.parse(text)
    except rfc4514.NotADistinguishedName as error:
        yield SpecFault("spec.literalSubject", str(error))
        return
    for oid, value in (pair for rdn in rdns for pair in rdn):
        yield from _value("spec.literalSubject", oid, value)


def _fields(spec: CertificateSpec) -> Iterator[SpecFault]:
    subject = spec.subject or Subject()
    for wire, field, oid in LISTS:
        for index, value in enumerate(getattr(subject, field)):
            yield from _value(f"spec.subject.{wire}[{index}]", oid, value)
    if spec.common_name:
        yield from _value("spec.commonName", COMMON_NAME, spec.common_name)
    if subject.serial_number:
        yield from _value("spec.subject.serialNumber", SERIAL_NUMBER, subject.serial_number)


def _value(path: str, oid: str, value: str) -> Iterator[SpecFault]:
    fault = _fault(oid, value)
    if fault:
        yield SpecFault(path, f"{quoted(value)} {fault}")


def _fault(oid: str, value: str) -> str:
    if not value:
        return "is empty"
    if any(ord(character) < 0x20 or 0xD800 <= ord(character) < 0xE000 for character in value):
        return "holds characters that are no text"
    size = len(value.encode())
    if oid == COMMON_NAME and size > MAX_COMMON_NAME_BYTES:
        return f"is {size} bytes long; a common name has at most 64, and may be left out"
    if oid in _COUNTRIES and size != 2:
        return "is not a country code of two letters (ISO 3166)"
    if oid in _PRINTABLE_TYPES and not _PRINTABLE.fullmatch(value):
        return "holds other characters than letters, digits, blanks and '()+,-./:=?"
    if oid in _ASCII_TYPES and not value.isascii():
        return "is not ASCII, which its kind of attribute must be"
    return ""
