"""CAs and serving certificates: made here, and read with everything that is asked of them."""

import ipaddress
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE: Final = timedelta(days=365)
LEAF_LIFE: Final = timedelta(days=7)
BACKDATED: Final = timedelta(minutes=5)
"""Clocks of those who verify may be this far behind."""
OUR_CA: Final = "kubectl-order webhook CA"

_LONGEST_PEM: Final = 36_500
_LONGEST_COMMON_NAME: Final = 64


class Ca(NamedTuple):
    """A CA certificate and its key. No repr shows the key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        """The serial number alone."""
        return f"Ca({self.certificate.serial_number:x})"


class Pair(NamedTuple):
    """A certificate (chain) and its key as PEM. No repr shows the key."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Pair(...)"


def make_ca(now: datetime) -> Ca:
    """A CA of its own, for CA_LIFE from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    # A name that no other CA has: whoever verifies never has to choose between two keys.
    name = _name(f"{OUR_CA} {secrets.token_hex(4)}")
    builder = _builder(name, name, key.public_key(), now, now + CA_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(certificates=True), critical=True)
    return Ca(builder.sign(key, hashes.SHA256()), key)


def make_leaf(ca: Ca, names: Sequence[str], now: datetime) -> Pair:
    """A serving certificate for these DNS names and IP addresses, for LEAF_LIFE from now; never
    longer than its CA lives."""
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(now + LEAF_LIFE, ca.certificate.not_valid_after_utc)
    subject = _name(names[0] if len(names[0]) <= _LONGEST_COMMON_NAME else "order-webhook")
    builder = _builder(subject, ca.certificate.subject, key.public_key(), now, end)
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(certificates=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([general_name(name) for name in names]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key()), False),
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Pair(pem(builder.sign(ca.key, hashes.SHA256())), key_pem(key))


def make_client(name: str, now: datetime) -> Pair:
    """A self-signed client certificate with this common name, for ten years: for a process that
    calls itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key.public_key(), now, now + 10 * CA_LIFE)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = builder.add_extension(usage, critical=False)
    return Pair(pem(builder.sign(key, hashes.SHA256())), key_pem(key))


def general_name(name: str) -> x509.GeneralName:
    """An IP address where it reads as one, else a DNS name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def read_ca(certificate: bytes, key: bytes, now: datetime) -> Ca:
    """The CA, if it can sign now. ValueError: why not, without anything of the key."""
    found = read_certificate(certificate)
    fault = ca_fault(found, now)
    if fault:
        raise ValueError(fault)
    private = _read_key(key)
    if private.public_key() != found.public_key():
        raise ValueError("the key does not fit the certificate")
    return Ca(found, private)


def read_certificate(text: bytes) -> x509.Certificate:
    """The first certificate of a PEM text; ValueError says why there is none."""
    if len(text) > _LONGEST_PEM:
        raise ValueError(f"the certificate is longer than {_LONGEST_PEM} bytes")
    try:
        return x509.load_pem_x509_certificate(text)
    except ValueError:
        raise ValueError("the certificate is not readable as PEM") from None


def ca_fault(certificate: x509.Certificate, now: datetime) -> str:
    """What keeps it from being a root of trust now; empty where nothing does."""
    if now >= certificate.not_valid_after_utc:
        return f"the certificate expired at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if now < certificate.not_valid_before_utc:
        return f"the certificate begins at {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return "the certificate is not that of a CA"
    if not constraints.ca or not usage.key_cert_sign:
        return "the certificate is not that of a CA"
    return "" if issued_by(certificate, certificate) else "the certificate is not self-signed"


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether this issuer's name stands in the certificate and its key signed it."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def pem(certificate: x509.Certificate) -> bytes:
    """PEM text of a certificate."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PEM text (PKCS#8, not encrypted) of a key."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _read_key(text: bytes) -> ec.EllipticCurvePrivateKey:
    if len(text) > _LONGEST_PEM:
        raise ValueError(f"the key is longer than {_LONGEST_PEM} bytes")
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError):
        raise ValueError("the key is not readable as PEM without a password") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the key is not an ECDSA key")  # noqa: TRY004 - of the Secret's content
    return key


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - BACKDATED).not_valid_after(end)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    return builder.add_extension(identifier, critical=False)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
