"""Certificate chains as CAs return them and Secrets hold them: the leaf comes first.

Holds plain values only, so that thousands of them can be kept. It verifies nothing: whether to
trust a chain is for those who use it. Sizes are bounded before anything is parsed.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from cryptography import x509

from controller.pki.altnames import read_names
from controller.pki.csr import is_ca
from controller.pki.faults import PARSER_ERRORS, Unreadable
from controller.pki.keys import accepted, public_key_digest
from controller.pki.subject import SubjectFacts, read_subject
from orderapi.certificate import Subject

MAX_CHAIN_BYTES: Final = 95_000
MAX_BUNDLE_BYTES: Final = 330_000
"""The most that a CA's own certificates may take."""
MAX_CERTIFICATE_BYTES: Final = 36_500

TEMPORARY_SERIAL_NUMBER: Final = "1234567890"
"""Serial number in the subject of a temporary certificate."""

_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_END: Final = b"-----END CERTIFICATE-----"


class Leaf(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the first certificate of a chain says. Times are aware, IP addresses canonical."""

    subject: SubjectFacts
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    uris: tuple[str, ...]
    emails: tuple[str, ...]
    other_names: tuple[tuple[str, str], ...]
    not_before: datetime
    not_after: datetime
    serial_number: str
    """The certificate's own, in hex as CAs and browsers print it, without separators."""
    issuer_common_name: str
    public_key_digest: str
    is_ca: bool = False
    """Whether it may sign others."""

    @property
    def common_name(self) -> str:
        """The common name of the subject; empty where there is none."""
        return self.subject.common_name

    @property
    def subject_fields(self) -> Subject:
        """The subject in the fields of the API."""
        return self.subject.fields

    @property
    def temporary(self) -> bool:
        """Whether it stands in for a certificate that is still being issued."""
        return self.subject.fields.serial_number == TEMPORARY_SERIAL_NUMBER


def read_chain(pem: bytes) -> Leaf:
    """What the first certificate of the chain `pem` says. Raises `Unreadable`, for the others too.

    Text and blank lines around certificates are skipped, as every PEM reader does.
    """
    leaf = certificates(pem)[0]
    try:
        return Leaf(
            subject=read_subject(leaf.subject),
            **read_names(leaf.extensions)._asdict(),
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            serial_number=f"{leaf.serial_number:x}",
            issuer_common_name=read_subject(leaf.issuer).common_name,
            public_key_digest=public_key_digest(accepted(leaf.public_key())),
            is_ca=is_ca(leaf.extensions),
        )
    except Unreadable as error:
        raise Unreadable(f"certificate: {error}") from None
    except PARSER_ERRORS:
        raise Unreadable("certificate has parts that cannot be read") from None


def certificates(pem: bytes, *, limit: int = MAX_CHAIN_BYTES) -> tuple[x509.Certificate, ...]:
    """All certificates in `pem`, at least one, in their order. Raises `Unreadable`."""
    if len(pem) > limit:
        raise Unreadable(f"certificate chain is larger than {limit:,} bytes")
    found = tuple(_load(block, index) for index, block in enumerate(_blocks(pem)))
    if not found:
        raise Unreadable("certificate chain holds no PEM block of type CERTIFICATE")
    return found


def _blocks(pem: bytes) -> Iterator[bytes]:
    position = 0
    while (start := pem.find(_BEGIN, position)) >= 0:
        end = pem.find(_END, start)
        if end < 0:
            raise Unreadable("certificate chain ends within a certificate")
        position = end + len(_END)
        yield pem[start:position]


def _load(block: bytes, index: int) -> x509.Certificate:
    which = f"certificate {index + 1} of the chain"
    if len(block) > MAX_CERTIFICATE_BYTES:
        raise Unreadable(f"{which} is larger than {MAX_CERTIFICATE_BYTES:,} bytes")
    try:
        return x509.load_pem_x509_certificate(block)
    except PARSER_ERRORS:
        raise Unreadable(f"{which} cannot be read") from None
