"""The Java key store format (JKS, version 2), written only.

Old Java programs read nothing else, and there is no maintained library for it. The protection of
the key is Sun's own and weak (SHA-1, one round); that is the format, and the key stands beside it
in the Secret.
"""

import hashlib
import os
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from controller.pki import der
from controller.pki.faults import InvalidSpec
from controller.pki.keys import Key, encode_der

_MAGIC_AND_VERSION: Final = struct.pack(">II", 0xFEEDFEED, 2)
_KEY_ENTRY: Final = 1
_TRUSTED_ENTRY: Final = 2
_SEAL: Final = b"Mighty Aphrodite"
"""The constant that Sun's format mixes into its digest."""

_KEY_PROTECTOR: Final = "1.3.6.1.4.1.42.2.17.1.1"
_DIGEST_BYTES: Final = 20
_MAX_UTF: Final = 0xFFFF


def jks_keystore(
    *,
    key: Key,
    chain: tuple[x509.Certificate, ...],
    cas: tuple[x509.Certificate, ...],
    password: str,
    alias: str,
    now: datetime,
) -> bytes:
    """A store with the key and its chain (leaf first) as `alias`, and the CA's certificates.

    Raises `InvalidSpec`.
    """
    secret = _secret(password)
    key_entry = [
        *_entry_head(_KEY_ENTRY, alias, now),
        _sized(_protected(encode_der(key, "PKCS8"), secret)),
        struct.pack(">I", len(chain)),
        *(_certificate(certificate) for certificate in chain),
    ]
    trusted = _trusted_entries(cas, now)
    return _sealed([b"".join(key_entry), *trusted], secret)


def jks_truststore(*, cas: tuple[x509.Certificate, ...], password: str, now: datetime) -> bytes:
    """A store with the CA's certificates as `ca`, `ca-1`, and so on. Raises `InvalidSpec`."""
    return _sealed(_trusted_entries(cas, now), _secret(password))


def _trusted_entries(cas: tuple[x509.Certificate, ...], now: datetime) -> list[bytes]:
    return [
        b"".join(
            [
                *_entry_head(_TRUSTED_ENTRY, f"ca-{index}" if index else "ca", now),
                _certificate(ca),
            ]
        )
        for index, ca in enumerate(cas)
    ]


def _sealed(entries: Sequence[bytes], secret: bytes) -> bytes:
    store = b"".join([_MAGIC_AND_VERSION, struct.pack(">I", len(entries)), *entries])
    return store + _sha1(secret, _SEAL, store)


def _entry_head(tag: int, alias: str, now: datetime) -> tuple[bytes, bytes, bytes]:
    milliseconds = int(now.timestamp() * 1000)
    # Java looks aliases up in lower case, whatever the file says.
    return struct.pack(">I", tag), _utf(alias.lower()), struct.pack(">q", milliseconds)


def _certificate(certificate: x509.Certificate) -> bytes:
    return _utf("X.509") + _sized(certificate.public_bytes(Encoding.DER))


def _protected(key: bytes, secret: bytes) -> bytes:
    """Sun's key protector: the key XOR a chain of digests that begins with a salt, and a check."""
    salt = os.urandom(_DIGEST_BYTES)
    stream, link = b"", salt
    while len(stream) < len(key):
        link = _sha1(secret, link)
        stream += link
    masked = bytes(a ^ b for a, b in zip(key, stream, strict=False))
    algorithm = der.element(
        der.SEQUENCE, der.object_identifier(_KEY_PROTECTOR), der.element(der.NULL)
    )
    sealed = der.element(der.OCTET_STRING, salt, masked, _sha1(secret, key))
    return der.element(der.SEQUENCE, algorithm, sealed)


def _secret(password: str) -> bytes:
    """The password as Java's chars are: UTF-16, big end first."""
    return password.encode("utf-16-be")


def _utf(text: str) -> bytes:
    """Java's modified UTF-8: surrogates one by one, NUL as two bytes, length before it."""
    units = text.encode("utf-16-be", "surrogatepass")
    encoded = b"".join(
        chr(unit).encode("utf-8", "surrogatepass") if unit else b"\xc0\x80"
        for (unit,) in struct.iter_unpack(">H", units)
    )
    if len(encoded) > _MAX_UTF:
        raise InvalidSpec(["spec.keystores.jks.alias: is longer than 65,535 bytes"])
    return struct.pack(">H", len(encoded)) + encoded


def _sized(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _sha1(*parts: bytes) -> bytes:
    # The format knows no other digest; it guards against damage, not against anybody.
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).digest()
