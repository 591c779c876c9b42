"""Specs, keys and certificates for the tests of this folder."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, settings

from controller.pki.csr import build_csr
from controller.pki.keys import Key
from orderapi.certificate import CertificateSpec
from orderapi.references import IssuerRef

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties that sign or parse: a busy computer must not fail them."""

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def a_spec(**fields: Any) -> CertificateSpec:
    """A spec for example.com from the issuer `ca`, with `fields` changed."""
    chosen: dict[str, Any] = {
        "secret_name": "example-tls",
        "issuer_ref": IssuerRef(name="ca"),
        "dns_names": ("example.com",),
    }
    return CertificateSpec(**(chosen | fields))


def a_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


class Signer:
    """A CA of its own for one test."""

    def __init__(self, name: str = "Test CA") -> None:
        self.key = a_key()
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = _dated(self.name, self.name, NOW - timedelta(days=1), NOW + timedelta(days=3650))
        builder = builder.public_key(self.key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(Encoding.PEM)

    def sign(
        self,
        csr_pem: bytes,
        *,
        not_before: datetime = NOW,
        not_after: datetime = NOW + timedelta(days=90),
    ) -> bytes:
        """A certificate with everything that the request asks for, as PEM."""
        csr = x509.load_pem_x509_csr(csr_pem)
        builder = _dated(csr.subject, self.name, not_before, not_after)
        builder = builder.public_key(csr.public_key())
        for extension in csr.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def issue(self, spec: CertificateSpec, key: Key | None = None, **dates: datetime) -> bytes:
        """A certificate for `spec`, as PEM."""
        return self.sign(build_csr(spec, key or ed25519.Ed25519PrivateKey.generate()), **dates)


def _dated(
    subject: x509.Name, issuer: x509.Name, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        serial_number=x509.random_serial_number(),
        not_valid_before=not_before,
        not_valid_after=not_after,
    )
