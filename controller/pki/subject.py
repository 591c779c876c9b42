"""The subject: from `spec.commonName`, `spec.subject` or `spec.literalSubject`, and back.

Strings are encoded as UTF-8, those that X.520 binds to PrintableString as such. It refuses to
shorten or repair what does not fit.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from controller.pki import rfc4514
from controller.pki.faults import Unreadable, quoted
from orderapi.certificate import CertificateSpec, Subject

MAX_COMMON_NAME_BYTES: Final = 64
"""RFC 5280 appendix A: ub-common-name."""

Rdns = tuple[tuple[tuple[x509.ObjectIdentifier, str], ...], ...]

# The order of the RDNs in a request, as the API's users know it.
_LISTS: Final = (
    ("countries", "countries", NameOID.COUNTRY_NAME),
    ("organizations", "organizations", NameOID.ORGANIZATION_NAME),
    ("organizationalUnits", "organizational_units", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("localities", "localities", NameOID.LOCALITY_NAME),
    ("provinces", "provinces", NameOID.STATE_OR_PROVINCE_NAME),
    ("streetAddresses", "street_addresses", NameOID.STREET_ADDRESS),
    ("postalCodes", "postal_codes", NameOID.POSTAL_CODE),
)

_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_PRINTABLE_TYPES: Final = frozenset(
    {
        NameOID.COUNTRY_NAME,
        NameOID.DN_QUALIFIER,
        NameOID.JURISDICTION_COUNTRY_NAME,
        NameOID.SERIAL_NUMBER,
    }
)
_ASCII_TYPES: Final = frozenset({NameOID.DOMAIN_COMPONENT, NameOID.EMAIL_ADDRESS})
_COUNTRY_TYPES: Final = frozenset({NameOID.COUNTRY_NAME, NameOID.JURISDICTION_COUNTRY_NAME})


class SubjectFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A subject as it was read."""

    common_name: str = ""
    fields: Subject = Subject()
    """The values in the fields of the API, in the order they were found."""
    rdns: tuple[tuple[tuple[str, str], ...], ...] = ()
    """All of it, as (object identifier, value) pairs, sorted within each RDN."""


def wanted_subject(spec: CertificateSpec, faults: list[str]) -> x509.Name:
    """The subject that `spec` asks for; what is wrong with it is added to `faults`."""
    if spec.literal_subject:
        rdns = _literal(spec, spec.literal_subject, faults)
    else:
        rdns = _from_fields(spec, faults)
    return x509.Name([_rdn(rdn) for rdn in rdns if rdn]) if not faults else x509.Name([])


def literal_rdns(text: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The RDNs of an RFC 4514 string in the form of `SubjectFacts.rdns`. Raises `Unreadable`."""
    return tuple(
        _sorted((oid.dotted_string, value) for oid, value in rdn) for rdn in rfc4514.parse(text)
    )


def read_subject(name: x509.Name) -> SubjectFacts:
    """What `name` says."""
    values: dict[x509.ObjectIdentifier, list[str]] = {}
    rdns = []
    for rdn in name.rdns:
        pairs = []
        for attribute in rdn:
            value = _text(attribute.value)
            values.setdefault(attribute.oid, []).append(value)
            pairs.append((attribute.oid.dotted_string, value))
        rdns.append(_sorted(pairs))
    lists = {field: tuple(values.get(oid, ())) for _, field, oid in _LISTS}
    serial = values.get(NameOID.SERIAL_NUMBER, [""])
    return SubjectFacts(
        common_name=values.get(NameOID.COMMON_NAME, [""])[-1],
        fields=Subject(**lists, serial_number=serial[-1] or None),
        rdns=tuple(rdns),
    )


def subject_mismatch(wanted: Subject | None, found: Subject) -> tuple[str, ...]:
    """The fields of `spec.subject` that differ; the order of values does not matter."""
    wanted = wanted or Subject()
    differing = [
        f"spec.subject.{wire}"
        for wire, field, _ in _LISTS
        if set(getattr(wanted, field)) != set(getattr(found, field))
    ]
    if (wanted.serial_number or "") != (found.serial_number or ""):
        differing.insert(0, "spec.subject.serialNumber")
    return tuple(differing)


def _literal(spec: CertificateSpec, text: str, faults: list[str]) -> Rdns:
    if spec.common_name:
        faults.append("spec.commonName: excludes spec.literalSubject, which is the whole subject")
    if spec.subject is not None and spec.subject != Subject():
        faults.append("spec.subject: excludes spec.literalSubject, which is the whole subject")
    try:
        rdns = rfc4514.parse(text)
    except Unreadable as error:
        faults.append(f"spec.literalSubject: {error}")
        return ()
    for oid, value in (pair for rdn in rdns for pair in rdn):
        _check("spec.literalSubject", oid, value, faults)
    return rdns


def _from_fields(spec: CertificateSpec, faults: list[str]) -> Rdns:
    subject = spec.subject or Subject()
    rdns = []
    for wire, field, oid in _LISTS:
        values = getattr(subject, field)
        for index, value in enumerate(values):
            _check(f"spec.subject.{wire}[{index}]", oid, value, faults)
        # One RDN with all values of a type, as requests of this API have always had it.
        rdns.append(tuple((oid, value) for value in values))
    for path, oid, value in (
        ("spec.commonName", NameOID.COMMON_NAME, spec.common_name),
        ("spec.subject.serialNumber", NameOID.SERIAL_NUMBER, subject.serial_number),
    ):
        if value:
            _check(path, oid, value, faults)
            rdns.append(((oid, value),))
    return tuple(rdns)


def _check(path: str, oid: x509.ObjectIdentifier, value: str, faults: list[str]) -> None:
    fault = _fault(oid, value)
    if fault:
        faults.append(f"{path}: {quoted(value)} {fault}")


def _fault(oid: x509.ObjectIdentifier, value: str) -> str:
    if not value:
        return "is empty"
    if any(ord(character) < 0x20 or 0xD800 <= ord(character) < 0xE000 for character in value):
        return "holds characters that are no text"
    size = len(value.encode())
    if oid == NameOID.COMMON_NAME and size > MAX_COMMON_NAME_BYTES:
        return f"is {size} bytes long; a common name has at most 64, and may be left out"
    if oid in _COUNTRY_TYPES and size != 2:
        return "is not a country code of two letters (ISO 3166)"
    if oid in _PRINTABLE_TYPES and not _PRINTABLE.fullmatch(value):
        return "holds other characters than letters, digits, blanks and '()+,-./:=?"
    if oid in _ASCII_TYPES and not value.isascii():
        return "is not ASCII, which its kind of attribute must be"
    return ""


def _rdn(pairs: tuple[tuple[x509.ObjectIdentifier, str], ...]) -> x509.RelativeDistinguishedName:
    distinct = dict.fromkeys(pairs)
    return x509.RelativeDistinguishedName(x509.NameAttribute(oid, value) for oid, value in distinct)


def _sorted(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """An RDN is a set (X.501): one order makes two of them comparable."""
    return tuple(sorted(set(pairs)))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()
