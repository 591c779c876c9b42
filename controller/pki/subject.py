"""The subject: from `spec.commonName`, `spec.subject` or `spec.literalSubject`, and back.

Strings are encoded as UTF-8, those that X.520 binds to PrintableString as such.
"""

from collections.abc import Iterable

import msgspec
from cryptography import x509

from orderapi.certificate import CertificateSpec, Subject
from orderapi.validation import rfc4514
from orderapi.validation.rfc4514 import Rdns
from orderapi.validation.subject import COMMON_NAME, LISTS, SERIAL_NUMBER


class SubjectFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A subject as it was read."""

    common_name: str = ""
    fields: Subject = Subject()
    """The values in the fields of the API, in the order they were found."""
    rdns: Rdns = ()
    """All of it, as (object identifier, value) pairs, sorted within each RDN."""


def wanted_subject(spec: CertificateSpec) -> x509.Name:
    """The subject that `spec` asks for; for a subject without a fault."""
    literal = spec.literal_subject
    rdns = rfc4514.parse(literal) if literal else _from_fields(spec)
    return x509.Name([_rdn(rdn) for rdn in rdns if rdn])


def literal_rdns(text: str) -> Rdns:
    """The RDNs of an RFC 4514 string in the form of `SubjectFacts.rdns`. Raises
    `NotADistinguishedName`, a ValueError."""
    return tuple(map(_sorted, rfc4514.parse(text)))


def read_subject(name: x509.Name) -> SubjectFacts:
    """What `name` says."""
    values: dict[str, list[str]] = {}
    rdns = []
    for rdn in name.rdns:
        pairs = []
        for attribute in rdn:
            value = _text(attribute.value)
            values.setdefault(attribute.oid.dotted_string, []).append(value)
            pairs.append((attribute.oid.dotted_string, value))
        rdns.append(_sorted(pairs))
    lists = {field: tuple(values.get(oid, ())) for _, field, oid in LISTS}
    serial = values.get(SERIAL_NUMBER, [""])
    return SubjectFacts(
        common_name=values.get(COMMON_NAME, [""])[-1],
        fields=Subject(**lists, serial_number=serial[-1] or None),
        rdns=tuple(rdns),
    )


def subject_mismatch(wanted: Subject | None, found: Subject) -> tuple[str, ...]:
    """The fields of `spec.subject` that differ; the order of values does not matter."""
    wanted = wanted or Subject()
    differing = [
        f"spec.subject.{wire}"
        for wire, field, _ in LISTS
        if set(getattr(wanted, field)) != set(getattr(found, field))
    ]
    if (wanted.serial_number or "") != (found.serial_number or ""):
        differing.insert(0, "spec.subject.serialNumber")
    return tuple(differing)


def _from_fields(spec: CertificateSpec) -> Rdns:
    subject = spec.subject or Subject()
    # One RDN with all values of a type, as requests of this API have always had it.
    rdns = [tuple((oid, value) for value in getattr(subject, field)) for _, field, oid in LISTS]
    singles = (COMMON_NAME, spec.common_name), (SERIAL_NUMBER, subject.serial_number)
    return (*rdns, *(((oid, value),) for oid, value in singles if value))


def _rdn(pairs: tuple[tuple[str, str], ...]) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName(
        x509.NameAttribute(x509.ObjectIdentifier(oid), value) for oid, value in dict.fromkeys(pairs)
    )


def _sorted(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """An RDN is a set (X.501): one order makes two of them comparable."""
    return tuple(sorted(set(pairs)))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()
