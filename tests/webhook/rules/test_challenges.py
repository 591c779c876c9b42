"""Challenges: made by the controller for a live Order, and frozen from then on."""

from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.challenge import ChallengeSpec
from tests.webhook.rules import build
from tests.webhook.rules.acme_judging import USERS, edited, made, made_unasked
from tests.webhook.rules.build import ADMIN, TENANT, Json, changed, places
from webhook.questions import Unanswered
from webhook.request import User
from webhook.verdict import Verdict

_made = partial(made, "Challenge")
_edited = partial(edited, "Challenge")


def test_the_challenge_of_an_order_is_made() -> None:
    """As the controller makes it; the issuer is compared by meaning."""
    assert _made(build.challenge(), build.order()).allowed
    spelled = changed(build.challenge(), "spec.issuerRef.group", "cert-manager.io")
    assert _made(spelled, build.order()).allowed


@pytest.mark.parametrize("user", [ADMIN, TENANT])
def test_nobody_else_makes_a_challenge(user: User) -> None:
    """It would be answered with the issuer's credentials. Nothing is read for them."""
    verdict = made_unasked("Challenge", build.challenge(), user)
    assert places(verdict) == [("", "creation")]
    assert "create a Certificate" in str(verdict.faults[0])


def test_whoever_else_makes_one_is_told_of_the_owner_too() -> None:
    """All faults at once."""
    orphan = changed(build.challenge(), "metadata.ownerReferences", ...)
    verdict = made_unasked("Challenge", orphan, TENANT)
    assert places(verdict) == [("", "creation"), ("metadata.ownerReferences", "creation")]


@pytest.mark.parametrize(
    "fields",
    [{"controller": False}, {"kind": "CertificateRequest"}, {"apiVersion": "cert-manager.io/v1"}],
)
def test_a_challenge_has_one_order_as_its_controller(fields: Json) -> None:
    """Otherwise nothing is read."""
    owners = [{**build.owner("Order", build.order()), **fields}]
    challenge = changed(build.challenge(), "metadata.ownerReferences", owners)
    verdict = made_unasked("Challenge", challenge)
    assert places(verdict) == [("metadata.ownerReferences", "creation")]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, "there is no Order"),
        (changed(build.order(), "metadata.uid", "another"), "another uid"),
        (
            changed(build.order(), "metadata.deletionTimestamp", "2025-01-01T00:00:00Z"),
            "is being deleted",
        ),
    ],
)
def test_the_order_has_to_live(order: Json | None, expected: str) -> None:
    """It is read anew, by name."""
    verdict = _made(build.challenge(), order)
    assert places(verdict) == [("metadata.ownerReferences", "creation")]
    assert expected in verdict.faults[0].text


def test_an_order_that_cannot_be_read_may_be_read_later() -> None:
    """The denial says so."""
    verdict = _made(build.challenge(), Unanswered("the API server did not answer"))
    assert places(verdict) == [("metadata.ownerReferences", "unanswered")]
    assert "try again" in verdict.faults[0].text


@pytest.mark.parametrize(
    ("part", "value"), [("name", "other"), ("kind", "Issuer"), ("group", "issuer.example")]
)
def test_the_issuer_is_that_of_the_order(part: str, value: str) -> None:
    """Otherwise the credentials of one issuer would answer for another's order."""
    verdict = _made(changed(build.challenge(), f"spec.issuerRef.{part}", value), build.order())
    assert places(verdict) == [("spec.issuerRef", "creation")]
    assert 'ClusterIssuer "letsencrypt"' in verdict.faults[0].text


WHOLE = changed(build.challenge(), "spec.wildcard", True)
FIELDS = sorted(WHOLE["spec"])


def test_no_field_is_forgotten_here() -> None:
    """The sample has every field of the schema."""
    assert set(FIELDS) == {field.encode_name for field in msgspec.structs.fields(ChallengeSpec)}


@given(
    st.sampled_from(FIELDS),
    st.none() | st.integers() | st.text() | st.lists(st.text()) | st.just(...),
    st.sampled_from(USERS),
)
def test_no_field_of_the_spec_changes(field: str, value: object, user: User) -> None:
    """By anyone, to anything, or to nothing."""
    verdict = _edited(WHOLE, changed(WHOLE, f"spec.{field}", value), user)
    assert {rule for _, rule in places(verdict)} == {"spec"}
    assert all(fault.path.startswith(f"spec.{field}") for fault in verdict.faults)
    assert all("delete its Order" in fault.text for fault in verdict.faults)


def test_a_solver_is_frozen_inside() -> None:
    """As deep as it goes."""
    other = changed(WHOLE, "spec.solver.dns01.rfc2136.nameserver", "198.51.100.1:53")
    assert places(_edited(WHOLE, other)) == [("spec.solver", "spec")]


@pytest.mark.parametrize("user", USERS)
def test_metadata_is_free(user: User) -> None:
    """Labels and annotations of any name, and finalizers."""
    new = changed(WHOLE, "metadata.labels", {"team": "a"})
    new = changed(new, "metadata.annotations", {"acme.cert-manager.io/x": "y"})
    new = changed(new, "metadata.finalizers", ...)
    assert _edited(WHOLE, new, user) == Verdict()
