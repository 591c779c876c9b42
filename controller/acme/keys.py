"""Account keys: load, make, encode; what a CA and a validation server see of them.

RSA from 2,048 bits and ECDSA on P-256, P-384 and P-521. Keys are read by cryptography and then
wrapped: josepy takes any text that it cannot read for a symmetric key, and a broken file must be an
error here. Refuses encrypted keys. No key byte is in a repr or a message.
"""

import asyncio
import base64
import hashlib
from typing import Literal, assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from josepy.jwa import ES256, ES384, ES512, RS256, JWASignature
from josepy.jwk import JWK, JWKEC, JWKRSA

from controller.acme.problem import Misconfigured

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Algorithm = Literal["RS256", "ES256", "ES384", "ES512"]

SMALLEST_RSA = 2048
LARGEST_RSA = 8192  # a signature then takes 10 ms; larger ones would hold up everybody
ECDSA_ALGORITHMS: dict[str, JWASignature] = {
    "secp256r1": ES256,
    "secp384r1": ES384,
    "secp521r1": ES512,
}


class AccountKey:
    """The private key of one ACME account. Equal when the keys are."""

    def __init__(self, private_key: PrivateKey) -> None:
        """Wrap a key; raises Misconfigured for one that no CA takes."""
        self._private_key = private_key
        match private_key:
            case rsa.RSAPrivateKey():
                if not SMALLEST_RSA <= private_key.key_size <= LARGEST_RSA:
                    raise Misconfigured(
                        f"the account key is an RSA key of {private_key.key_size} bits; "
                        f"{SMALLEST_RSA} to {LARGEST_RSA} are possible"
                    )
                self.jwk: JWK = JWKRSA(key=private_key)
                self.algorithm: JWASignature = RS256
            case ec.EllipticCurvePrivateKey():
                if private_key.curve.name not in ECDSA_ALGORITHMS:
                    raise Misconfigured(
                        f"the account key is on the curve {private_key.curve.name}; "
                        "P-256, P-384 and P-521 are possible"
                    )
                self.jwk = JWKEC(key=private_key)
                self.algorithm = ECDSA_ALGORITHMS[private_key.curve.name]
            case _:
                assert_never(private_key)
        self._thumbprint = _base64url(self.jwk.thumbprint())

    @classmethod
    def load(cls, pem: bytes) -> "AccountKey":
        """Read a PEM key (PKCS#1, SEC1 or PKCS#8); raises Misconfigured.

        An RSA key is checked, which takes 35 ms for 2,048 bits and 250 ms for 4,096: call it in a
        thread.
        """
        try:
            private_key = serialization.load_pem_private_key(pem, password=None)
        except TypeError as error:
            raise Misconfigured("the account key is encrypted; store it without one") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Misconfigured("the account key is not a private key in PEM form") from error
        if not isinstance(private_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise Misconfigured("the account key is neither an RSA nor an ECDSA key")
        return cls(private_key)

    @classmethod
    async def generate(cls, algorithm: Algorithm = "RS256") -> "AccountKey":
        """A new key, RSA of 2,048 bits unless told otherwise; made in a thread."""
        return cls(await asyncio.to_thread(_new_key, algorithm))

    def pem(self) -> bytes:
        """The private key as PEM, PKCS#1 or SEC1: what is stored."""
        return self._private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )

    def digest(self) -> str:
        """Base64 SHA-256 of the private key's PKCS#1 or SEC1 DER: tells keys apart in a status."""
        der = self._private_key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    @property
    def thumbprint(self) -> str:
        """The JWK thumbprint, base64url (RFC 7638, SHA-256)."""
        return self._thumbprint

    def key_authorization(self, token: str) -> str:
        """What an HTTP-01 response is (RFC 8555 8.1). A secret until it is published."""
        return f"{token}.{self._thumbprint}"

    def dns01_value(self, token: str) -> str:
        """The value of the TXT record (RFC 8555 8.4)."""
        return _base64url(hashlib.sha256(self.key_authorization(token).encode()).digest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccountKey) and other._thumbprint == self._thumbprint

    def __hash__(self) -> int:
        return hash(self._thumbprint)

    def __repr__(self) -> str:
        return f"AccountKey({self.algorithm!r}, {self._thumbprint})"


def _new_key(algorithm: Algorithm) -> PrivateKey:
    match algorithm:
        case "RS256":
            return rsa.generate_private_key(public_exponent=65537, key_size=SMALLEST_RSA)
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "ES384":
            return ec.generate_private_key(ec.SECP384R1())
        case "ES512":
            return ec.generate_private_key(ec.SECP521R1())
        case _:
            assert_never(algorithm)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
