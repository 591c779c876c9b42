"""What of a Gateway asks for Certificates."""

import pytest

from controller.gatewayapi import Gateway, Listener, SecretRef
from controller.settings import Settings
from controller.shims.gateway import GATEWAYS
from controller.shims.wishes import Unasked, read
from orderapi import names
from tests.controller.shims.build import (
    a_gateway,
    a_listener,
    meta,
    wishes,
)

TLS_ACME = "kubernetes.io/tls-acme"
DEFAULTED = Settings(default_issuer_name="usual", default_issuer_kind="ClusterIssuer")


def test_a_gateway_does_not_ask_by_an_automatic_annotation() -> None:
    gateway = Gateway(metadata=meta({TLS_ACME: "true"}), spec=a_gateway().spec)
    assert read(GATEWAYS, gateway, DEFAULTED) == Unasked()


def test_the_certificate_of_a_gateway() -> None:
    gateway = a_gateway(
        a_listener("a", "a.example"),
        a_listener("http", "c.example", protocol="HTTP"),
        a_listener("b", "*.b.example", SecretRef(name="web-tls", group="", kind="Secret")),
        a_listener("t", "t.example", SecretRef(name="t-tls", namespace="shop"), protocol="TLS"),
        a_listener("p", "p.example", protocol="TLS", mode="Passthrough"),
        a_listener("i", "i.example"),
        a_listener("a2", "a.example", SecretRef(name="web-tls", group="core"), mode="Terminate"),
        also={names.IGNORE_TLS_LISTENERS: "x, i", names.HTTP01_INGRESS_CLASS: "nginx"},
    )
    found = wishes(gateway, kind=GATEWAYS)
    assert found.faults == ()
    assert {wish.metadata.name: wish.spec.dns_names for wish in found.certificates} == {
        "web-tls": ("a.example", "*.b.example"),
        "t-tls": ("t.example",),
    }
    wish = found.certificates[0]
    assert wish.metadata.annotations == {
        names.HTTP01_PARENT_REF_KIND: "Gateway",
        names.HTTP01_PARENT_REF_NAME: "web",
        names.HTTP01_OVERRIDE_INGRESS_CLASS: "nginx",
    }
    assert wish.metadata.owner_references[0].kind == "Gateway"
    assert wish.metadata.owner_references[0].api_version == "gateway.networking.k8s.io/v1"


def test_an_empty_class_is_none() -> None:
    gateway = a_gateway(also={names.HTTP01_INGRESS_CLASS: "", names.HTTP01_INGRESS_CLASS_NAME: ""})
    (wish,) = wishes(gateway, kind=GATEWAYS).certificates
    assert set(wish.metadata.annotations) == {
        names.HTTP01_PARENT_REF_KIND,
        names.HTTP01_PARENT_REF_NAME,
    }


@pytest.mark.parametrize(
    ("listener", "told"),
    [
        (a_listener("l", None), "has no hostname"),
        (a_listener("l", ""), "has no hostname"),
        (a_listener("l", mode="Both"), 'has tls.mode "Both", which is not Terminate'),
        (
            Listener(name="l", hostname="a.example", protocol="HTTPS"),
            "has no tls.certificateRefs",
        ),
        (
            a_listener("l", "a.example", SecretRef(name="x", kind="ConfigMap")),
            'has tls.certificateRefs[0] of kind "ConfigMap", which is not Secret',
        ),
        (
            a_listener("l", "a.example", SecretRef(name="x", group="g.example")),
            'has tls.certificateRefs[0] of kind "Secret.g.example", which is not Secret',
        ),
        (
            a_listener("l", "a.example", SecretRef(name="a"), SecretRef(name="x", namespace="n")),
            'has tls.certificateRefs[1] in namespace "n", which is not its own',
        ),
        (a_listener("l", "a.example", SecretRef()), "has tls.certificateRefs[0] without a name"),
    ],
    ids=["no hostname", "blank", "mode", "no Secret", "kind", "group", "namespace", "nameless"],
)
def test_a_listener_is_skipped(listener: Listener, told: str) -> None:
    found = wishes(a_gateway(listener, a_listener()), kind=GATEWAYS)
    assert [wish.metadata.name for wish in found.certificates] == ["web-tls"]
    assert found.faults == (f'Skipped a listener block: spec.listeners[0] ("l") {told}',)
