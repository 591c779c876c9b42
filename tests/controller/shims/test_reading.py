"""Who asks for Certificates, for which Secrets, and of which issuer."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from controller.networking import CHALLENGE_PATH, Ingress, IngressTls, keep_ingress
from controller.settings import Settings
from controller.shims.ingress import INGRESSES
from controller.shims.wishes import Unasked, read
from orderapi import names
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef
from tests.controller.shims.build import (
    SETTINGS,
    an_ingress,
    tls,
    unclear,
    wishes,
)

TLS_ACME = "kubernetes.io/tls-acme"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
DEFAULTED = Settings(default_issuer_name="usual", default_issuer_kind="ClusterIssuer")
GONE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("annotations", "settings", "expected"),
    [
        ({names.INGRESS_ISSUER: "a"}, SETTINGS, ("a", "Issuer", "cert-manager.io")),
        ({names.INGRESS_ISSUER: "a"}, DEFAULTED, ("a", "Issuer", "cert-manager.io")),
        ({names.INGRESS_CLUSTER_ISSUER: "a"}, SETTINGS, ("a", "ClusterIssuer", "cert-manager.io")),
        (
            {names.INGRESS_ISSUER: "a", names.ISSUER_KIND: "K", names.ISSUER_GROUP: "g.example"},
            SETTINGS,
            ("a", "K", "g.example"),
        ),
        ({TLS_ACME: "true"}, DEFAULTED, ("usual", "ClusterIssuer", "cert-manager.io")),
        (
            {"mine.example/tls": "1"},
            Settings(
                auto_certificate_annotations=("mine.example/tls",),
                default_issuer_name="usual",
                default_issuer_group="g.example",
            ),
            ("usual", "Issuer", "g.example"),
        ),
    ],
    ids=["issuer", "not the default", "cluster issuer", "of another group", "automatic", "flags"],
)
def test_the_issuer(
    annotations: dict[str, str], settings: Settings, expected: tuple[str, str, str]
) -> None:
    (wish,) = wishes(an_ingress(annotations=annotations), settings).certificates
    name, kind, group = expected
    assert wish.spec.issuer_ref == IssuerRef(name=name, kind=kind, group=group)


@pytest.mark.parametrize(
    ("annotations", "told"),
    [
        (
            {names.INGRESS_ISSUER: "a", names.INGRESS_CLUSTER_ISSUER: "b"},
            f'{names.INGRESS_CLUSTER_ISSUER} ("b") and {names.INGRESS_ISSUER} ("a") exclude',
        ),
        (
            {names.INGRESS_CLUSTER_ISSUER: "a", names.ISSUER_KIND: "Issuer"},
            f'and {names.ISSUER_KIND} ("Issuer") exclude',
        ),
        (
            {names.INGRESS_CLUSTER_ISSUER: "a", names.ISSUER_GROUP: "g.example"},
            f'and {names.ISSUER_GROUP} ("g.example") exclude',
        ),
        ({names.INGRESS_ISSUER: ""}, f'{names.INGRESS_ISSUER}: "" names no issuer'),
        ({TLS_ACME: "true"}, "--default-issuer-name"),
    ],
    ids=["both", "kind", "group", "empty", "no default"],
)
def test_an_issuer_that_cannot_be_told(annotations: dict[str, str], told: str) -> None:
    (fault,) = unclear(an_ingress(annotations=annotations)).faults
    assert fault.startswith("Could not determine issuer for ingress due to bad annotations: ")
    assert told in fault


@pytest.mark.parametrize(
    "source",
    [
        an_ingress(annotations={}),
        an_ingress(annotations={TLS_ACME: "false"}),
        an_ingress(annotations={TLS_ACME: "yes"}),
        an_ingress(deletion_timestamp=GONE),
        an_ingress(finalizers=("foregroundDeletion",)),
    ],
    ids=["no annotation", "false", "not a boolean", "going", "going with what it owns"],
)
def test_who_asks_for_nothing(source: Ingress) -> None:
    assert read(INGRESSES, source, DEFAULTED) == Unasked()


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (IngressTls(secret_name="b"), "spec.tls[1].hosts names no host"),
        (IngressTls(secret_name="b", hosts=(" ", "")), "spec.tls[1].hosts names no host"),
        (IngressTls(hosts=("a.example",)), "spec.tls[1].secretName is empty"),
        (IngressTls(), "spec.tls[1].hosts names no host and spec.tls[1].secretName is empty"),
    ],
    ids=["no hosts", "blank hosts", "no Secret", "nothing"],
)
def test_a_tls_block_is_skipped(block: IngressTls, told: str) -> None:
    found = wishes(an_ingress(tls(), block))
    assert [wish.metadata.name for wish in found.certificates] == ["web-tls"]
    assert found.faults == (f"Skipped a TLS block: {told}",)
    assert found.referenced == {"web-tls"} | ({"b"} if block.secret_name else set())


def test_one_secret_in_two_blocks_is_nothing_at_all() -> None:
    ingress = an_ingress(tls("a", "a.example"), tls("b", "b.example"), tls("a", "c.example"))
    (fault,) = unclear(ingress).faults
    assert fault.startswith('spec.tls[2].secretName: "a" is the Secret of spec.tls[0] too.')


def test_addresses_are_told_from_names() -> None:
    hosts = (
        "a.example",
        "10.0.0.1",
        "*.a.example",
        "a.example",
        "2001:db8::1",
        "1.2.3",
        "10.0.0.1",
    )
    (wish,) = wishes(an_ingress(tls("web-tls", *hosts, "fe80::1%eth0"))).certificates
    # What is neither is the Certificate's to complain about.
    assert wish.spec.dns_names == ("a.example", "*.a.example", "1.2.3", "fe80::1%eth0")
    assert wish.spec.ip_addresses == ("10.0.0.1", "2001:db8::1")


def test_an_address_in_two_spellings_is_one() -> None:
    ingress = an_ingress(
        tls("web-tls", "2001:db8:0::1", "2001:DB8::1"), also={names.IP_SANS: "2001:db8::1,::1"}
    )
    (wish,) = wishes(ingress).certificates
    assert wish.spec.ip_addresses == ("2001:db8:0::1", "::1")


def test_annotated_names_come_after_hosts() -> None:
    also = {names.ALT_NAMES: "b.example,web.example.com", names.IP_SANS: "10.0.0.1"}
    (wish,) = wishes(an_ingress(also=also)).certificates
    assert wish.spec.dns_names == ("web.example.com", "b.example")
    assert wish.spec.ip_addresses == ("10.0.0.1",)


def test_the_certificate_of_an_ingress() -> None:
    also = {
        names.DURATION: "24h",
        "extra.example/a": "x",
        "extra.example/b": "y",
        "argocd.argoproj.io/tracking-id": "shop",
    }
    labels = {"team": "web", "app.kubernetes.io/instance": "shop", "argocd.argoproj.io/x": "y"}
    settings = Settings(
        extra_certificate_annotations=(
            "extra.example/a",
            "missing.example/c",
            "argocd.argoproj.io/tracking-id",
        )
    )
    (wish,) = wishes(an_ingress(also=also, labels=labels), settings).certificates
    assert (wish.metadata.name, wish.metadata.namespace) == ("web-tls", "shop")
    assert wish.metadata.labels == {"team": "web"}
    assert wish.metadata.annotations == {"extra.example/a": "x"}
    (owner,) = wish.metadata.owner_references
    assert (owner.api_version, owner.kind, owner.name, owner.uid, owner.controller) == (
        "networking.k8s.io/v1",
        "Ingress",
        "web",
        "web-uid",
        True,
    )
    assert wish.spec.secret_name == "web-tls"
    assert wish.spec.duration == "24h0m0s"
    assert wish.spec.usages == ("digital signature", "key encipherment")


@pytest.mark.parametrize(
    ("also", "expected"),
    [
        (
            {names.HTTP01_EDIT_IN_PLACE: "true"},
            {
                names.HTTP01_OVERRIDE_INGRESS_NAME: "web",
                names.ISSUE_TEMPORARY_CERTIFICATE: "true",
            },
        ),
        ({names.HTTP01_EDIT_IN_PLACE: "false"}, {}),
        ({names.HTTP01_INGRESS_CLASS: "nginx"}, {names.HTTP01_OVERRIDE_INGRESS_CLASS: "nginx"}),
        (
            {names.HTTP01_INGRESS_CLASS_NAME: "nginx"},
            {names.HTTP01_OVERRIDE_INGRESS_CLASS_NAME: "nginx"},
        ),
        (
            {names.HTTP01_INGRESS_CLASS: "", names.HTTP01_INGRESS_CLASS_NAME: "nginx"},
            {names.HTTP01_OVERRIDE_INGRESS_CLASS_NAME: "nginx"},
        ),
        ({names.HTTP01_INGRESS_CLASS_NAME: ""}, {}),
    ],
    ids=["in place", "not in place", "class", "class name", "empty class", "empty class name"],
)
def test_how_challenges_are_routed(also: dict[str, str], expected: dict[str, str]) -> None:
    (wish,) = wishes(an_ingress(also=also)).certificates
    assert wish.metadata.annotations == expected


def test_every_fault_is_told_at_once() -> None:
    ingress = an_ingress(
        IngressTls(),
        annotations={names.INGRESS_ISSUER: "", names.DURATION: "x", names.USAGES: "y"},
    )
    told = unclear(ingress).faults
    assert len(told) == 4
    assert f'Bad annotation {names.USAGES}: "y"' in told[2]
    assert "stay as they are" in told[2]
    assert told[3].startswith("Skipped a TLS block")


@pytest.mark.parametrize(
    ("annotations", "labels", "kept"),
    [
        ({"mine.example/tls": "true"}, {}, True),
        ({names.INGRESS_ISSUER: "a"}, {}, True),
        ({names.HTTP01_EDIT_IN_PLACE: "true"}, {}, True),
        ({}, {names.HTTP01_SOLVER: "true"}, True),
        ({TLS_ACME: "true"}, {}, False),
        ({"mine.example/tls-other": "true"}, {}, False),
    ],
    ids=["automatic", "issuer", "acme", "solver", "not automatic here", "another"],
)
def test_what_a_cache_keeps_of_an_ingress(
    annotations: dict[str, str], labels: dict[str, str], kept: bool
) -> None:
    ingress = an_ingress(annotations=annotations, labels=labels)
    slim: Any = keep_ingress(ingress, asking=("mine.example/tls",))
    assert (slim == ingress) is kept
    if not kept:
        assert slim == Ingress(
            metadata=ObjectMeta(name="web", namespace="shop", uid="web-uid", resource_version="7")
        )


def test_a_cache_keeps_the_usual_automatic_annotation() -> None:
    ingress = an_ingress(annotations={TLS_ACME: "true"})
    assert keep_ingress(ingress) == ingress


def a_rule(path: str) -> dict[str, Any]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend}]
    return {"host": "web.example.com", "http": {"paths": paths}}


def ruled(path: str, **parts: Any) -> Ingress:
    """Applied by kubectl, asking for a Certificate, with a rule for the path."""
    bare = an_ingress(also={APPLIED: "{}", "mine.example/a": "b"}, **parts)
    spec = msgspec.structs.replace(bare.spec, rules=(a_rule("/shop"), a_rule(path)))
    return msgspec.structs.replace(bare, spec=spec)


def test_a_cache_keeps_no_rules_of_an_ingress_that_only_asks() -> None:
    kept = keep_ingress(ruled("/"))
    assert kept == an_ingress(also={"mine.example/a": "b"})
    assert read(INGRESSES, kept, SETTINGS) == read(INGRESSES, ruled("/"), SETTINGS)


@pytest.mark.parametrize(
    "leading",
    [ruled(f"{CHALLENGE_PATH}token"), ruled("/", labels={names.HTTP01_SOLVER: "true"})],
    ids=["path", "label"],
)
def test_a_cache_keeps_the_rules_that_lead_to_answers(leading: Ingress) -> None:
    assert keep_ingress(leading) == leading
    assert len(leading.spec.rules) == 2
