"""Signing requests that no library would make: DER written by hand."""

import random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.webhook.rules.build import key

SEQUENCE = 0x30
SET = 0x31
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
ATTRIBUTES = 0xA0

EXTENSION_REQUEST = bytes.fromhex("06092a864886f70d01090e")
MICROSOFT_EXTENSION_REQUEST = bytes.fromhex("060a2b06010401823702010e")
SUBJECT_ALTERNATIVE_NAME = bytes.fromhex("0603551d11")
KEY_USAGE = bytes.fromhex("0603551d0f")

_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_SHA256_WITH_ECDSA = bytes.fromhex("300a06082a8648ce3d040302")


def element(tag: int, *contents: bytes) -> bytes:
    """Tag, length, value."""
    content = b"".join(contents)
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([128 | len(octets)]) + octets
    return bytes([tag]) + length + content


def extension(oid: bytes, value: bytes) -> bytes:
    """One extension, not critical."""
    return element(SEQUENCE, oid, element(OCTET_STRING, value))


def attribute(oid: bytes, *extensions: bytes) -> bytes:
    """An attribute that asks for these extensions."""
    return element(SEQUENCE, oid, element(SET, element(SEQUENCE, *extensions)))


def info(*attributes: bytes) -> bytes:
    """What is signed in a request: no subject, the key of all requests of a run."""
    spki = key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return element(SEQUENCE, _integer(0), element(SEQUENCE), spki, element(ATTRIBUTES, *attributes))


def signed(request_info: bytes) -> bytes:
    """The request, with a signature that matches whatever it says."""
    signature = key().sign(request_info, ec.ECDSA(hashes.SHA256()))
    return element(
        SEQUENCE, request_info, _SHA256_WITH_ECDSA, element(BIT_STRING, b"\0", signature)
    )


def rsa_request(bits: int, *, exponent: int = 65537) -> bytes:
    """A request whose RSA key is a number that nobody has factors of; its signature is nonsense."""
    # The same number in each run; nothing here is secret.
    modulus = random.Random(bits).getrandbits(bits) | 1 | 1 << (bits - 1)  # noqa: S311
    numbers = element(SEQUENCE, _integer(modulus), _integer(exponent))
    spki = element(SEQUENCE, _RSA, element(BIT_STRING, b"\0", numbers))
    request_info = element(SEQUENCE, _integer(0), element(SEQUENCE), spki, element(ATTRIBUTES))
    signature = element(BIT_STRING, b"\0", bytes(bits // 8))
    return element(SEQUENCE, request_info, _SHA256_WITH_RSA, signature)


def _integer(value: int) -> bytes:
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
