"""Signing requests as clients make them, and what refuses them."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.webhook.rules.build import key
from webhook.csr import BadCsr, read_csr

HASHED = hashes.SHA256()


def request(
    signer: CertificateIssuerPrivateKeyTypes | None = None,
    *extensions: x509.ExtensionType,
    subject: x509.Name = x509.Name([]),  # noqa: B008 (it is immutable)
) -> bytes:
    """DER with these extensions, signed by a key of any kind."""
    builder = x509.CertificateSigningRequestBuilder(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signer = signer or key()
    without_hash = isinstance(signer, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return builder.sign(signer, None if without_hash else HASHED).public_bytes(Encoding.DER)


def pem(encoded: bytes, label: str = "CERTIFICATE REQUEST") -> bytes:
    """The same as PEM."""
    text = base64.encodebytes(encoded).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


def refusal(data: bytes) -> str:
    """Why it is refused."""
    with pytest.raises(BadCsr) as caught:
        read_csr(data)
    return str(caught.value)


def names(*of: x509.GeneralName) -> x509.SubjectAlternativeName:
    """The extension that asks for them."""
    return x509.SubjectAlternativeName(of)


def key_usage(**bits: bool) -> x509.KeyUsage:
    """The extension with these bits set."""
    every = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**(every | bits))
