"""Private keys, and the signatures that go with them."""

import pytest

from orderapi.certificate import PrivateKey
from orderapi.validation.key import key_faults, signature_faults
from tests.orderapi.validation.build import sentences


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(None, id="default"),
        pytest.param(PrivateKey(), id="empty"),
        pytest.param(PrivateKey(size=0), id="zero is unset"),
        pytest.param(PrivateKey(size=2048), id="smallest RSA"),
        pytest.param(PrivateKey(algorithm="RSA", size=8192), id="largest RSA"),
        pytest.param(PrivateKey(algorithm="ECDSA"), id="ECDSA"),
        pytest.param(PrivateKey(algorithm="ECDSA", size=521), id="P-521"),
        pytest.param(PrivateKey(algorithm="Ed25519", size=1), id="Ed25519 has no size"),
        pytest.param(PrivateKey(encoding="PKCS8"), id="encoding"),
    ],
)
def test_keys(wanted: PrivateKey | None) -> None:
    assert sentences(key_faults(wanted)) == []


@pytest.mark.parametrize(
    ("wanted", "faults"),
    [
        pytest.param(
            PrivateKey(size=2047),
            ["spec.privateKey.size: 2047 is not between 2048 and 8192 (RSA)"],
            id="RSA too small",
        ),
        pytest.param(
            PrivateKey(algorithm="RSA", size=8193),
            ["spec.privateKey.size: 8193 is not between 2048 and 8192 (RSA)"],
            id="RSA too large",
        ),
        pytest.param(
            PrivateKey(algorithm="ECDSA", size=2048),
            ["spec.privateKey.size: 2048 is not one of 256, 384, 521 (ECDSA)"],
            id="ECDSA size",
        ),
        pytest.param(
            PrivateKey(algorithm="rsa", encoding="DER"),
            [
                'spec.privateKey.algorithm: "rsa" is not one of RSA, ECDSA, Ed25519',
                'spec.privateKey.encoding: "DER" is not one of PKCS1, PKCS8',
            ],
            id="unknown words",
        ),
    ],
)
def test_faults(wanted: PrivateKey, faults: list[str]) -> None:
    assert sentences(key_faults(wanted)) == faults


@pytest.mark.parametrize(
    ("name", "algorithm", "fits"),
    [
        (None, "RSA", True),
        ("", "RSA", True),
        ("SHA512WithRSA", "RSA", True),
        ("ECDSAWithSHA384", "ECDSA", True),
        ("PureEd25519", "Ed25519", True),
        ("PureEd25519", "RSA", False),
        ("SHA256WithRSA", "ECDSA", False),
        ("ECDSAWithSHA256", "Ed25519", False),
        ("MD5WithRSA", "RSA", False),
        ("SHA256WithRSA", "DSA", True),  # told of the algorithm
    ],
)
def test_signatures(name: str | None, algorithm: str, *, fits: bool) -> None:
    found = [fault.path for fault in signature_faults(name, algorithm)]
    assert found == ([] if fits else ["spec.signatureAlgorithm"])
