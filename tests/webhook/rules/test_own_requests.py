"""What the controller makes of a Certificate, and writes into a request, always passes.

This test alone knows both programs.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from controller.certificates.planning import request_for
from controller.pki.csr import build_csr
from controller.requests.decide import Write, decide
from orderapi.certificate import (
    CertificateSpec,
    NameConstraintItems,
    NameConstraints,
    OtherName,
    Subject,
)
from orderapi.certificaterequest import CertificateRequest, CertificateRequestStatus
from orderapi.conditions import Condition
from orderapi.references import IssuerRef
from orderapi.usages import USAGES
from orderapi.validation.certificate import faults_of
from tests.controller.certificates.build import a_certificate
from tests.controller.certificates.deciding import fresh
from tests.controller.requests.build import a_request, an_order, seen
from tests.webhook.rules.build import CONTROLLER, CONTROLLERS, Json, create, key, settle, update
from webhook.questions import Answer, Question, Served, SignerKind
from webhook.rules.requests import judge
from webhook.verdict import Fault

MAYBE = st.sampled_from([None, False, True])
CONSTRAINTS = NameConstraints(
    critical=True,
    permitted=NameConstraintItems(dns_domains=("example.com",), ip_ranges=("192.0.2.0/24",)),
)
REFS = st.sampled_from(
    [
        IssuerRef(name="acme"),
        IssuerRef(name="acme", kind="ClusterIssuer", group="cert-manager.io"),
        IssuerRef(name="acme", kind="Widget", group="example.com"),
    ]
)
START = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = st.integers(0, 10**9).map(lambda number: START + timedelta(milliseconds=number))


@st.composite
def specs(draw: st.DrawFn) -> CertificateSpec:
    """Specs that the controller would issue for."""
    is_ca = draw(MAYBE)
    usages = draw(st.lists(st.sampled_from(USAGES), unique=True).map(tuple))
    if set(usages) & {"encipher only", "decipher only"}:
        usages = (*usages, "key agreement")
    named: dict[str, Any] = {
        "common_name": "example.com",
        "subject": Subject(organizations=("Shop",), countries=("DE",)),
        "dns_names": ("example.com", "*.example.com"),
        "ip_addresses": ("192.0.2.1", "::ffff:192.0.2.2"),
        "uris": ("spiffe://example.com/shop",),
        "email_addresses": ("shop@example.com",),
        "other_names": (OtherName(oid="1.3.6.1.4.1.311.20.2.3", utf8_value="shop"),),
    }
    kept = draw(st.sets(st.sampled_from(sorted(named)), min_size=1))
    spec = CertificateSpec(
        secret_name="web-tls",
        issuer_ref=draw(REFS),
        duration=draw(st.sampled_from([None, "1h", "2160h0m0s"])),
        is_ca=is_ca,
        usages=usages,
        encode_usages_in_request=draw(MAYBE),
        name_constraints=draw(st.sampled_from([None, CONSTRAINTS])) if is_ca else None,
        **({"dns_names": ("example.com",)} | {name: named[name] for name in kept}),
    )
    assert not faults_of(spec)
    return spec


def plain(obj: CertificateRequest) -> Json:
    decoded: Json = msgspec.json.decode(msgspec.json.encode(obj))
    return decoded


class TestMade:
    @given(specs())
    def test_every_request(self, spec: CertificateSpec) -> None:
        certificate = a_certificate(spec=spec)
        made = request_for(fresh(certificate=certificate), key_name="web-key")
        asked = msgspec.structs.replace(made.spec, request=build_csr(spec, key()))
        request = plain(msgspec.structs.replace(made, spec=asked))
        assert request["spec"]["request"]
        verdict = settle(judge(create("CertificateRequest", request, CONTROLLER), CONTROLLERS))
        assert verdict.faults == ()


def told(kind: str, written: str, status: str = "True") -> Json:
    return {"type": kind, "status": status, "reason": "x", "lastTransitionTime": written}


def spelled(moment: datetime) -> st.SearchStrategy[str]:
    """The ways in which other programs may have written that moment."""
    abroad = moment.astimezone(timezone(timedelta(hours=2)))
    return st.sampled_from(
        [
            moment.isoformat(),
            moment.isoformat().replace("+00:00", "Z"),
            abroad.isoformat(timespec="milliseconds" if not moment.microsecond else "auto"),
        ]
    )


@st.composite
def written(draw: st.DrawFn) -> Json:
    """A request with conditions as anybody may have written them."""
    request = plain(a_request(approved=False, ref=draw(REFS)))
    conditions = [
        told(kind, draw(spelled(draw(TIMES))), status)
        for kind, status in draw(
            st.sampled_from(
                [
                    [],
                    [("Approved", "True")],
                    [("Denied", "True")],
                    [("Ready", "False"), ("Approved", "True")],
                    [("Approved", "True"), ("Ready", "Unknown")],
                    [("Other", "False")],
                ]
            )
        )
    ]
    return request | {"status": {"conditions": conditions}}


class TestWritten:
    @given(written(), st.booleans(), st.sampled_from(["", "valid", "pending", "errored"]))
    def test_every_status(self, old: Json, approves: bool, state: str) -> None:
        request = msgspec.json.decode(msgspec.json.encode(old), type=CertificateRequest)
        orders = (an_order(state, of=request, reason="why", certificate=b"x"),) if state else ()
        action = decide(seen(request, *orders, approves=approves))
        if isinstance(action, Write):
            assert faults(old, request, action.status) == ()

    @given(written())
    def test_nothing_but_an_encoding_of_its_own(self, old: Json) -> None:
        request = msgspec.json.decode(msgspec.json.encode(old), type=CertificateRequest)
        ready = Condition(type="Extra", status="True")
        conditions = (*request.status.conditions, ready)
        status = msgspec.structs.replace(request.status, conditions=conditions)
        assert faults(old, request, status) == ()


def faults(
    old: Json, request: CertificateRequest, status: CertificateRequestStatus
) -> tuple[Fault, ...]:
    new = plain(msgspec.structs.replace(request, status=status))
    asked = update("CertificateRequest", old, new, CONTROLLER, subresource="status")
    # The right to approve, and an API that serves every kind, are the cluster's to give.
    return settle(judge(asked, CONTROLLERS), _granted).faults


def _granted(question: Question) -> Answer:
    return SignerKind("widgets", namespaced=True) if isinstance(question, Served) else True
