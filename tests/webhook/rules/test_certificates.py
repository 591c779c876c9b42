"""Certificates: a fault of each kind with its path, and what updates tell of."""

from pathlib import Path

import msgspec
import pytest
import yaml

from tests.webhook.rules.build import (
    CONTROLLERS,
    NAMESPACE,
    Json,
    changed,
    create,
    paths,
    settle,
    update,
)
from tests.webhook.rules.certificate_judging import WINDOW, certificate, created, updated
from webhook.questions import Claims
from webhook.request import Unreadable
from webhook.rules.certificates import judge
from webhook.verdict import Verdict

EXAMPLES = Path(__file__).parents[3] / "examples"
UPN = "1.3.6.1.4.1.311.20.2.3"
REF = {"name": "passwords", "key": "jks"}

# One of each validator: tests/orderapi/validation has the others.
REFUSED = [
    pytest.param({"secretName": ""}, ["spec.secretName"], id="no secretName"),
    pytest.param({"issuerRef": {"name": ""}}, ["spec.issuerRef.name"], id="issuer's name"),
    pytest.param(
        {"issuerRef": {"name": "a", "kind": "Foo"}}, ["spec.issuerRef.kind"], id="issuer's kind"
    ),
    pytest.param({"commonName": "a" * 65}, ["spec.commonName"], id="commonName"),
    pytest.param(
        {"literalSubject": "CN=a", "commonName": "a", "subject": {"organizations": ["b"]}},
        ["spec.commonName", "spec.subject"],
        id="literalSubject and others",
    ),
    pytest.param({"literalSubject": "a"}, ["spec.literalSubject"], id="literalSubject"),
    pytest.param({"dnsNames": ...}, ["spec"], id="no names"),
    pytest.param(
        {"dnsNames": [], "literalSubject": "O=a"}, ["spec"], id="literalSubject without CN"
    ),
    pytest.param({"ipAddresses": ["::1", "1.2.3"]}, ["spec.ipAddresses[1]"], id="address"),
    pytest.param({"emailAddresses": ["A <a@b.c>"]}, ["spec.emailAddresses[0]"], id="e-mail"),
    pytest.param(
        {"otherNames": [{}, {"oid": "x", "utf8Value": "a"}, {"oid": UPN}]},
        [
            "spec.otherNames[0].oid",
            "spec.otherNames[0].utf8Value",
            "spec.otherNames[1].oid",
            "spec.otherNames[2].utf8Value",
        ],
        id="other names",
    ),
    pytest.param({"uris": ["example.com"]}, ["spec.uris[0]"], id="URI"),
    pytest.param({"dnsNames": ["a b", "ü.a", "a."]}, [f"spec.dnsNames[{i}]" for i in range(3)]),
    pytest.param({"dnsNames": ["a*.example"]}, ["spec.dnsNames[0]"], id="a star in a label"),
    pytest.param({"privateKey": {"size": 1024}}, ["spec.privateKey.size"], id="RSA size"),
    pytest.param(
        {"privateKey": {"algorithm": "DSA"}}, ["spec.privateKey.algorithm"], id="algorithm"
    ),
    pytest.param(
        {"signatureAlgorithm": "PureEd25519"}, ["spec.signatureAlgorithm"], id="signature"
    ),
    pytest.param({"duration": "59m"}, ["spec.duration"], id="duration"),
    pytest.param({"renewBefore": "4m"}, ["spec.renewBefore"], id="renewBefore too short"),
    pytest.param({"renewBefore": "2160h"}, ["spec.renewBefore"], id="renewBefore of the default"),
    pytest.param(
        {"renewBefore": "1h", "renewBeforePercentage": 5},
        ["spec.renewBeforePercentage"],
        id="both",
    ),
    pytest.param(
        {"duration": "1h", "renewBeforePercentage": 100},
        ["spec.renewBeforePercentage"],
        id="percentage",
    ),
    pytest.param({"usages": ["signing", "x"]}, ["spec.usages[1]"], id="usage"),
    pytest.param({"revisionHistoryLimit": 0}, ["spec.revisionHistoryLimit"], id="history"),
    pytest.param(
        {"secretTemplate": {"labels": {"a": "b c"}, "annotations": {"-": ""}}},
        ["spec.secretTemplate.labels", "spec.secretTemplate.annotations"],
        id="secretTemplate",
    ),
    pytest.param(
        {"secretTemplate": {"annotations": {"cert-manager.io/x": ""}}},
        ["spec.secretTemplate.annotations"],
        id="reserved annotation",
    ),
    pytest.param(
        {"nameConstraints": {"permitted": {"dnsDomains": ["a"]}}},
        ["spec.nameConstraints"],
        id="constraints without CA",
    ),
    pytest.param(
        {"additionalOutputFormats": [{"type": "DER"}, {"type": "DER"}]},
        ["spec.additionalOutputFormats[1].type"],
        id="format twice",
    ),
    pytest.param(
        {"keystores": {"jks": {"create": True, "password": "x", "passwordSecretRef": REF}}},
        ["spec.keystores.jks"],
        id="two passwords",
    ),
    pytest.param(
        {"keystores": {"jks": {"create": False}, "pkcs12": {"create": True}}},
        ["spec.keystores.pkcs12", "spec.keystores.jks"],
        id="no password",
    ),
    pytest.param(
        {"keystores": {"pkcs12": {"create": False, "password": ""}}},
        ["spec.keystores.pkcs12.password"],
        id="empty password",
    ),
    pytest.param({"renewal": {}}, ["spec.renewal.policy"], id="no policy"),
    pytest.param(
        {"renewal": {"policy": "Disabled", "windows": [WINDOW]}},
        ["spec.renewal.windows"],
        id="windows of a disabled renewal",
    ),
    pytest.param(
        {
            "renewal": {
                "policy": "RenewBefore",
                "windows": [
                    WINDOW,
                    WINDOW | {"windowDuration": "0s"},
                    WINDOW | {"timezone": "Mars/Olympus"},
                    WINDOW | {"cron": "61 * * * *"},
                    WINDOW | {"cron": "* * * *"},
                ],
            }
        },
        [
            "spec.renewal.windows[1].windowDuration",
            "spec.renewal.windows[2].timezone",
            "spec.renewal.windows[3].cron",
            "spec.renewal.windows[4].cron",
        ],
        id="windows",
    ),
]


@pytest.mark.parametrize(("fields", "wanted"), REFUSED)
def test_refused(fields: Json, wanted: list[str]) -> None:
    obj = certificate(**fields)
    assert paths(created(obj)) == wanted
    # A change towards it is refused as well, and one that leaves it as it is passes.
    assert paths(updated(certificate(), obj)) == wanted
    assert updated(obj, changed(obj, "spec.encodeUsagesInRequest", False)).allowed


def test_all_faults_are_told_at_once() -> None:
    obj = certificate(secretName="", dnsNames=["a b", "a*"], duration="1s", renewal={})
    assert paths(created(obj)) == [
        "spec.secretName",
        "spec.dnsNames[0]",
        "spec.duration",
        "spec.dnsNames[1]",
        "spec.renewal.policy",
    ]


def test_a_certificate_without_a_spec_is_refused() -> None:
    obj = {name: part for name, part in certificate().items() if name != "spec"}
    assert paths(created(obj)) == ["spec.secretName", "spec.issuerRef.name", "spec"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="names alone"),
        pytest.param({"dnsNames": ["*.example.com", "_a.example"]}, id="wildcard"),
        pytest.param({"dnsNames": ..., "commonName": "a"}, id="commonName alone"),
        pytest.param({"dnsNames": ..., "literalSubject": "CN=a,O=b"}, id="literalSubject alone"),
        pytest.param({"dnsNames": ..., "uris": ["spiffe://a/b"]}, id="URI alone"),
        pytest.param({"literalSubject": "O=a"}, id="literalSubject without CN, and a name"),
        pytest.param({"issuerRef": {"name": "a", "kind": "Foo", "group": "b.c"}}, id="other group"),
        pytest.param({"privateKey": {"algorithm": "Ed25519", "size": 7}}, id="Ed25519"),
        pytest.param({"privateKey": {"rotationPolicy": "Never"}}, id="a key that stays"),
        pytest.param({"duration": "1h", "renewBefore": "5m"}, id="shortest"),
        pytest.param({"renewBefore": "2159h"}, id="all but an hour of the default"),
        pytest.param({"duration": "2160h", "renewBeforePercentage": 99}, id="99 per cent"),
        pytest.param({"isCA": True, "usages": ["cert sign", "crl sign"]}, id="CA"),
        pytest.param(
            {"secretTemplate": {"annotations": {"cert-manager.io/allow-direct-injection": "true"}}},
            id="the annotation that may be",
        ),
        pytest.param(
            {"keystores": {"jks": {"create": False, "password": "x"}}}, id="store that is not made"
        ),
        pytest.param({"renewal": {"policy": "RenewBefore", "windows": [WINDOW]}}, id="windows"),
        pytest.param(
            {"dnsNames": [f"a{i}.example" for i in range(99)], "ipAddresses": ["::1"]}, id="100"
        ),
    ],
)
def test_taken_without_a_word(fields: Json) -> None:
    assert created(certificate(**fields)) == Verdict()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_is_taken(path: Path) -> None:
    found = [obj for obj in yaml.safe_load_all(path.read_text()) if obj["kind"] == "Certificate"]
    for obj in found:
        request = msgspec.structs.replace(create("Certificate", obj), namespace=NAMESPACE)
        assert settle(judge(request, CONTROLLERS), lambda question: ()) == Verdict()


def test_examples_were_found() -> None:
    assert any("kind: Certificate\n" in path.read_text() for path in EXAMPLES.glob("*.yaml"))


def test_an_update_tells_only_faults_that_are_new() -> None:
    old = certificate(dnsNames=["a b"], duration="1s")
    assert updated(old, changed(old, "spec.duration", "2h")).allowed
    assert paths(updated(old, changed(old, "spec.dnsNames", ["a b", "c d"]))) == [
        "spec.dnsNames[1]"
    ]
    assert paths(updated(old, changed(old, "spec.duration", "2s"))) == ["spec.duration"]


def test_another_spelling_of_the_same_spec_tells_nothing_new() -> None:
    old = certificate(dnsNames=["a b"], duration="1s")
    spelled = changed(old, "spec", dict(reversed(old["spec"].items())))
    assert list(spelled["spec"]) != list(old["spec"])
    assert updated(old, spelled) == Verdict()


@pytest.mark.parametrize("broken", [{}, {"spec": {"secretName": 1}}, {"spec": []}])
def test_metadata_of_any_object_may_change(broken: Json) -> None:
    old = {"metadata": {"name": "web", "namespace": NAMESPACE, "finalizers": ["a/b"]}} | broken
    assert updated(old, changed(old, "metadata.finalizers", ...)) == Verdict()


def test_what_cannot_be_read_can_be_mended_and_not_made() -> None:
    broken = changed(certificate(), "spec.dnsNames", "example.com")
    request = update("Certificate", broken, certificate())
    assert settle(judge(request, CONTROLLERS), {Claims(NAMESPACE, "web-tls"): ()}).allowed
    with pytest.raises(Unreadable, match="dnsNames"):
        created(broken)
