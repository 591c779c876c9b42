"""Orders: who makes them, for which request; and that they never change."""

from collections.abc import Callable

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
from orderapi.order import OrderSpec
from orderapi.references import SecretKeySelector
from orderapi.resources import CERTIFICATE_REQUEST
from tests.webhook.rules import build
from tests.webhook.rules.build import (
    ADMIN,
    CONTROLLER,
    CONTROLLERS,
    NAMESPACE,
    TENANT,
    Answers,
    Json,
    changed,
)
from webhook.questions import Answer, Read, Unanswered
from webhook.request import User
from webhook.rules.orders import judge
from webhook.verdict import Fault, Verdict

REQUEST = Read(CERTIFICATE_REQUEST, NAMESPACE, "web-1")
USERS = (ADMIN, TENANT, CONTROLLER)


def made(order: Json, request: Json | Answer = None, user: User = CONTROLLER) -> Verdict:
    """The verdict on creating `order` while `request` is what its owner's name leads to."""
    answer = build.typed("CertificateRequest", request) if isinstance(request, dict) else request
    return build.settle(judge(build.create("Order", order, user), CONTROLLERS), {REQUEST: answer})


def edited(old: Json, new: Json, user: User = TENANT, answers: Answers | None = None) -> Verdict:
    """The verdict on making `new` of `old`."""
    return build.settle(judge(build.update("Order", old, new, user), CONTROLLERS), answers)


def places(verdict: Verdict) -> list[tuple[str, str]]:
    """Where its faults are, and by which rule."""
    return [(fault.path, fault.rule) for fault in verdict.faults]


def test_the_order_of_an_approved_request_is_made() -> None:
    """As the controller makes it."""
    assert made(build.order(), build.certificate_request()).allowed


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
    verdict = made(order, request)
    if dns or ips:
        assert verdict == Verdict()
    else:
        assert places(verdict) == [("spec.request", "validation")]


@pytest.mark.parametrize("user", [ADMIN, TENANT])
def test_nobody_else_makes_an_order(user: User) -> None:
    """Not even an admin, for then delete-and-create would go round the approval. Nothing is read
    for them."""
    verdict = build.settle(judge(build.create("Order", build.order(), user), CONTROLLERS))
    assert places(verdict) == [("", "creation")]
    assert "create a Certificate" in str(verdict.faults[0])


def test_who_is_the_controller_is_configured() -> None:
    """Another program's identity may be one."""
    peer = User("system:serviceaccount:cert-manager:cert-manager")
    request = build.create("Order", build.order(), peer)
    answers = {REQUEST: build.typed("CertificateRequest", build.certificate_request())}
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
    verdict = build.settle(judge(build.create("Order", order, CONTROLLER), CONTROLLERS))
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
    verdict = made(build.order(), request_)
    assert places(verdict) == [("metadata.ownerReferences", "creation")]
    assert expected in verdict.faults[0].text
    assert '"web-1"' in verdict.faults[0].text


def test_a_request_that_cannot_be_read_may_be_read_later() -> None:
    """The denial says so, besides what is wrong in any case."""
    order = changed(build.order(), "spec.dnsNames", ["example.com"])
    verdict = made(order, Unanswered("the API server did not answer"))
    assert places(verdict) == [
        ("spec.dnsNames", "request-fields"),
        ("metadata.ownerReferences", "unanswered"),
    ]
    assert "the API server did not answer" in verdict.faults[1].text
    assert "try again" in verdict.faults[1].text


def test_the_signing_request_is_that_of_the_request() -> None:
    """To the byte: another key is another certificate."""
    other = build.certificate_request(
        build.signing_request("example.com", "www.example.com", common_name="example.com")
    )
    assert places(made(build.order(), other)) == [("spec.request", "request-fields")]


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
    verdict = made(changed(build.order(), "spec.issuerRef", ref), build.certificate_request())
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
    verdict = made(changed(build.order(), "spec.issuerRef", ref), request)
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
    assert places(made(*pair())) == expected


def test_all_faults_are_told_at_once() -> None:
    """Each at its field."""
    order = build.order()
    order["spec"] |= {"dnsNames": [], "ipAddresses": ["x"], "commonName": "a"}
    order["spec"]["issuerRef"] = {"name": "", "kind": "Vault"}
    verdict = made(order, build.certificate_request(approval=()))
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
    verdict = made(changed(build.order(), "spec.dnsNames", strange), build.certificate_request())
    [fault] = verdict.faults
    assert "\n" not in str(fault)
    assert "and 48 more" in fault.text
    assert len(str(fault)) < 400


# A spec whose fields all have a value, none of which is a default.
WHOLE: Json = changed(
    build.order(),
    "spec",
    {
        "request": build.signing_request("example.com", "www.example.com"),
        "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer", "group": "issuer.example"},
        "commonName": "example.com",
        "dnsNames": ["example.com", "www.example.com"],
        "ipAddresses": ["192.0.2.1"],
        "duration": "2160h",
        "profile": "short",
        "replaces": "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",
    },
)
FIELDS = sorted(WHOLE["spec"])


def test_no_field_is_forgotten_here() -> None:
    """The sample has every field of the schema."""
    assert set(FIELDS) == {field.encode_name for field in msgspec.structs.fields(OrderSpec)}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(st.sampled_from(FIELDS), json_values, st.sampled_from(USERS))
def test_no_field_of_the_spec_changes(field: str, value: object, user: User) -> None:
    """By anyone, to anything, or to nothing."""
    verdict = edited(WHOLE, changed(WHOLE, f"spec.{field}", value), user)
    assert {fault.path.partition(".")[0] for fault in verdict.faults} == {"spec"}
    paths = [fault.path.replace('"', "") for fault in verdict.faults]  # odd keys are quoted
    assert all(path.startswith(f"spec.{field}") for path in paths)
    assert all("delete the Order" in fault.text for fault in verdict.faults)
    assert {fault.rule for fault in verdict.faults} == {"spec"}


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_the_spec_is_taken_away_or_added(field: str) -> None:
    """Both ways."""
    without = changed(WHOLE, f"spec.{field}", ...)
    for old, new in ((WHOLE, without), (without, WHOLE)):
        assert {rule for _, rule in places(edited(old, new))} == {"spec"}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("spec.issuerRef.name", "other", "spec.issuerRef.name"),
        ("spec.issuerRef.kind", "", "spec.issuerRef.kind"),
        ("spec.issuerRef.group", ..., "spec.issuerRef.group"),
        ("spec.dnsNames", ["www.example.com", "example.com"], "spec.dnsNames"),
        ("spec", ..., None),
    ],
)
def test_faults_are_at_the_field(path: str, value: object, expected: str | None) -> None:
    """The parts of an issuerRef have paths of their own."""
    verdict = edited(WHOLE, changed(WHOLE, path, value))
    assert not verdict.allowed
    assert expected is None or places(verdict) == [(expected, "spec")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.issuerRef", {"kind": "ClusterIssuer", "name": "letsencrypt"}),
        ("spec.issuerRef.group", "cert-manager.io"),
        ("spec.issuerRef.group", ""),
        ("spec.commonName", ""),
        ("spec.ipAddresses", []),
        ("spec.profile", None),
    ],
)
def test_another_spelling_of_the_same_spec_passes(path: str, value: object) -> None:
    """An empty field means what an absent one means."""
    assert edited(build.order(), changed(build.order(), path, value)).allowed


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(("old", "new"), [("a", "b"), (..., "b"), ("a", ...)])
def test_annotations_that_change_a_solver_are_frozen(user: User, old: object, new: object) -> None:
    """Changed, added or removed, by anyone."""
    key = "acme.cert-manager.io/http01-override-ingress-name"
    before, after = ({} if value is ... else {key: value} for value in (old, new))
    order = build.order()
    verdict = edited(
        changed(order, "metadata.annotations", before),
        changed(order, "metadata.annotations", after),
        user,
    )
    assert places(verdict) == [(f"metadata.annotations[{key}]", "annotations")]


@pytest.mark.parametrize("key", ["note", "cert-manager.io/acme.cert-manager.io", "example.com/x"])
def test_other_annotations_are_free(key: str) -> None:
    """Those of people and of their tools."""
    order = build.order()
    annotated = changed(order, "metadata.annotations", {key: "x"})
    assert edited(order, annotated).allowed
    assert edited(annotated, order).allowed


@pytest.mark.parametrize("user", USERS)
def test_what_is_not_judged_passes(user: User) -> None:
    """Finalizers, managed fields, deletion: nothing else of the metadata is looked at."""
    order = changed(build.order(), "metadata.finalizers", ["a/b"])
    new = changed(order, "metadata.finalizers", ...)
    new = changed(new, "metadata.deletionTimestamp", "2025-01-01T00:00:00Z")
    assert edited(order, new, user) == Verdict()


def test_one_request_may_have_faults_of_every_kind() -> None:
    """None hides another."""
    old = changed(build.order(), "status", {"state": "valid", "url": "https://acme.example/1"})
    new = changed(build.order(), "spec.profile", "other")
    new = changed(new, "metadata.annotations", {"acme.cert-manager.io/http01-parentrefname": "x"})
    new["metadata"]["ownerReferences"] = [{**build.owner("Order", build.order()), "uid": "x"}]
    assert {rule for _, rule in places(edited(old, new))} == {
        "spec",
        "annotations",
        "status",
        "transition",
        "ownership",
    }


def test_a_fault_reads_as_path_and_text() -> None:
    """What people see."""
    [fault] = edited(WHOLE, changed(WHOLE, "spec.profile", "other")).faults
    assert isinstance(fault, Fault)
    assert str(fault).startswith("spec.profile: never changes after creation; delete the Order")
