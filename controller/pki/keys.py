"""Private keys: made, encoded, decoded, compared with what a spec asks for.

Refuses every key that is not RSA, ECDSA on a NIST curve, or Ed25519, and every encrypted one. Key
material never gets into a message: the errors of the parser are dropped, not quoted.
"""

import asyncio
import hashlib
from concurrent.futures import Executor
from typing import Final, NamedTuple, TypeAlias, assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from controller.pki.faults import InvalidSpec, Unreadable
from orderapi import defaults
from orderapi.certificate import PrivateKey
from orderapi.validation.key import RSA_SIZES, key_faults

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

MAX_KEY_BYTES: Final = 13_000
"""The largest private key PEM that is parsed."""

_RSA_EXPONENT: Final = 65537
_CURVES: Final[dict[int, type[ec.EllipticCurve]]] = {
    256: ec.SECP256R1,
    384: ec.SECP384R1,
    521: ec.SECP521R1,
}


class KeyKind(NamedTuple):
    """The make of a key: its algorithm as the API names it, its size in bits (Ed25519: 0)."""

    algorithm: str
    size: int


def kind_of(key: Key | PublicKey) -> KeyKind:
    """The kind of `key`."""
    match key:
        case rsa.RSAPrivateKey() | rsa.RSAPublicKey():
            return KeyKind(defaults.RSA, key.key_size)
        case ec.EllipticCurvePrivateKey() | ec.EllipticCurvePublicKey():
            return KeyKind(defaults.ECDSA, key.curve.key_size)
        case ed25519.Ed25519PrivateKey() | ed25519.Ed25519PublicKey():
            return KeyKind(defaults.ED25519, 0)
        case _:
            assert_never(key)


async def generate(wanted: PrivateKey | None, *, executor: Executor | None = None) -> Key:
    """A new key as `wanted` says. Raises `InvalidSpec`.

    RSA keys are made in a thread of `executor` (the loop's own by default): one of 2048 bits takes
    a tenth of a second, one of 8192 bits several seconds.
    """
    faults = tuple(key_faults(wanted))
    if faults:
        raise InvalidSpec(faults)
    size = defaults.key_size(wanted)
    match defaults.key_algorithm(wanted):
        case defaults.ECDSA:
            return ec.generate_private_key(_CURVES[size]())
        case defaults.ED25519:
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                executor, rsa.generate_private_key, _RSA_EXPONENT, size
            )


def encode(key: Key, encoding: str) -> bytes:
    """`key` as PEM: "PKCS1" (PKCS #1, for ECDSA SEC 1) or "PKCS8" (Ed25519 keys always)."""
    return key.private_bytes(Encoding.PEM, _format(key, encoding), NoEncryption())


def encode_der(key: Key, encoding: str) -> bytes:
    """`key` as DER, in the form that `encode` gives as PEM."""
    return key.private_bytes(Encoding.DER, _format(key, encoding), NoEncryption())


def decode(pem: bytes) -> Key:
    """The private key in `pem`: PKCS #1, SEC 1 or PKCS #8. Raises `Unreadable`.

    An RSA key is checked for consistency but not for the primality of its factors: that takes from
    35 ms (2048 bits) to 4 s (8192 bits) on the event loop, and a false prime harms nobody but the
    key's owner.
    """
    if len(pem) > MAX_KEY_BYTES:
        raise Unreadable(f"private key is larger than {MAX_KEY_BYTES:,} bytes")
    try:
        key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        raise Unreadable(
            "private key is encrypted; only unencrypted private keys are read"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unreadable("private key is not PEM in PKCS #1, SEC 1 or PKCS #8 form") from None
    match key:
        case rsa.RSAPrivateKey():
            _check_rsa(key)
        case ec.EllipticCurvePrivateKey():
            _check_curve(key.curve)
        case ed25519.Ed25519PrivateKey():
            pass
        case _:
            raise Unreadable("private key is of none of the algorithms RSA, ECDSA, Ed25519")
    return key


def kind_mismatch(kind: KeyKind, wanted: PrivateKey | None) -> tuple[str, ...]:
    """The fields of `spec.privateKey` that a key of this kind does not meet."""
    if kind.algorithm != defaults.key_algorithm(wanted):
        return ("spec.privateKey.algorithm",)
    if kind.size != defaults.key_size(wanted):
        return ("spec.privateKey.size",)
    return ()


def key_mismatch(key: Key, wanted: PrivateKey | None) -> tuple[str, ...]:
    """The fields of `spec.privateKey` that `key` does not meet."""
    return kind_mismatch(kind_of(key), wanted)


def public_key_digest(key: Key | PublicKey) -> str:
    """SHA-256, in hex, of the public key's SubjectPublicKeyInfo: equal where the keys are."""
    public = key if isinstance(key, PublicKey) else key.public_key()
    encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).hexdigest()


def accepted(key: object) -> PublicKey:
    """`key`, if it is a public key of a kind that we serve. Raises `Unreadable`."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        _check_curve(key.curve)
    if not isinstance(key, PublicKey):
        raise Unreadable("public key is of none of the algorithms RSA, ECDSA, Ed25519")
    return key


def _format(key: Key, encoding: str) -> PrivateFormat:
    if encoding == "PKCS8" or isinstance(key, ed25519.Ed25519PrivateKey):
        return PrivateFormat.PKCS8
    return PrivateFormat.TraditionalOpenSSL


def _check_curve(curve: ec.EllipticCurve) -> None:
    if not isinstance(curve, tuple(_CURVES.values())):
        raise Unreadable("key is on a curve that is none of P-256, P-384, P-521")


def _check_rsa(key: rsa.RSAPrivateKey) -> None:
    # Smaller keys pass: that they are too small for the spec is for `key_mismatch` to say.
    if key.key_size >= RSA_SIZES.stop:
        raise Unreadable("private key is an RSA key of more than 8192 bits")
    numbers = key.private_numbers()
    p, q, d = numbers.p, numbers.q, numbers.d
    e, n = numbers.public_numbers.e, numbers.public_numbers.n
    consistent = (
        min(p, q) > 1
        and p * q == n
        and e * d % (p - 1) == 1
        and e * d % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and numbers.iqmp * q % p == 1
    )
    if not consistent:
        raise Unreadable("private key is an RSA key whose numbers contradict each other")
