"""PEM bundles of CA certificates, as a Secret or an API server holds them."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from cryptography import x509

from webhook.serving.certificates import ca_fault, issued_by, pem

_LONGEST: Final = 330_000
_BLOCK: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,36000}-----END CERTIFICATE-----"
)


def read_bundle(text: bytes) -> tuple[x509.Certificate, ...]:
    """Every certificate in it that can be read, each once; the rest is passed over."""
    return tuple(dict.fromkeys(_certificates(text[:_LONGEST])))


def write_bundle(certificates: Iterable[x509.Certificate]) -> bytes:
    """One PEM text of them, in this order."""
    return b"".join(pem(certificate) for certificate in certificates)


def roots(certificates: Iterable[x509.Certificate], now: datetime) -> tuple[x509.Certificate, ...]:
    """Those that are roots of trust at this time."""
    return tuple(found for found in certificates if not ca_fault(found, now))


def verifies(bundle: Iterable[x509.Certificate], leaf: x509.Certificate, now: datetime) -> bool:
    """Whether one of the bundle's CAs signed the leaf, and both are valid at this time."""
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc:
        return False
    return any(issued_by(leaf, ca) for ca in roots(bundle, now))


def _certificates(text: bytes) -> Iterator[x509.Certificate]:
    for block in _BLOCK.findall(text):
        try:
            yield x509.load_pem_x509_certificate(block)
        except ValueError:
            continue
