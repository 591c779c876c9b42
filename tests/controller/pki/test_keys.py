import asyncio
import base64
import re
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from controller.pki import der
from controller.pki.faults import InvalidSpec, PkiError, Unreadable
from controller.pki.keys import (
    KeyKind,
    accepted,
    decode,
    encode,
    encode_der,
    generate,
    key_mismatch,
    kind_of,
    public_key_digest,
)
from orderapi.certificate import PrivateKey
from tests.controller.pki.build import a_key, unhurried

KINDS = [
    pytest.param(None, KeyKind("RSA", 2048), id="default"),
    pytest.param(PrivateKey(size=0), KeyKind("RSA", 2048), id="zero is unset"),
    pytest.param(PrivateKey(algorithm="RSA", size=3072), KeyKind("RSA", 3072), id="rsa 3072"),
    pytest.param(PrivateKey(algorithm="ECDSA"), KeyKind("ECDSA", 256), id="ecdsa"),
    pytest.param(PrivateKey(algorithm="ECDSA", size=384), KeyKind("ECDSA", 384), id="p-384"),
    pytest.param(PrivateKey(algorithm="ECDSA", size=521), KeyKind("ECDSA", 521), id="p-521"),
    pytest.param(PrivateKey(algorithm="Ed25519", size=4096), KeyKind("Ed25519", 0), id="ed25519"),
]


@pytest.mark.parametrize(("wanted", "kind"), KINDS)
async def test_generated_key_is_what_was_wanted(wanted: PrivateKey | None, kind: KeyKind) -> None:
    key = await generate(wanted)
    assert kind_of(key) == kind
    assert key_mismatch(key, wanted) == ()


@pytest.mark.parametrize(("wanted", "kind"), KINDS)
@pytest.mark.parametrize("encoding", ["PKCS1", "PKCS8"])
async def test_key_survives_encoding(
    wanted: PrivateKey | None, kind: KeyKind, encoding: str
) -> None:
    key = await generate(wanted)
    pem = encode(key, encoding)
    again = decode(b"text before\n\n" + pem + b"\n\ntext after\n")
    assert encode(again, encoding) == pem
    assert kind_of(again) == kind
    assert public_key_digest(again) == public_key_digest(key.public_key())


@pytest.mark.parametrize(
    ("wanted", "encoding", "label"),
    [
        pytest.param(PrivateKey(), "PKCS1", b"RSA PRIVATE KEY", id="rsa pkcs1"),
        pytest.param(PrivateKey(), "PKCS8", b"PRIVATE KEY", id="rsa pkcs8"),
        pytest.param(PrivateKey(algorithm="ECDSA"), "PKCS1", b"EC PRIVATE KEY", id="sec1"),
        pytest.param(PrivateKey(algorithm="ECDSA"), "PKCS8", b"PRIVATE KEY", id="ecdsa pkcs8"),
        pytest.param(PrivateKey(algorithm="Ed25519"), "PKCS1", b"PRIVATE KEY", id="ed25519"),
    ],
)
async def test_label_of_the_pem(wanted: PrivateKey, encoding: str, label: bytes) -> None:
    key = await generate(wanted)
    assert encode(key, encoding).startswith(b"-----BEGIN " + label + b"-----\n")
    assert encode_der(key, encoding)[0] == 0x30


async def test_rsa_key_is_made_beside_the_event_loop() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    beating = asyncio.create_task(beat())
    with ThreadPoolExecutor(1) as executor:
        await generate(PrivateKey(size=4096), executor=executor)
    beating.cancel()
    assert beats > 5


@pytest.mark.parametrize(
    ("wanted", "faults"),
    [
        pytest.param(
            PrivateKey(size=1024),
            ("spec.privateKey.size: 1024 is not between 2048 and 8192 (RSA)",),
            id="rsa too small",
        ),
        pytest.param(
            PrivateKey(size=8193),
            ("spec.privateKey.size: 8193 is not between 2048 and 8192 (RSA)",),
            id="rsa too large",
        ),
        pytest.param(
            PrivateKey(algorithm="ECDSA", size=2048),
            ("spec.privateKey.size: 2048 is not one of 256, 384, 521 (ECDSA)",),
            id="ecdsa size",
        ),
        pytest.param(
            PrivateKey(algorithm="DSA", encoding="DER"),
            (
                'spec.privateKey.algorithm: "DSA" is not one of RSA, ECDSA, Ed25519',
                'spec.privateKey.encoding: "DER" is not one of PKCS1, PKCS8',
            ),
            id="unknown words",
        ),
    ],
)
async def test_no_key_is_made_of_a_faulty_spec(wanted: PrivateKey, faults: tuple[str, ...]) -> None:
    with pytest.raises(InvalidSpec) as caught:
        await generate(wanted)
    assert caught.value.faults == faults


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        pytest.param(None, ("spec.privateKey.algorithm",), id="default is RSA"),
        pytest.param(PrivateKey(algorithm="ECDSA"), (), id="same"),
        pytest.param(
            PrivateKey(algorithm="ECDSA", size=384), ("spec.privateKey.size",), id="other size"
        ),
        pytest.param(PrivateKey(algorithm="Ed25519"), ("spec.privateKey.algorithm",), id="ed25519"),
    ],
)
def test_mismatch_of_a_p256_key(wanted: PrivateKey | None, fields: tuple[str, ...]) -> None:
    assert key_mismatch(a_key(), wanted) == fields


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ec.generate_private_key(ec.BrainpoolP256R1()), id="brainpool"),
        pytest.param(ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
        pytest.param(ed448.Ed448PrivateKey.generate(), id="ed448"),
        pytest.param(x25519.X25519PrivateKey.generate(), id="x25519"),
        pytest.param(dsa.generate_private_key(2048), id="dsa"),
    ],
)
def test_keys_of_other_kinds_are_refused(key: PrivateKeyTypes) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Unreadable, match="none of"):
        decode(pem)


def test_public_keys_of_other_kinds_are_refused() -> None:
    for key in (ed448.Ed448PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1())):
        with pytest.raises(Unreadable, match="none of"):
            accepted(key.public_key())


def test_encrypted_key_is_refused_by_name() -> None:
    pem = a_key().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    with pytest.raises(Unreadable, match="is encrypted"):
        decode(pem)


def test_oversized_key_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Unreadable, match=r"larger than 13,000 bytes"):
        decode(b"x" * 13_001)


def test_public_key_is_no_private_key() -> None:
    pem = a_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(Unreadable):
        decode(pem)


RSA = rsa.generate_private_key(65537, 2048).private_numbers()


@pytest.mark.parametrize(
    "name", ["version", "n", "e", "d", "p", "q", "dmp1", "dmq1", "iqmp"], ids=str
)
def test_rsa_key_whose_numbers_contradict_each_other_is_refused(name: str) -> None:
    numbers = {
        "version": 0,
        "n": RSA.public_numbers.n,
        "e": RSA.public_numbers.e,
        "d": RSA.d,
        "p": RSA.p,
        "q": RSA.q,
        "dmp1": RSA.dmp1,
        "dmq1": RSA.dmq1,
        "iqmp": RSA.iqmp,
    }
    assert kind_of(decode(pkcs1(numbers))) == KeyKind("RSA", 2048)
    with pytest.raises(Unreadable):
        decode(pkcs1(numbers | {name: numbers[name] + 2}))


def pkcs1(numbers: dict[str, int]) -> bytes:
    encoded = der.element(der.SEQUENCE, *map(der.integer, numbers.values()))
    body = base64.encodebytes(encoded)
    return b"-----BEGIN RSA PRIVATE KEY-----\n" + body + b"-----END RSA PRIVATE KEY-----\n"


@unhurried
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_in_our_words(data: bytes) -> None:
    for pem in (data, b"-----BEGIN PRIVATE KEY-----\n" + data + b"\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(PkiError):
            decode(pem)


@unhurried
@given(st.integers(0, 10_000), st.integers(1, 255), st.sampled_from(["PKCS1", "PKCS8"]))
def test_no_message_holds_key_text(position: int, change: int, encoding: str) -> None:
    pem = encode(a_key(), encoding)
    damaged = bytearray(pem)
    damaged[position % len(pem)] ^= change
    try:
        decode(bytes(damaged))
    except PkiError as error:
        told = "".join(traceback.format_exception(error))
        body = re.sub(rb"-----[^-]+-----|\s", b"", pem).decode()
        assert not any(body[start : start + 8] in told for start in range(len(body) - 8))
