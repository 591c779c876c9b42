"""CertificateRequests: what a new one must be."""

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from orderapi.usages import USAGES
from tests.webhook import der
from tests.webhook.csr_build import key_usage
from tests.webhook.rules.build import (
    ADMIN,
    CONTROLLER,
    TENANT,
    Json,
    certificate_request,
    changed,
    create,
    signing_request,
)
from tests.webhook.rules.request_judging import faults
from webhook.request import Unreadable, User
from webhook.verdict import Fault


def made(path: str = "", value: Any = None, *, user: User = TENANT) -> tuple[Fault, ...]:
    request = changed(certificate_request(), "status", ...)
    request = changed(request, path, value) if path else request
    return faults(create("CertificateRequest", request, user))


def asking(*extensions: x509.ExtensionType, **spec: Any) -> tuple[Fault, ...]:
    """The faults of a request whose signing request has these extensions."""
    request = certificate_request(signing_request("example.com", extensions=extensions))
    for name, value in spec.items():
        request = changed(request, f"spec.{name}", value)
    return faults(create("CertificateRequest", request))


SERVER_AND_CLIENT = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
)


class TestNew:
    @pytest.mark.parametrize("user", [ADMIN, TENANT, CONTROLLER])
    def test_anybody_may_ask(self, user: User) -> None:
        assert made(user=user) == ()

    @pytest.mark.parametrize("name", ["", ...])
    def test_no_issuer(self, name: object) -> None:
        if name == "":
            (fault,) = made("spec.issuerRef.name", name)
            assert (fault.path, fault.rule) == ("spec.issuerRef.name", "validation")
        else:
            with pytest.raises(Unreadable, match="name"):
                made("spec.issuerRef.name", name)

    def test_no_spec(self) -> None:
        assert [fault.path for fault in made("spec", ...)] == [
            "spec.issuerRef.name",
            "spec.request",
        ]

    def test_a_kind_without_its_group(self) -> None:
        (fault,) = made("spec.issuerRef", {"name": "ca", "kind": "Widget"})
        assert fault.path == "spec.issuerRef.kind"
        assert '"Widget"' in fault.text
        assert "spec.issuerRef.group" in fault.text

    def test_a_kind_that_this_group_has_not(self) -> None:
        ref = {"name": "ca", "kind": "Widget", "group": "cert-manager.io"}
        (fault,) = made("spec.issuerRef", ref)
        assert fault.path == "spec.issuerRef.kind"
        assert "set spec.issuerRef.group" not in fault.text

    @pytest.mark.parametrize(
        "ref",
        [
            {"name": "ca"},
            {"name": "ca", "kind": "Issuer", "group": "cert-manager.io"},
            {"name": "ca", "kind": "ClusterIssuer"},
            {"name": "ca", "kind": "Widget", "group": "example.com"},
        ],
    )
    def test_issuers(self, ref: Json) -> None:
        assert made("spec.issuerRef", ref) == ()

    def test_an_empty_signing_request(self) -> None:
        (fault,) = made("spec.request", "")
        assert (fault.path, fault.rule) == ("spec.request", "validation")
        assert "empty" in fault.text

    def test_a_signing_request_that_is_none(self) -> None:
        (fault,) = made("spec.request", base64.b64encode(b"hello").decode())
        assert fault.path == "spec.request"
        assert "PEM or DER" in fault.text

    def test_a_signing_request_with_too_large_a_key(self) -> None:
        (fault,) = made("spec.request", base64.b64encode(der.rsa_request(16_384)).decode())
        assert (fault.path, fault.rule) == ("spec.request", "validation")
        assert "8192 bits" in fault.text

    def test_text_that_is_not_base64(self) -> None:
        with pytest.raises(Unreadable, match=r"spec\.request"):
            made("spec.request", "?")

    @pytest.mark.parametrize("duration", ["1h", "2160h0m0s", "90s", "", None])
    def test_durations(self, duration: str | None) -> None:
        assert made("spec.duration", duration) == ()

    @pytest.mark.parametrize(
        "duration", ["90d", "1", "0", "0s", "-1h", "1h\n", "9" * 5000 + "h", "1ns" * 30_000]
    )
    def test_what_is_no_duration(self, duration: str) -> None:
        (fault,) = made("spec.duration", duration)
        assert (fault.path, fault.rule) == ("spec.duration", "validation")
        assert len(fault.text) < 200
        assert fault.text.isprintable()

    def test_usages_that_nobody_knows(self) -> None:
        found = made("spec.usages", ["server auth", "world domination", "key agreement", "x\n"])
        assert [fault.path for fault in found] == ["spec.usages[1]", "spec.usages[3]"]
        assert '"world domination"' in found[0].text

    def test_every_usage_that_the_api_knows(self) -> None:
        assert made("spec.usages", list(USAGES)) == ()

    def test_all_faults_at_once(self) -> None:
        spec = {
            "issuerRef": {"name": "", "kind": "Widget"},
            "request": "",
            "duration": "soon",
            "usages": ["all"],
            "username": "somebody",
        }
        assert [fault.path for fault in made("spec", spec)] == [
            "spec.issuerRef.name",
            "spec.issuerRef.kind",
            "spec.duration",
            "spec.usages[0]",
            "spec.request",
            "spec.username",
        ]


class TestContradictions:
    """What the signing request asks for, against what the spec says."""

    def test_it_may_leave_everything_to_the_spec(self) -> None:
        assert asking(isCA=True, usages=["server auth", "key agreement"]) == ()

    def test_a_ca_that_the_spec_knows_nothing_of(self) -> None:
        ca = x509.BasicConstraints(ca=True, path_length=None)
        assert asking(ca, isCA=True) == ()
        for spec in ({}, {"isCA": False}):
            (fault,) = asking(ca, **spec)
            assert (fault.path, fault.rule) == ("spec.isCA", "validation")

    def test_a_leaf_that_the_spec_calls_a_ca(self) -> None:
        leaf = x509.BasicConstraints(ca=False, path_length=None)
        assert asking(leaf) == ()
        (fault,) = asking(leaf, isCA=True)
        assert fault.path == "spec.isCA"

    def test_the_usages_by_default(self) -> None:
        default = key_usage(digital_signature=True, key_encipherment=True)
        assert asking(default) == ()
        (fault,) = asking(key_usage(digital_signature=True))
        assert (fault.path, fault.rule) == ("spec.usages", "validation")
        for word in ("KeyUsage", "key encipherment", "digital signature"):
            assert word in fault.text

    def test_a_ca_signs_certificates(self) -> None:
        signing = key_usage(digital_signature=True, key_encipherment=True, key_cert_sign=True)
        assert asking(signing, isCA=True) == ()
        assert len(asking(signing)) == 1

    def test_extended_usages(self) -> None:
        assert asking(SERVER_AND_CLIENT, usages=["client auth", "server auth"]) == ()
        for usages in (["server auth"], ["client auth", "server auth", "any"], []):
            (fault,) = asking(SERVER_AND_CLIENT, usages=usages)
            assert fault.path == "spec.usages"
            assert "ExtendedKeyUsage" in fault.text

    def test_an_extension_is_compared_with_its_own_usages_alone(self) -> None:
        both = ["client auth", "server auth", "key agreement"]
        assert asking(SERVER_AND_CLIENT, usages=both) == ()
        assert asking(key_usage(key_agreement=True), usages=both) == ()
        assert len(asking(key_usage(key_agreement=True), usages=["server auth"])) == 1

    def test_two_names_of_one_usage(self) -> None:
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        sign = key_usage(digital_signature=True)
        for usages in (["signing", "s/mime"], ["digital signature", "email protection"]):
            assert asking(mail, sign, usages=usages) == ()

    def test_a_usage_that_the_api_has_no_name_for(self) -> None:
        strange = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.2.3.4")])
        (fault,) = asking(strange, usages=["server auth"])
        assert "1.2.3.4" in fault.text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec", []),
        ("spec.issuerRef", "x"),
        ("spec.usages", [1]),
        ("metadata", None),
        ("status", {"conditions": "x"}),
        ("status", {"conditions": ["x"]}),
    ],
)
def test_an_object_of_another_shape(path: str, value: Any) -> None:
    with pytest.raises(Unreadable):
        made(path, value)
