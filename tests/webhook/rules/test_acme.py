"""The account of an ACME issuer: server, key, external binding, trust."""

import base64
import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.webhook.rules.build import changed, key, paths
from tests.webhook.rules.issuer_judging import ACME, on_create, with_acme

EAB = {"keyID": "kid", "keySecretRef": {"name": "eab", "key": "secret"}}


@functools.cache
def certificate() -> bytes:
    """A certificate in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder(name, name, key().public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(key(), hashes.SHA256()).public_bytes(Encoding.PEM)


def private_key() -> bytes:
    """A private key in PEM."""
    return key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


BROKEN = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
NOT_BASE64 = b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"


def trusting(bundle: bytes, **acme: Any) -> Any:
    """The verdict on an issuer with that bundle."""
    return on_create(with_acme(caBundle=base64.b64encode(bundle).decode(), **acme))


@pytest.mark.parametrize(
    ("path", "value", "fault", "text"),
    [
        ("server", "", "server", "is empty"),
        ("server", "http://acme.example.com/directory", "server", "https"),
        ("server", "acme.example.com/directory", "server", "https"),
        ("server", "https:///directory", "server", "https"),
        ("server", "https://acme.example.com:0/", "server", "https"),
        ("server", "https://acme.example.com:x/", "server", "not a URL"),
        ("server", "https://[::1/", "server", "not a URL"),
        ("server", " https://acme.example.com/", "server", "without spaces"),
        ("server", "https://a.example/" + "a" * 2048, "server", "2,048"),
        ("privateKeySecretRef.name", "", "privateKeySecretRef.name", "names the Secret"),
        ("privateKeySecretRef.name", "../other", "privateKeySecretRef.name", "no Secret can"),
        ("privateKeySecretRef.key", "a b", "privateKeySecretRef.key", "no entry"),
    ],
)
def test_a_fault_is_told_with_its_path(path: str, value: str, fault: str, text: str) -> None:
    verdict = on_create({"acme": changed(ACME, path, value)})
    assert paths(verdict) == [f"spec.acme.{fault}"]
    assert text in verdict.faults[0].text


@pytest.mark.parametrize(
    "url", ["https://me:hunter2@acme.example.com/", "https://me@acme.example/"]
)
def test_a_url_with_a_user_is_refused_and_not_shown(url: str) -> None:
    verdict = on_create(with_acme(server=url))
    assert paths(verdict) == ["spec.acme.server"]
    assert "hunter2" not in str(verdict)
    assert "me@" not in str(verdict)


@pytest.mark.parametrize(
    "url", ["https://[2001:db8::1]:14000/dir", "HTTPS://Acme.example", "https://10.0.0.1/a?b=c"]
)
def test_other_urls_pass(url: str) -> None:
    assert on_create(with_acme(server=url)) == ((), ())


@pytest.mark.parametrize(
    ("old", "new"), [("acme-v01", "acme-v02"), ("acme-staging", "acme-staging-v02")]
)
def test_servers_that_are_turned_off_are_a_warning(old: str, new: str) -> None:
    verdict = on_create(with_acme(server=f"https://{old}.api.letsencrypt.org/directory"))
    assert verdict.allowed
    assert f"https://{new}.api.letsencrypt.org/directory" in verdict.warnings[0]


@pytest.mark.parametrize("host", ["127.0.0.1:14000", "[::1]", "localhost", "169.254.169.254"])
def test_hosts_that_are_not_connected_to_are_a_warning(host: str) -> None:
    verdict = on_create(with_acme(server=f"https://{host}/dir"))
    assert verdict.allowed
    assert "--allow-special-addresses" in verdict.warnings[0]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("keyID", "", "keyID"),
        ("keyID", "  ", "keyID"),
        ("keySecretRef.name", "", "keySecretRef.name"),
        ("keySecretRef.key", ..., "keySecretRef.key"),
        ("keyAlgorithm", "HS1", "keyAlgorithm"),
    ],
)
def test_a_binding_is_whole(path: str, value: Any, fault: str) -> None:
    verdict = on_create(with_acme(externalAccountBinding=changed(EAB, path, value)))
    assert paths(verdict) == [f"spec.acme.externalAccountBinding.{fault}"]


def test_the_algorithm_of_a_binding_is_deprecated() -> None:
    assert on_create(with_acme(externalAccountBinding=EAB)) == ((), ())
    verdict = on_create(with_acme(externalAccountBinding=EAB | {"keyAlgorithm": "HS256"}))
    assert verdict.allowed
    assert "spec.acme.externalAccountBinding.keyAlgorithm: is deprecated" in verdict.warnings[0]


@pytest.mark.parametrize(
    "bundle",
    [
        certificate(),
        certificate() * 3,
        b"Subject: CN=test CA\n" + certificate() + b"# the end \xff",
        certificate().replace(b"\n", b"\r\n"),
        b"",
        b" \n",
    ],
)
def test_a_bundle_of_certificates_passes(bundle: bytes) -> None:
    assert trusting(bundle) == ((), ())


@pytest.mark.parametrize(
    ("bundle", "text"),
    [
        (b"hello", "holds no certificate"),
        (private_key(), "holds no certificate"),
        (certificate() + BROKEN, "PEM block 2 of 2"),
        (certificate() + NOT_BASE64 + certificate(), "PEM block 2 of 3"),
        (private_key() + BROKEN, "PEM block 2 of 2"),
        (certificate() + NOT_BASE64.replace(b"CERTIFICATE", b"X509 CRL"), "a PEM block"),
        (certificate()[:200], "PEM block 1 of 1"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_refused(bundle: bytes, text: str) -> None:
    verdict = trusting(bundle)
    assert paths(verdict) == ["spec.acme.caBundle"]
    assert text in verdict.faults[0].text


def test_a_private_key_in_a_bundle_is_a_warning() -> None:
    verdict = trusting(certificate() + private_key())
    assert verdict.allowed
    (warning,) = verdict.warnings
    assert "spec.acme.caBundle: holds a block" in warning
    assert "can read that key" in warning


def test_another_block_in_a_bundle_is_a_warning() -> None:
    parameters = b"-----BEGIN EC PARAMETERS-----\nMAA=\n-----END EC PARAMETERS-----\n"
    (warning,) = trusting(certificate() + parameters).warnings
    assert "which is not used" in warning


def test_an_unverified_ca_is_a_warning_and_excludes_a_bundle() -> None:
    alone = on_create(with_acme(skipTLSVerify=True))
    assert alone.allowed
    assert alone.warnings[0].startswith("spec.acme.skipTLSVerify: the CA is not verified")
    assert paths(trusting(certificate(), skipTLSVerify=True)) == ["spec.acme.skipTLSVerify"]
    assert trusting(b"\n", skipTLSVerify=True).allowed
    assert trusting(certificate(), skipTLSVerify=False) == ((), ())


def test_no_solvers_are_legal_and_odd_addresses_a_warning() -> None:
    assert on_create(with_acme(solvers=[], email="ops@example.com")) == ((), ())
    assert on_create(with_acme(email="ops")).warnings == (
        'spec.acme.email: "ops" is not an e-mail address',
    )
