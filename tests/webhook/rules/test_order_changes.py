"""Orders: that they never change, and what of them is free."""

from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.order import Order, OrderSpec
from orderapi.refusals import NEVER_CHANGES
from tests.webhook.rules import build
from tests.webhook.rules.acme_judging import USERS, edited
from tests.webhook.rules.build import Json, changed, paths, places
from webhook.request import User
from webhook.verdict import Verdict

_edited = partial(edited, "Order")

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
    verdict = _edited(WHOLE, changed(WHOLE, f"spec.{field}", value), user)
    assert {fault.path.partition(".")[0] for fault in verdict.faults} == {"spec"}
    bare = [path.replace('"', "") for path in paths(verdict)]  # odd keys are quoted
    assert all(path.startswith(f"spec.{field}") for path in bare)
    assert all("delete the Order" in fault.text for fault in verdict.faults)
    assert {fault.rule for fault in verdict.faults} == {"spec"}


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_the_spec_is_taken_away_or_added(field: str) -> None:
    """Both ways."""
    without = changed(WHOLE, f"spec.{field}", ...)
    for old, new in ((WHOLE, without), (without, WHOLE)):
        assert {rule for _, rule in places(_edited(old, new))} == {"spec"}


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
    verdict = _edited(WHOLE, changed(WHOLE, path, value))
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
    assert _edited(build.order(), changed(build.order(), path, value)).allowed


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(("old", "new"), [("a", "b"), (..., "b"), ("a", ...)])
def test_annotations_that_change_a_solver_are_frozen(user: User, old: object, new: object) -> None:
    """Changed, added or removed, by anyone."""
    key = "acme.cert-manager.io/http01-override-ingress-name"
    before, after = ({} if value is ... else {key: value} for value in (old, new))
    order = build.order()
    verdict = _edited(
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
    assert _edited(order, annotated).allowed
    assert _edited(annotated, order).allowed


@pytest.mark.parametrize("user", USERS)
def test_what_is_not_judged_passes(user: User) -> None:
    """Finalizers, managed fields, deletion: nothing else of the metadata is looked at."""
    order = changed(build.order(), "metadata.finalizers", ["a/b"])
    new = changed(order, "metadata.finalizers", ...)
    new = changed(new, "metadata.deletionTimestamp", "2025-01-01T00:00:00Z")
    assert _edited(order, new, user) == Verdict()


def test_one_request_may_have_faults_of_every_kind() -> None:
    """None hides another."""
    old = changed(build.order(), "status", {"state": "valid", "url": "https://acme.example/1"})
    new = changed(build.order(), "spec.profile", "other")
    new = changed(new, "metadata.annotations", {"acme.cert-manager.io/http01-parentrefname": "x"})
    new["metadata"]["ownerReferences"] = [{**build.owner("Order", build.order()), "uid": "x"}]
    assert {rule for _, rule in places(_edited(old, new))} == {
        "spec",
        "annotations",
        "status",
        "transition",
        "ownership",
    }


def test_a_fault_reads_as_path_and_text() -> None:
    """What people see."""
    [fault] = _edited(WHOLE, changed(WHOLE, "spec.profile", "other")).faults
    assert str(fault) == f"spec.profile: {NEVER_CHANGES[Order]}"
