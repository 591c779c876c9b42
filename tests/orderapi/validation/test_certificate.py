"""All faults of a spec together."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderapi.certificate import (
    Certificate,
    CertificateSpec,
    OtherName,
    OutputFormat,
    PrivateKey,
    Renewal,
    SecretTemplate,
)
from orderapi.crds import definitions
from orderapi.references import IssuerRef
from orderapi.validation.certificate import faults_of, oversights_of
from orderapi.validation.fault import quoted
from tests.orderapi import maximal
from tests.orderapi.validation.build import a_spec


def schema() -> dict[str, Any]:
    (found,) = (each for each in definitions() if each["spec"]["names"]["kind"] == "Certificate")
    version = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    spec: dict[str, Any] = version["properties"]["spec"]
    return spec


def test_a_usual_spec_has_none() -> None:
    assert faults_of(a_spec()) == ()
    assert oversights_of(a_spec()) == ()


def test_all_parts_are_looked_at_and_told_at_once() -> None:
    spec = CertificateSpec(
        secret_name="A",
        issuer_ref=IssuerRef(name=""),
        revision_history_limit=0,
        secret_template=SecretTemplate(labels={"": ""}, annotations={"cert-manager.io/a": ""}),
        private_key=PrivateKey(size=1),
        signature_algorithm="PureEd25519",
        common_name="x" * 65,
        dns_names=("a*", "a b"),
        usages=("x",),
        duration="1s",
        renew_before="2160h",
        renewal=Renewal(),
        additional_output_formats=(OutputFormat(type="DER"), OutputFormat(type="DER")),
    )
    assert [fault.path for fault in faults_of(spec)] == [
        "spec.secretName",
        "spec.issuerRef.name",
        "spec.secretTemplate.labels",
        "spec.revisionHistoryLimit",
        "spec.privateKey.size",
        "spec.commonName",
        "spec.dnsNames[1]",
        "spec.usages[0]",
        "spec.signatureAlgorithm",
        "spec.duration",
        "spec.renewBefore",
    ]
    assert [fault.path for fault in oversights_of(spec)] == [
        "spec.dnsNames[0]",
        "spec.renewal.policy",
        "spec.secretTemplate.annotations",
        "spec.additionalOutputFormats[1].type",
    ]


def test_a_certificate_without_a_spec() -> None:
    paths = [fault.path for fault in faults_of(Certificate().spec)]
    assert paths == ["spec.secretName", "spec.issuerRef.name", "spec"]


def test_every_field_with_some_text() -> None:
    """The sample that has all fields is refused for texts that mean something, and only there."""
    spec = msgspec.convert(maximal.value(schema(), "spec"), CertificateSpec)
    assert [fault.path for fault in (*faults_of(spec), *oversights_of(spec))] == [
        "spec.secretName",
        "spec.secretTemplate.labels",
        "spec.commonName",
        "spec.subject",
        "spec.literalSubject",
        "spec.dnsNames[0]",
        "spec.ipAddresses[0]",
        "spec.uris[0]",
        "spec.emailAddresses[0]",
        "spec.otherNames[0].oid",
        "spec.nameConstraints.permitted.ipRanges[0]",
        "spec.nameConstraints.excluded.ipRanges[0]",
        "spec.duration",
        "spec.renewBefore",
        "spec.renewBeforePercentage",
        "spec.renewal.windows",
        "spec.keystores.jks",
        "spec.keystores.pkcs12",
    ]


def texts() -> st.SearchStrategy[str]:
    likely = ["", "a", "*.a", "CN=a", "1h", "2.5.4.3", "10.0.0.0/8", "a@b.c", "\ud800", "* * * * *"]
    anything = st.text(st.characters(), max_size=12)
    return st.sampled_from(likely) | anything | st.text("(),.=\\#+*@:%/\"'0", max_size=12)


def values(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any JSON of the schema's types; what else the schema says is not minded."""
    match part["type"]:
        case "object" if "properties" in part:
            required = {name: values(part["properties"][name]) for name in part.get("required", ())}
            every = {name: values(each) for name, each in part["properties"].items()}
            optional = {name: each for name, each in every.items() if name not in required}
            return st.fixed_dictionaries(required, optional=optional)
        case "object":
            return st.dictionaries(texts(), values(part["additionalProperties"]), max_size=3)
        case "array":
            return st.lists(values(part["items"]), max_size=3)
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 101)
        case _:
            return texts() | st.sampled_from(part.get("enum", ["a"]))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values(schema()))
def test_any_spec_is_judged(spec: dict[str, Any]) -> None:
    read = msgspec.convert(spec, CertificateSpec)
    for fault in (*faults_of(read), *oversights_of(read)):
        assert fault.path.startswith("spec")
        assert fault.text
        assert str(fault).isprintable()


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "fields",
    [
        {"dns_names": ("a.b." * 60,) * 5_000},
        {"common_name": "ü" * MEGABYTE},
        {"literal_subject": "CN=a," * 200_000 + "CN=b"},
        {"literal_subject": "CN=" + "\\C3\\A4" * 150_000},
        {"literal_subject": "CN=#" + "0c" * 500_000},
        {"email_addresses": ("(" * MEGABYTE + "@a", '"' * MEGABYTE + "@a", "a." * 500_000 + "@")},
        {"ip_addresses": (":" * MEGABYTE, "1." * 500_000)},
        {"uris": ("a:" + "/" * MEGABYTE,)},
        {"other_names": (OtherName(oid="1." * 500_000),)},
        {"duration": "1s" * 500_000, "renew_before": "9" * MEGABYTE + "s"},
        {"additional_output_formats": (OutputFormat(type="DER"),) * 50_000},
        {"usages": ("x",) * 100_000},
        {"secret_name": "a-" * 500_000},
        {"secret_template": SecretTemplate(labels={"a." * 500_000: "b." * 500_000})},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_a_megabyte_of_anything_is_judged_soon(fields: dict[str, Any]) -> None:
    start = time.process_time()
    spec = a_spec(**fields)
    faults = (*faults_of(spec), *oversights_of(spec))
    assert time.process_time() - start < 2
    assert all(len(str(fault)) < 400 for fault in faults)


def test_foreign_text_is_told_on_one_line() -> None:
    assert quoted('a"b\n\x1b[1m') == '"a\\"b\\n\\u001b[1m"'
    assert quoted("ü" * 101) == '"' + "ü" * 100 + '…"'
