"""Signed requests, verified with cryptography alone."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from controller.acme.binding import ExternalAccount, MacAlgorithm
from controller.acme.jws import bind, sign
from controller.acme.keys import AccountKey, Algorithm

HASHES: dict[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "ES256": hashes.SHA256(),
    "ES384": hashes.SHA384(),
    "ES512": hashes.SHA512(),
}
DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
URL = "https://acme.test/new-order"


def _bytes(text: str) -> bytes:
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _opened(body: bytes) -> tuple[dict[str, Any], bytes, bytes, bytes]:
    """Protected header, payload, signature and what was signed."""
    jws = json.loads(body)
    assert set(jws) == {"protected", "payload", "signature"}, "RFC 8555 6.2: nothing unprotected"
    signed = f"{jws['protected']}.{jws['payload']}".encode()
    protected = json.loads(_bytes(jws["protected"]))
    return protected, _bytes(jws["payload"]), _bytes(jws["signature"]), signed


def _verify(key: AccountKey, signature: bytes, signed: bytes) -> None:
    public = key.jwk.key.public_key()
    digest = HASHES[key.algorithm.name]
    wrapped = public._wrapped
    if isinstance(wrapped, rsa.RSAPublicKey):
        wrapped.verify(signature, signed, padding.PKCS1v15(), digest)
        return
    assert isinstance(wrapped, ec.EllipticCurvePublicKey)
    size = (wrapped.curve.key_size + 7) // 8
    assert len(signature) == 2 * size, "RFC 7518 3.4: both numbers at full length"
    numbers = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    wrapped.verify(encode_dss_signature(*numbers), signed, ec.ECDSA(digest))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512"])
async def test_a_request_with_the_key_id(algorithm: Algorithm) -> None:
    key = await AccountKey.generate(algorithm)
    body = sign(b'{"a":1}', key=key, url=URL, nonce="n1", account_url="https://acme.test/a/1")
    protected, payload, signature, signed = _opened(body)
    assert protected == {
        "alg": algorithm,
        "kid": "https://acme.test/a/1",
        "nonce": "n1",
        "url": URL,
    }
    assert payload == b'{"a":1}'
    _verify(key, signature, signed)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512"])
async def test_a_request_with_the_key_holds_the_public_part_alone(algorithm: Algorithm) -> None:
    key = await AccountKey.generate(algorithm)
    protected, payload, signature, signed = _opened(
        sign(b"", key=key, url=URL, nonce="n1", account_url="")
    )
    assert set(protected) == {"alg", "jwk", "nonce", "url"}
    public = {"kty", "n", "e"} if algorithm == "RS256" else {"kty", "crv", "x", "y"}
    assert set(protected["jwk"]) == public
    assert payload == b"", "POST-as-GET"
    _verify(key, signature, signed)


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_an_external_account_is_bound(algorithm: MacAlgorithm) -> None:
    key = await AccountKey.generate("ES256")
    account = ExternalAccount("kid-1", b"k" * 32, algorithm)
    protected, payload, signature, signed = _opened(bytes(bind(account, key=key, url=URL)))
    assert protected == {"alg": algorithm, "kid": "kid-1", "url": URL}, "RFC 8555 7.3.4: no nonce"
    assert json.loads(payload) == key.jwk.public_key().to_json()
    assert signature == hmac.new(b"k" * 32, signed, DIGESTS[algorithm]).digest()
