"""What the annotations of a certificate's Secret tell about the certificate in it."""

from collections.abc import Iterable

from controller.pki.leaf import Leaf
from orderapi import names


def details_annotations(leaf: Leaf) -> dict[str, str]:
    """The annotations for `leaf`: the first four always, the others where they say something.

    Lists are joined by commas as one line of CSV, in the order of the certificate.
    """
    subject = leaf.subject_fields
    optional = {
        names.EMAIL_SANS: _joined(leaf.emails),
        names.SUBJECT_ORGANIZATIONS: _joined(subject.organizations),
        names.SUBJECT_ORGANIZATIONAL_UNITS: _joined(subject.organizational_units),
        names.SUBJECT_COUNTRIES: _joined(subject.countries),
        names.SUBJECT_PROVINCES: _joined(subject.provinces),
        names.SUBJECT_LOCALITIES: _joined(subject.localities),
        names.SUBJECT_STREET_ADDRESSES: _joined(subject.street_addresses),
        names.SUBJECT_POSTAL_CODES: _joined(subject.postal_codes),
        names.SUBJECT_SERIAL_NUMBER: subject.serial_number or "",
    }
    return {
        names.COMMON_NAME: leaf.common_name,
        names.ALT_NAMES: _joined(leaf.dns_names),
        names.IP_SANS: _joined(leaf.ip_addresses),
        names.URI_SANS: _joined(leaf.uris),
        **{name: value for name, value in optional.items() if value},
    }


def _joined(values: Iterable[str]) -> str:
    return ",".join(map(_field, values))


def _field(value: str) -> str:
    """One field of CSV (RFC 4180): quoted where it would be read as something else otherwise."""
    if value[:1].isspace() or any(character in value for character in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value
