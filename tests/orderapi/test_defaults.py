"""Run-time defaults: what an empty field means."""

from datetime import timedelta

import pytest

from orderapi import defaults
from orderapi.certificate import CertificateSpec, PrivateKey, Renewal
from orderapi.dns01 import Dns01
from orderapi.issuer import AcmeIssuer
from orderapi.keystores import JksKeystore, Pkcs12Keystore
from orderapi.references import IssuerRef, SecretKeySelector


def a_spec(**changes: object) -> CertificateSpec:
    known: dict[str, object] = {"secret_name": "tls", "issuer_ref": IssuerRef(name="ca")}
    return CertificateSpec(**known | changes)  # type: ignore[arg-type]


def test_the_issuer() -> None:
    ref = IssuerRef(name="ca")
    assert (defaults.issuer_kind(ref), defaults.issuer_group(ref)) == ("Issuer", "cert-manager.io")
    other = IssuerRef(name="ca", kind="AWSPCAIssuer", group="awspca.cert-manager.io")
    assert defaults.issuer_kind(other) == "AWSPCAIssuer"
    assert defaults.issuer_group(other) == "awspca.cert-manager.io"


@pytest.mark.parametrize(
    ("key", "algorithm", "size", "encoding"),
    [
        pytest.param(None, "RSA", 2048, "PKCS1", id="nothing"),
        pytest.param(PrivateKey(), "RSA", 2048, "PKCS1", id="empty"),
        pytest.param(PrivateKey(size=4096), "RSA", 4096, "PKCS1", id="size alone"),
        pytest.param(PrivateKey(algorithm="ECDSA"), "ECDSA", 256, "PKCS1", id="ECDSA"),
        pytest.param(
            PrivateKey(algorithm="ECDSA", size=384, encoding="PKCS8"),
            "ECDSA",
            384,
            "PKCS8",
            id="all",
        ),
        pytest.param(
            PrivateKey(algorithm="Ed25519", size=9, encoding="PKCS1"),
            "Ed25519",
            0,
            "PKCS8",
            id="Ed25519",
        ),
        pytest.param(PrivateKey(algorithm="ML-DSA"), "ML-DSA", 0, "PKCS1", id="unknown"),
    ],
)
def test_the_key(key: PrivateKey | None, algorithm: str, size: int, encoding: str) -> None:
    assert defaults.key_algorithm(key) == algorithm
    assert defaults.key_size(key) == size
    assert defaults.key_encoding(key) == encoding


def test_rotation() -> None:
    assert defaults.rotation_policy(None) == "Always"
    assert defaults.rotation_policy(PrivateKey(rotation_policy="Never")) == "Never"


def test_the_lifetime() -> None:
    assert defaults.duration(a_spec()) == timedelta(days=90)
    assert defaults.duration(a_spec(duration="24h")) == timedelta(days=1)
    with pytest.raises(ValueError, match='"soon" is not a duration'):
        defaults.duration(a_spec(duration="soon"))


@pytest.mark.parametrize(
    ("spec", "before"),
    [
        pytest.param(a_spec(), timedelta(days=30), id="a third"),
        pytest.param(a_spec(renew_before="360h"), timedelta(days=15), id="as written"),
        pytest.param(a_spec(renew_before="9999h"), timedelta(days=30), id="more than all of it"),
        pytest.param(a_spec(renew_before="0s"), timedelta(days=30), id="zero"),
        pytest.param(a_spec(renew_before_percentage=10), timedelta(days=9), id="percentage"),
        pytest.param(a_spec(renew_before_percentage=100), timedelta(days=30), id="all of it"),
    ],
)
def test_when_to_renew_a_certificate_of_90_days(spec: CertificateSpec, before: timedelta) -> None:
    assert defaults.renew_before(spec, timedelta(days=90)) == before


def test_usages() -> None:
    assert defaults.usages((), is_ca=None) == ("digital signature", "key encipherment")
    assert defaults.usages((), is_ca=True)[-1] == "cert sign"
    assert defaults.usages(("server auth",), is_ca=False) == ("server auth",)
    assert defaults.usages(("cert sign",), is_ca=True) == ("cert sign",)


def test_the_rest() -> None:
    acme = AcmeIssuer(server="https://ca", private_key_secret_ref=SecretKeySelector(name="account"))
    assert defaults.account_key_name(acme) == "tls.key"
    assert defaults.renewal_information_source(acme) == "ARI"
    assert defaults.encode_usages_in_request(a_spec())
    assert not defaults.encode_usages_in_request(a_spec(encode_usages_in_request=False))
    assert defaults.revision_history_limit(a_spec()) == 1
    assert defaults.revision_history_limit(a_spec(revision_history_limit=0)) == 1
    assert defaults.revision_history_limit(a_spec(revision_history_limit=3)) == 3
    assert defaults.renewal_policy(a_spec()) == "RenewBefore"
    assert defaults.renewal_policy(a_spec(renewal=Renewal(policy="Disabled"))) == "Disabled"
    assert defaults.jks_alias(JksKeystore(create=True)) == "certificate"
    assert defaults.pkcs12_profile(Pkcs12Keystore(create=True)) == "LegacyRC2"
    assert defaults.cname_strategy(Dns01()) == "None"
    assert defaults.service_type(None) == "NodePort"
