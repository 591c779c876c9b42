"""Orders: who makes them, for which request, with which names."""

from collections.abc import Callable
from functools import partial

import msgspec
import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.requests.observe import read_asked
from controller.requests.observed import Asked
from controller.requests.submission import order_for
from orderapi.certificaterequest import CertificateRequest
from orderapi.issuer import AcmeIssuer
from orderapi.references import SecretKeySelector
from tests.webhook.rules import build
from tests.webhook.rules.acme_judging import OWNERS, made, made_unasked
from tests.webhook.rules.build import ADMIN, CONTROLLERS, TENANT, Json, changed, places
from webhook.questions import Unanswered
from webhook.request import User
from webhook.rules.orders import judge
from webhook.verdict import Verdict

_made = partial(made, "Order")


def test_the_order_of_an_approved_request_is_made() -> None:
    """As the controller makes it."""
    assert _made(build.order(), build.certificate_request()).allowed


label = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-", min_size=1, max_size=12)
names = st.lists(label.map("{}.example.com".format), max_size=4)
addresses = st.lists(st.ip_addresses().map(str), max_size=3)


@settings(max_examples=60)
@given(names, addresses, st.booleans(), st.booleans())
def test_every_order_that_the_controller_makes_passes(
    dns: list[str], ips: list[str], named: bool, by_address: bool
) -> None:
    """Whatever the request asks for: the two programs agree on what its names are."""
    among = (ips if by_address else dns) if named else []
    text = build.signing_request(*dns, common_name=among[0] if among else "", addresses=tuple(ips))
    request = build.certificate_request(text)
    seen = build.typed("CertificateRequest", changed(request, "spec.duration", "24h"))
    assert isinstance(seen, CertificateRequest)
    asked = read_asked(seen.spec.request)
    assert isinstance(asked, Asked)
    acme = AcmeIssuer(
        server="https://acme.example",
        private_key_secret_ref=SecretKeySelector(name="account"),
        profile="short",
        enable_duration_feature=True,
    )
    order = msgspec.json.decode(msgspec.json.encode(order_for(seen, acme, asked)))
    verdict = _made(order, request)
    if dns or ips:
        assert verdict == Verdict()
    else:
        assert places(verdict) == [("spec.request", "validation")]


@pytest.mark.parametrize("user", [ADMIN, TENANT])
def test_nobody_else_makes_an_order(user: User) -> None:
    """Not even an admin, for then delete-and-create would go round the approval. Nothing is read
    for them."""
    verdict = made_unasked("Order", build.order(), user)
    assert places(verdict) == [("", "creation")]
    assert "create a Certificate" in str(verdict.faults[0])


def test_who_is_the_controller_is_configured() -> None:
    """Another program's identity may be one."""
    peer = User("system:serviceaccount:cert-manager:cert-manager")
    request = build.create("Order", build.order(), peer)
    answers = {OWNERS["Order"]: build.typed("CertificateRequest", build.certificate_request())}
    assert build.settle(judge(request, CONTROLLERS | {peer.username}), answers).allowed


def _owned(**fields: object) -> Json:
    reference = {**build.owner("CertificateRequest", build.certificate_request()), **fields}
    return changed(build.order(), "metadata.ownerReferences", [reference])


@pytest.mark.parametrize(
    "order",
    [
        changed(build.order(), "metadata.ownerReferences", ...),
        changed(build.order(), "metadata.ownerReferences", []),
        _owned(controller=False),
        _owned(kind="Certificate"),
        _owned(apiVersion="v1"),
        _owned(apiVersion="acme.cert-manager.io/v1"),
        changed(
            build.order(),
            "metadata.ownerReferences",
            build.order()["metadata"]["ownerReferences"] * 2,
        ),
    ],
    ids=["absent", "none", "not the controller", "kind", "core", "group", "two"],
)
def test_an_order_has_one_request_as_its_controller(order: Json) -> None:
    """Otherwise nothing is read: there is no telling what."""
    verdict = made_unasked("Order", order)
    assert places(verdict) == [("metadata.ownerReferences", "creation")]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (None, "there is no"),
        (changed(build.certificate_request(), "metadata.uid", "another"), "another uid"),
        (
            changed(
                build.certificate_request(), "metadata.deletionTimestamp", "2025-01-01T00:00:00Z"
            ),
            "is being deleted",
        ),
        (build.certificate_request(approval=()), "is not approved"),
        (build.certificate_request(approval=("Denied",)), "is denied"),
        (build.certificate_request(approval=("Approved", "Denied")), "is denied"),
    ],
)
def test_the_request_has_to_be_there_and_approved(request_: Json | None, expected: str) -> None:
    """It is read anew, by name."""
    verdict = _made(build.order(), request_)
    assert places(verdict) == [("metadata.ownerReferences", "creation")]
    assert expected in verdict.faults[0].text
    assert '"web-1"' in verdict.faults[0].text


def test_a_request_that_cannot_be_read_may_be_read_later() -> None:
    """The denial says so, besides what is wrong in any case."""
    order = changed(build.order(), "spec.dnsNames", ["example.com"])
    verdict = _made(order, Unanswered("the API server did not answer"))
    assert places(verdict) == [
        ("metadata.ownerReferences", "unanswered"),
        ("spec.dnsNames", "request-fields"),
    ]
    assert "the API server did not answer" in verdict.faults[0].text
    assert "try again" in verdict.faults[0].text


def test_the_signing_request_is_that_of_the_request() -> None:
    """To the byte: another key is another certificate."""
    other = build.certificate_request(
        build.signing_request("example.com", "www.example.com", common_name="example.com")
    )
    assert places(_made(build.order(), other)) == [("spec.request", "request-fields")]


@pytest.mark.parametrize(
    ("ref", "equal"),
    [
        ({"name": "letsencrypt", "kind": "ClusterIssuer", "group": "cert-manager.io"}, True),
        ({"name": "letsencrypt", "kind": "Issuer"}, False),
        ({"name": "letsencrypt"}, False),
        ({"name": "other", "kind": "ClusterIssuer"}, False),
    ],
)
def test_the_issuer_is_that_of_the_request(ref: Json, equal: bool) -> None:
    """By meaning."""
    verdict = _made(changed(build.order(), "spec.issuerRef", ref), build.certificate_request())
    assert places(verdict) == ([] if equal else [("spec.issuerRef", "request-fields")])


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        ({"name": "", "kind": "ClusterIssuer"}, "spec.issuerRef.name"),
        ({"name": "letsencrypt", "kind": "Vault"}, "spec.issuerRef.kind"),
        ({"name": "letsencrypt", "group": "issuer.example"}, "spec.issuerRef.group"),
    ],
)
def test_the_issuer_can_be_one_with_an_acme_account(ref: Json, path: str) -> None:
    """Also where the request names the same."""
    request = changed(build.certificate_request(), "spec.issuerRef", ref)
    verdict = _made(changed(build.order(), "spec.issuerRef", ref), request)
    assert places(verdict) == [(path, "validation")]


def _for(text: str, **spec: object) -> tuple[Json, Json]:
    order = build.order()
    request = changed(build.certificate_request(), "spec.request", text)
    return {**order, "spec": {**order["spec"], "request": text, **spec}}, request


SIGNING = build.signing_request
BOTH = ["example.com", "www.example.com"]
EMAIL = x509.RFC822Name("someone@example.com")
URI = x509.UniformResourceIdentifier("spiffe://example.com/web")
DIRECTORY = x509.DirectoryName(x509.Name([]))


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (lambda: _for("AAAA"), [("spec.request", "validation")]),
        (lambda: _for(""), [("spec.request", "validation")]),
        (lambda: _for(SIGNING(*BOTH, others=(EMAIL,))), [("spec.request", "validation")]),
        (lambda: _for(SIGNING(*BOTH, others=(URI,))), [("spec.request", "validation")]),
        (lambda: _for(SIGNING(*BOTH, others=(DIRECTORY,))), [("spec.request", "validation")]),
        (lambda: _for(SIGNING(), dnsNames=[]), [("spec.request", "validation")]),
        (lambda: _for(SIGNING("example.com")), [("spec.dnsNames", "request-fields")]),
        (lambda: _for(SIGNING(*BOTH, "a.example.com")), [("spec.dnsNames", "request-fields")]),
        (lambda: _for(SIGNING("WWW.example.com", "Example.com")), []),
        (
            lambda: _for(SIGNING(*BOTH, addresses=("192.0.2.1",))),
            [("spec.ipAddresses", "request-fields")],
        ),
        (
            lambda: _for(SIGNING(*BOTH), ipAddresses=["192.0.2.1"]),
            [("spec.ipAddresses", "request-fields")],
        ),
        (
            lambda: _for(
                SIGNING(*BOTH, addresses=("2001:db8::1", "192.0.2.1")),
                ipAddresses=["::ffff:192.0.2.1", "2001:DB8:0::1"],
            ),
            [],
        ),
        (
            lambda: _for(SIGNING(*BOTH), ipAddresses=["fe80::1%eth0"]),
            [("spec.ipAddresses[0]", "validation")],
        ),
        (
            lambda: _for(SIGNING(*BOTH, common_name="example.com")),
            [("spec.commonName", "request-fields")],
        ),
        (
            lambda: _for(SIGNING(*BOTH), commonName="example.com"),
            [("spec.commonName", "request-fields")],
        ),
        (
            lambda: _for(SIGNING(*BOTH, common_name="Example.com"), commonName="Example.com"),
            [],
        ),
        (
            lambda: _for(SIGNING(*BOTH, common_name="The shop"), commonName="The shop"),
            [("spec.commonName", "validation")],
        ),
    ],
)
def test_an_order_names_what_its_signing_request_names(
    pair: Callable[[], tuple[Json, Json]], expected: list[tuple[str, str]]
) -> None:
    """DNS names as a set without case, addresses as addresses, the common name among them."""
    assert places(_made(*pair())) == expected


def test_all_faults_are_told_at_once() -> None:
    """Each at its field."""
    order = build.order()
    order["spec"] |= {"dnsNames": [], "ipAddresses": ["x"], "commonName": "a"}
    order["spec"]["issuerRef"] = {"name": "", "kind": "Vault"}
    verdict = _made(order, build.certificate_request(approval=()))
    assert {path for path, _ in places(verdict)} == {
        "spec.issuerRef.name",
        "spec.issuerRef.kind",
        "spec.ipAddresses[0]",
        "spec.dnsNames",
        "spec.commonName",
        "metadata.ownerReferences",
        "spec.issuerRef",
    }


def test_foreign_text_is_quoted_and_cut() -> None:
    """A message is one line, whatever the names are."""
    strange = ["a\nb" + "x" * 500, *(f"{n}.example.com" for n in range(50)), *BOTH]
    verdict = _made(changed(build.order(), "spec.dnsNames", strange), build.certificate_request())
    [fault] = verdict.faults
    assert "\n" not in str(fault)
    assert "and 48 more" in fault.text
    assert len(str(fault)) < 400
