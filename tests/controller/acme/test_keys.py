"""Account keys: what is read, what is refused, what the CA is shown."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from controller.acme.keys import AccountKey, Algorithm
from controller.acme.problem import Misconfigured

FORMATS = [serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8]
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
    password: bytes = b"",
) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        pytest.param(RSA_KEY, "RS256", id="RSA"),
        pytest.param(ec.generate_private_key(ec.SECP256R1()), "ES256", id="P-256"),
        pytest.param(ec.generate_private_key(ec.SECP384R1()), "ES384", id="P-384"),
        pytest.param(ec.generate_private_key(ec.SECP521R1()), "ES512", id="P-521"),
    ],
)
def test_keys_are_read_in_every_form(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    algorithm: str,
    form: serialization.PrivateFormat,
) -> None:
    loaded = AccountKey.load(_pem(key, form))
    assert loaded.algorithm.name == algorithm
    assert loaded == AccountKey(key)
    assert AccountKey.load(loaded.pem()) == loaded


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        pytest.param(b"", "not a private key in PEM", id="empty"),
        pytest.param(b"not a key", "not a private key in PEM", id="junk"),
        pytest.param(_pem(RSA_KEY)[:200], "not a private key in PEM", id="cut off"),
        pytest.param(_pem(RSA_KEY, password=b"pw"), "encrypted", id="encrypted"),
        pytest.param(
            _pem(ed25519.Ed25519PrivateKey.generate()), "neither an RSA nor an ECDSA", id="Ed25519"
        ),
        pytest.param(
            _pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505
            "RSA key of 1024 bits",
            id="small RSA",
        ),
        pytest.param(
            _pem(ec.generate_private_key(ec.SECP256K1())), "secp256k1", id="another curve"
        ),
    ],
)
def test_what_cannot_be_an_account_key_is_refused(pem: bytes, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        AccountKey.load(pem)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512"])
async def test_generated_keys_fit_their_algorithm(algorithm: Algorithm) -> None:
    key = await AccountKey.generate(algorithm)
    assert key.algorithm.name == algorithm
    assert key != await AccountKey.generate(algorithm)


async def test_the_stored_form_is_pkcs1_as_others_write_it() -> None:
    key = await AccountKey.generate()
    assert key.pem().startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    der = base64.b64decode(b"".join(key.pem().splitlines()[1:-1]))
    assert key.digest() == base64.b64encode(hashlib.sha256(der).digest()).decode()


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    numbers = RSA_KEY.public_key().public_numbers()
    modulus = base64.urlsafe_b64encode(numbers.n.to_bytes(256, "big")).rstrip(b"=").decode()
    canonical = json.dumps({"e": "AQAB", "kty": "RSA", "n": modulus}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert AccountKey(RSA_KEY).thumbprint == expected


def test_challenge_answers() -> None:
    key = AccountKey(RSA_KEY)
    authorization = key.key_authorization("token")
    assert authorization == f"token.{key.thumbprint}"
    digest = hashlib.sha256(authorization.encode()).digest()
    assert base64.urlsafe_b64decode(key.dns01_value("token") + "=") == digest
    assert len(key.dns01_value("token")) == 43


def test_no_key_byte_is_shown() -> None:
    key = AccountKey(RSA_KEY)
    assert repr(key) == f"AccountKey(RS256, {key.thumbprint})"
    assert len({key, AccountKey(RSA_KEY)}) == 1
