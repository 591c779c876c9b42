"""Answers of a CA as tests write them, and certificates to put into them."""

import json
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from multidict import CIMultiDict, CIMultiDictProxy

from controller.acme.answers import Answer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://acme.test/acme/order/1"


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, time: datetime = NOW) -> None:
        self.time = time

    def now(self) -> datetime:
        """The time it was set to."""
        return self.time


def an_answer(
    status: int = 200,
    body: object = None,
    *,
    content_type: str = "application/json",
    url: str = URL,
    **headers: str,
) -> Answer:
    """An answer; a body that is not bytes is sent as JSON. retry_after="3" is Retry-After: 3."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    if content_type:
        named["Content-Type"] = content_type
    return Answer(
        status=status,
        tried="POST acme.test (get_order)",
        url=url,
        headers=CIMultiDictProxy(named),
        body=b"" if body is None else content,
    )


def a_problem(status: int, kind: str, detail: str = "no", **headers: str) -> Answer:
    """A problem document of that ACME type."""
    document = {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, "status": status}
    return an_answer(status, document, content_type="application/problem+json", **headers)


def a_certificate(issuer: str = "Test Root", subject: str = "example.com") -> bytes:
    """A PEM certificate with that common name as its issuer's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, issuer_name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (subject, issuer)
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=90))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
