"""PKCS #12 key stores and trust stores (RFC 7292), in the profiles of `spec.keystores.pkcs12`.

LegacyRC2 is written as LegacyDES is: 40-bit RC2 protects nothing and current libraries refuse to
read it, while everything that reads RC2 reads 3DES. Modern2026 replaces the store's MAC by PBMAC1
(RFC 9879), which needs OpenSSL 3.4 or Java 26 to read. Strength is not what a profile is for: the
key stands beside the store in the same Secret.
"""

import hashlib
import hmac
import os
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    KeySerializationEncryption,
    PrivateFormat,
    pkcs12,
)

from controller.pki import der
from controller.pki.faults import InvalidSpec
from controller.pki.keys import Key
from orderapi.validation.fault import not_one_of
from orderapi.validation.keystores import PROFILES

_LEGACY: Final = ("LegacyRC2", "LegacyDES")

_ROUNDS: Final = 2048
"""What readers have been given since PKCS #12 exists; see the module's last sentence."""

_PBMAC1: Final = "1.2.840.113549.1.5.14"
_PBKDF2: Final = "1.2.840.113549.1.5.12"
_HMAC_SHA256: Final = "1.2.840.113549.2.9"
_MAC_KEY_BYTES: Final = 32


def pkcs12_keystore(
    *,
    key: Key,
    chain: tuple[x509.Certificate, ...],
    cas: tuple[x509.Certificate, ...],
    password: str,
    profile: str,
    alias: str = "",
) -> bytes:
    """A store with the key, its chain (leaf first) and the CA's certificates.

    Raises `InvalidSpec`.
    """
    leaf, *others = chain
    encryption = _encryption(profile, password)
    name = alias.encode() or None
    store = pkcs12.serialize_key_and_certificates(name, key, leaf, [*others, *cas], encryption)
    return _finished(store, profile=profile, password=password)


def pkcs12_truststore(*, cas: tuple[x509.Certificate, ...], password: str, profile: str) -> bytes:
    """A store with the CA's certificates as `ca`, `ca-1`, and so on, marked as trusted for Java.

    Raises `InvalidSpec`.
    """
    entries = [
        pkcs12.PKCS12Certificate(ca, f"ca-{index}".encode() if index else b"ca")
        for index, ca in enumerate(cas)
    ]
    store = pkcs12.serialize_java_truststore(entries, _encryption(profile, password))
    return _finished(store, profile=profile, password=password)


def _encryption(profile: str, password: str) -> KeySerializationEncryption:
    if profile not in PROFILES:
        raise InvalidSpec([not_one_of("spec.keystores.pkcs12.profile", profile, PROFILES)])
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(_ROUNDS)
    if profile in _LEGACY:
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        builder = builder.hmac_hash(hashes.SHA1())  # noqa: S303 - what old readers know
    else:
        builder = builder.key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        builder = builder.hmac_hash(hashes.SHA256())
    return builder.build(password.encode())


def _finished(store: bytes, *, profile: str, password: str) -> bytes:
    return _with_pbmac1(store, password) if profile == "Modern2026" else store


def _with_pbmac1(store: bytes, password: str) -> bytes:
    """`store` with PBMAC1 in place of its MAC (RFC 9879 section 3)."""
    version, authenticated, _ = der.elements(der.elements(store)[0].content)
    content = der.elements(der.elements(authenticated.content)[1].content)[0].content
    salt = os.urandom(16)
    mac_key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS, _MAC_KEY_BYTES)
    mac = hmac.digest(mac_key, content, "sha256")
    digest_info = der.element(
        der.SEQUENCE, _pbmac1_algorithm(salt), der.element(der.OCTET_STRING, mac)
    )
    # The salt of the old kind of MAC must be there and means nothing.
    unused_salt = der.element(der.OCTET_STRING, b"NOT USED")
    mac_data = der.element(der.SEQUENCE, digest_info, unused_salt)
    return der.element(der.SEQUENCE, version.whole, authenticated.whole, mac_data)


def _pbmac1_algorithm(salt: bytes) -> bytes:
    """RFC 8018 section 7.1 and appendix A.5."""
    hmac_sha256 = _algorithm(_HMAC_SHA256, der.element(der.NULL))
    kdf = der.element(
        der.SEQUENCE,
        der.element(der.OCTET_STRING, salt),
        der.integer(_ROUNDS),
        der.integer(_MAC_KEY_BYTES),
        hmac_sha256,
    )
    parameters = der.element(der.SEQUENCE, _algorithm(_PBKDF2, kdf), hmac_sha256)
    return _algorithm(_PBMAC1, parameters)


def _algorithm(oid: str, parameters: bytes) -> bytes:
    return der.element(der.SEQUENCE, der.object_identifier(oid), parameters)
