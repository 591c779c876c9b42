from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.csr import build_csr, read_csr
from controller.pki.leaf import read_chain
from controller.pki.matching import certificate_mismatch, request_mismatch
from orderapi.certificate import CertificateSpec, OtherName, Subject
from orderapi.certificaterequest import CertificateRequestSpec
from orderapi.references import IssuerRef
from tests.controller.pki.build import Signer, a_key, a_spec, unhurried

KEY = a_key()
SIGNER = Signer()

FULL = a_spec(
    common_name="example.com",
    dns_names=("example.com", "www.example.com"),
    ip_addresses=("192.0.2.1", "2001:db8::1"),
    uris=("urn:a", "urn:b"),
    email_addresses=("a@example.com", "b@example.com"),
    other_names=(OtherName(oid="1.2.3", utf8_value="a"), OtherName(oid="1.2.3", utf8_value="b")),
    subject=Subject(
        organizations=("A", "B"),
        countries=("DE", "FR"),
        organizational_units=("U",),
        localities=("L",),
        provinces=("P",),
        street_addresses=("S",),
        postal_codes=("1",),
        serial_number="7",
    ),
    usages=("digital signature", "server auth"),
    duration="720h",
)


def request_for(spec: CertificateSpec) -> CertificateRequestSpec:
    """The request that the controller makes: the CSR, and four fields as they are."""
    return CertificateRequestSpec(
        request=build_csr(spec, KEY),
        issuer_ref=spec.issuer_ref,
        duration=spec.duration,
        is_ca=spec.is_ca,
        usages=spec.usages,
    )


def mismatch(now: CertificateSpec, then: CertificateSpec) -> tuple[str, ...]:
    request = request_for(then)
    return request_mismatch(now, read_csr(request.request), request)


def changed_subject(**fields: Any) -> dict[str, Any]:
    return {"subject": msgspec.structs.replace(FULL.subject or Subject(), **fields)}


@pytest.mark.parametrize(
    ("fields", "differing"),
    [
        pytest.param({}, (), id="same"),
        pytest.param({"dns_names": ("www.example.com", "example.com")}, (), id="order of names"),
        pytest.param({"dns_names": ("EXAMPLE.com", "www.example.com")}, (), id="case of names"),
        pytest.param({"dns_names": (*FULL.dns_names, "example.com")}, (), id="name twice"),
        pytest.param({"ip_addresses": ("2001:DB8:0::1", "192.0.2.1")}, (), id="spelling of IPs"),
        pytest.param({"usages": ("server auth", "signing")}, (), id="other word for a usage"),
        pytest.param({"duration": "43200m"}, (), id="spelling of the duration"),
        pytest.param(
            {"issuer_ref": IssuerRef(name="ca", kind="Issuer", group="cert-manager.io")},
            (),
            id="issuer defaults spelled out",
        ),
        pytest.param(changed_subject(organizations=("B", "A")), (), id="order in the subject"),
        pytest.param({"is_ca": False}, (), id="default of isCA spelled out"),
        pytest.param({"secret_name": "other", "renew_before": "1h"}, (), id="not in a request"),
        pytest.param({"dns_names": ("example.com",)}, ("spec.dnsNames",), id="name less"),
        pytest.param({"ip_addresses": ("192.0.2.2",)}, ("spec.ipAddresses",), id="addresses"),
        pytest.param({"ip_addresses": ("nonsense",)}, ("spec.ipAddresses",), id="bad address"),
        pytest.param({"uris": ("urn:a",)}, ("spec.uris",), id="URIs"),
        pytest.param({"email_addresses": ()}, ("spec.emailAddresses",), id="e-mail"),
        pytest.param({"other_names": ()}, ("spec.otherNames",), id="other names"),
        pytest.param({"common_name": None}, ("spec.commonName",), id="common name"),
        pytest.param(
            changed_subject(serial_number=None),
            ("spec.subject.serialNumber",),
            id="serial number",
        ),
        pytest.param(
            {"subject": None},
            (
                "spec.subject.serialNumber",
                "spec.subject.countries",
                "spec.subject.organizations",
                "spec.subject.organizationalUnits",
                "spec.subject.localities",
                "spec.subject.provinces",
                "spec.subject.streetAddresses",
                "spec.subject.postalCodes",
            ),
            id="subject",
        ),
        pytest.param({"is_ca": True}, ("spec.isCA",), id="CA"),
        pytest.param({"usages": ()}, ("spec.usages",), id="usages"),
        pytest.param({"duration": "721h"}, ("spec.duration",), id="duration"),
        pytest.param({"duration": None}, ("spec.duration",), id="duration taken away"),
        pytest.param({"duration": "nonsense"}, ("spec.duration",), id="bad duration"),
        pytest.param(
            {"issuer_ref": IssuerRef(name="other")}, ("spec.issuerRef",), id="issuer's name"
        ),
        pytest.param(
            {"issuer_ref": IssuerRef(name="ca", kind="ClusterIssuer")},
            ("spec.issuerRef",),
            id="issuer's kind",
        ),
        pytest.param(
            {"literal_subject": "CN=example.com", "common_name": None, "subject": None},
            ("spec.literalSubject",),
            id="literal subject instead",
        ),
    ],
)
def test_request(fields: dict[str, Any], differing: tuple[str, ...]) -> None:
    assert mismatch(msgspec.structs.replace(FULL, **fields), FULL) == differing


@pytest.mark.parametrize(
    ("text", "differing"),
    [
        pytest.param("CN=a,O=b", (), id="same"),
        pytest.param(" cn = a , 2.5.4.10=b", (), id="other spelling"),
        pytest.param("O=b,CN=a", ("spec.literalSubject",), id="other order"),
        pytest.param("CN=a,O=c", ("spec.literalSubject",), id="other value"),
        pytest.param("nonsense", ("spec.literalSubject",), id="unreadable"),
    ],
)
def test_literal_subject(text: str, differing: tuple[str, ...]) -> None:
    then = a_spec(literal_subject="CN=a,O=b")
    assert mismatch(msgspec.structs.replace(then, literal_subject=text), then) == differing


def test_unset_and_default_are_the_same_request() -> None:
    spelled_out = a_spec(
        duration="2160h",
        usages=("key encipherment", "digital signature"),
        is_ca=False,
        issuer_ref=IssuerRef(name="ca", kind="Issuer"),
    )
    assert mismatch(spelled_out, a_spec()) == mismatch(a_spec(), spelled_out) == ()


_names = st.lists(
    st.from_regex(r"[a-z0-9]{1,8}\.example", fullmatch=True), min_size=1, max_size=4
).map(tuple)
_ips = st.lists(st.ip_addresses().map(str), max_size=3).map(tuple)
_words = st.lists(st.from_regex(r"[A-Za-z]{1,6}", fullmatch=True), max_size=3).map(tuple)
_specs = st.builds(
    a_spec,
    dns_names=_names,
    ip_addresses=_ips,
    common_name=st.none() | st.just("a.example"),
    subject=st.none() | st.builds(Subject, organizations=_words, localities=_words),
    usages=st.lists(
        st.sampled_from(["server auth", "client auth", "digital signature"]), max_size=3
    ).map(tuple),
    duration=st.sampled_from([None, "1h", "2160h", "720h"]),
)


@unhurried
@given(_specs)
def test_a_spec_matches_its_own_request_and_certificate(spec: CertificateSpec) -> None:
    request = request_for(spec)
    assert request_mismatch(spec, read_csr(request.request), request) == ()
    assert certificate_mismatch(spec, read_chain(SIGNER.sign(request.request))) == ()


@unhurried
@given(_specs, _specs)
def test_every_difference_of_names_is_found(now: CertificateSpec, then: CertificateSpec) -> None:
    differing = mismatch(now, then)
    assert ("spec.dnsNames" in differing) == (set(now.dns_names) != set(then.dns_names))
    organizations = [
        set(spec.subject.organizations if spec.subject else ()) for spec in (now, then)
    ]
    assert ("spec.subject.organizations" in differing) == (organizations[0] != organizations[1])
    assert ("spec.commonName" in differing) == (now.common_name != then.common_name)


@pytest.mark.parametrize(
    ("carried", "differing"),
    [
        pytest.param({}, (), id="same"),
        pytest.param(
            {"common_name": None, "dns_names": ("b.example", "a.example")}, (), id="no CN"
        ),
        pytest.param({"common_name": "b.example"}, (), id="CN is another name"),
        pytest.param({"dns_names": ("b.example",)}, (), id="CN not among the names"),
        pytest.param({"dns_names": ("A.example", "B.example")}, (), id="case"),
        pytest.param(
            {"common_name": None, "dns_names": ("b.example",)},
            ("spec.commonName", "spec.dnsNames"),
            id="name missing",
        ),
        pytest.param(
            {"dns_names": ("a.example", "b.example", "c.example")},
            ("spec.dnsNames",),
            id="name too many",
        ),
        pytest.param({"common_name": "c.example"}, ("spec.commonName",), id="CN of its own"),
        pytest.param({"ip_addresses": ()}, ("spec.ipAddresses",), id="address missing"),
        pytest.param({"uris": ("urn:x",)}, ("spec.uris",), id="URI too many"),
        pytest.param(
            {"email_addresses": ("a@b.example",)}, ("spec.emailAddresses",), id="e-mail too many"
        ),
        pytest.param(
            {"subject": Subject(organizations=("X",)), "usages": ("any",)}, (), id="the CA's to say"
        ),
    ],
)
def test_certificate(carried: dict[str, Any], differing: tuple[str, ...]) -> None:
    spec = a_spec(
        common_name="a.example",
        dns_names=("a.example", "b.example"),
        ip_addresses=("192.0.2.1",),
    )
    leaf = read_chain(SIGNER.issue(msgspec.structs.replace(spec, **carried)))
    assert certificate_mismatch(spec, leaf) == differing


def test_certificate_for_an_address_alone_may_lack_the_common_name() -> None:
    spec = a_spec(dns_names=(), ip_addresses=("192.0.2.1",), common_name="192.0.2.1")
    issued = msgspec.structs.replace(spec, common_name=None)
    assert certificate_mismatch(spec, read_chain(SIGNER.issue(issued))) == ()
    assert certificate_mismatch(issued, read_chain(SIGNER.issue(spec))) == ()


def test_common_name_of_a_literal_subject_counts() -> None:
    spec = a_spec(literal_subject="CN=other.example,O=x")
    assert certificate_mismatch(spec, read_chain(SIGNER.issue(spec))) == ()
