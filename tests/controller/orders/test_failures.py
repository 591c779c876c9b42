"""How Orders fail, wait and say why."""

from datetime import timedelta

import msgspec
import pytest

from controller.acme.messages import Identifier, NewOrder
from controller.acme.problem import Misconfigured, Problem, Subproblem, Unreachable, Violation
from controller.orders.actions import (
    Action,
    Download,
    Explain,
    Fail,
    Finalize,
    Look,
    ReadAuthorizations,
    Submit,
    Wait,
)
from controller.orders.decide import decide
from controller.orders.observed import Step
from controller.verdict import problem_kind
from orderapi import states
from tests.controller.orders.build import (
    CERTIFICATE_URL,
    FINALIZE_URL,
    NOW,
    SECOND,
    URL,
    a_challenge,
    a_sighting,
    a_trouble,
    an_issuer,
    an_order,
    authorization,
    placed,
    seen,
    shown_authorization,
)

NEW = Submit(NewOrder(identifiers=(Identifier("dns", "0.example.com"),)))
HOUR = timedelta(hours=1)
BLOCKED = Problem(
    status=400,
    kind="rejectedIdentifier",
    detail="blocked by policy",
    subproblems=(Subproblem("rejectedIdentifier", "on the list", "0.example.com"),),
)
LIMITED = Problem(status=429, kind="rateLimited", detail="too many", retry_at=NOW + HOUR)
NOT_READY = Problem(status=403, kind="orderNotReady", detail="not ready")
DOWN = Unreachable("POST ca.example: connection refused")
PROVED = placed(authorizations=(authorization(0, state=states.VALID),))


def explained(action: Action) -> Explain:
    assert isinstance(action, Explain)
    return action


def failed(action: Action) -> Fail:
    assert isinstance(action, Fail)
    return action


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        pytest.param(BLOCKED, "rejectedIdentifier", id="rejected"),
        pytest.param(Problem(status=403, kind="caa", detail="no"), "caa", id="caa"),
        pytest.param(Problem(status=400, kind="badCSR", detail="no"), "badCSR", id="bad-csr"),
        pytest.param(
            Problem(status=403, kind="userActionRequired", detail="see terms"),
            "userActionRequired",
            id="user-action",
        ),
        pytest.param(Problem(status=400, kind="malformed", detail="no"), "malformed", id="odd"),
        pytest.param(
            Problem(status=403, kind="unauthorized", detail="closed"), "unauthorized", id="account"
        ),
        pytest.param(
            Misconfigured("no profile", kind="invalidProfile"), "invalidProfile", id="profile"
        ),
    ],
)
def test_a_refused_order_ends_in_the_ca_s_words(failure: Exception, kind: str) -> None:
    end = failed(decide(seen(an_order(), trouble=a_trouble("create", failure))))
    assert end.state == "errored"
    assert end.reason.startswith("Failed to create Order: ")
    assert problem_kind(end.reason) == kind


def test_status_type_detail_and_subproblems_are_in_the_reason() -> None:
    end = failed(decide(seen(an_order(), trouble=a_trouble("create", BLOCKED))))
    assert end.reason == (
        "Failed to create Order: 400 urn:ietf:params:acme:error:rejectedIdentifier: blocked by "
        "policy [0.example.com: rejectedIdentifier: on the list]"
    )


@pytest.mark.parametrize("step", ["create", "read", "authorizations", "finalize", "download"])
def test_a_rate_limit_is_waited_for_exactly_and_said_at_once(step: Step) -> None:
    order = an_order() if step == "create" else PROVED
    known = None if step == "create" else a_sighting("ready")
    trouble = a_trouble(step, LIMITED)
    told = explained(decide(seen(order, trouble=trouble, sighting=known)))
    assert told.until == NOW + HOUR
    assert "wait until 2026-11-24T10:00:00Z" in told.reason
    waiting = msgspec.structs.replace(
        order, status=msgspec.structs.replace(order.status, reason=told.reason, state=told.state)
    )
    assert decide(seen(waiting, trouble=trouble, sighting=known)) == Wait(NOW + HOUR)
    over = decide(seen(waiting, trouble=trouble, now=NOW + HOUR, sighting=known))
    assert not isinstance(over, Wait | Explain | Fail)


def test_a_network_error_is_silent_at_first_and_told_when_it_lasts() -> None:
    once = seen(an_order(), trouble=a_trouble("create", DOWN))
    assert decide(once) == Wait(NOW + SECOND)
    twice = explained(decide(seen(an_order(), trouble=a_trouble("create", DOWN, attempts=2))))
    assert "connection refused" in twice.reason
    assert twice.until == NOW + 2 * SECOND
    over = seen(an_order(), trouble=a_trouble("create", DOWN), now=NOW + SECOND)
    assert decide(over) == NEW


def test_an_edited_issuer_ends_a_wait_but_not_one_that_the_ca_asked_for() -> None:
    edited = an_issuer(version="2")
    refused = a_trouble("create", Misconfigured("http:// is not used"))
    told = explained(decide(seen(an_order(), trouble=refused)))
    assert told.until is None
    assert decide(seen(an_order(), trouble=refused, issuer=edited)) == NEW
    broken = a_trouble("create", Violation("not a directory"), attempts=5)
    assert decide(seen(an_order(), trouble=broken, issuer=edited)) == NEW
    limited = a_trouble("create", LIMITED)
    assert isinstance(decide(seen(an_order(), trouble=limited, issuer=edited)), Explain)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(Problem(status=404, kind="malformed", detail="no such order"), id="404"),
        pytest.param(Problem(status=400, kind="malformed", detail="no such order"), id="400"),
        pytest.param(Problem(status=404, detail="not found"), id="no-type"),
    ],
)
def test_an_order_that_the_ca_forgot_ends_and_another_may_be_tried(failure: Problem) -> None:
    end = failed(decide(seen(PROVED, trouble=a_trouble("read", failure))))
    assert end.state == "errored"
    assert URL in end.reason
    assert failure.detail in end.reason
    assert problem_kind(end.reason) == ""  # nobody has to change anything first


def test_order_not_ready_means_look_at_the_order() -> None:
    trouble = a_trouble("finalize", NOT_READY)
    stale = a_sighting("ready", at=NOW - SECOND)
    assert decide(seen(PROVED, sighting=stale, trouble=trouble)) == Look(URL)
    moved = a_sighting("valid", at=NOW + SECOND, polls=1, certificate=CERTIFICATE_URL)
    assert decide(seen(PROVED, sighting=moved, trouble=trouble)) == Download(CERTIFICATE_URL)
    ready = a_sighting("ready", at=NOW + SECOND / 10, polls=1)
    soon = seen(PROVED, sighting=ready, trouble=trouble, now=NOW + SECOND / 5)
    assert decide(soon) == Wait(NOW + SECOND)
    due = seen(PROVED, sighting=ready, trouble=trouble, now=NOW + SECOND)
    assert decide(due) == Finalize(FINALIZE_URL)


def test_a_refused_csr_ends_the_order_after_a_look() -> None:
    trouble = a_trouble("finalize", Problem(status=400, kind="badCSR", detail="weak key"))
    assert decide(seen(PROVED, sighting=a_sighting("ready"), trouble=trouble)) == Look(URL)
    ready = a_sighting("ready", at=NOW + SECOND, polls=1)
    end = failed(decide(seen(PROVED, sighting=ready, trouble=trouble)))
    assert end.state == "errored"
    assert end.reason == (
        "Failed to finalize Order: 400 urn:ietf:params:acme:error:badCSR: weak key"
    )
    dead = a_sighting("invalid", at=NOW + SECOND, polls=1)
    end = failed(decide(seen(PROVED, sighting=dead, trouble=trouble)))
    assert end.state == "invalid"
    assert "weak key" in end.reason


def test_an_invalid_order_tells_the_ca_s_error() -> None:
    error = Problem(kind="serverInternal", detail="the signer is on fire")
    end = failed(decide(seen(PROVED, sighting=a_sighting("invalid", error=error))))
    assert (end.state, problem_kind(end.reason)) == ("invalid", "serverInternal")
    assert "the signer is on fire" in end.reason


def test_an_invalid_order_without_an_error_is_explained_by_its_authorizations() -> None:
    sighting = a_sighting("invalid", polls=1)
    assert decide(seen(PROVED, sighting=sighting)) == ReadAuthorizations(
        ("https://ca.example/authz/0",)
    )
    error = Problem(kind="dns", detail="NXDOMAIN")
    read = {"https://ca.example/authz/0": shown_authorization(0, "invalid", error=error)}
    end = failed(
        decide(seen(PROVED, sighting=sighting, authorizations=read, authorizations_at=NOW))
    )
    assert 'the authorization for "0.example.com" is invalid' in end.reason
    assert problem_kind(end.reason) == "dns"
    silent = {"https://ca.example/authz/0": shown_authorization(0, "valid")}
    end = failed(
        decide(seen(PROVED, sighting=sighting, authorizations=silent, authorizations_at=NOW))
    )
    assert "gave no reason" in end.reason


def test_an_order_past_its_time_is_expired() -> None:
    expires = NOW + HOUR
    error = Problem(kind="malformed", detail="expired")
    sighting = a_sighting("invalid", error=error, expires=expires)
    assert failed(decide(seen(PROVED, sighting=sighting))).state == "invalid"
    assert failed(decide(seen(PROVED, sighting=sighting, now=expires))).state == "expired"


def test_a_ca_that_processes_for_ever_does_not_hold_the_order_for_ever() -> None:
    expires = NOW + HOUR
    shown = a_sighting("processing", at=expires, since=NOW, expires=expires)
    end = failed(decide(seen(PROVED, sighting=shown, now=expires)))
    assert end.state == "expired"
    assert "has not issued the certificate yet" in end.reason


def test_challenges_that_are_never_done_end_with_the_order_s_time() -> None:
    order, expires = placed(), NOW + HOUR
    child = a_challenge(order, state="pending", reason="ns1: no such name")
    sighting = a_sighting(expires=expires)
    before = decide(seen(order, child, sighting=sighting, now=NOW + 31 * SECOND))
    assert isinstance(before, Explain)
    assert before.until == expires
    end = failed(decide(seen(order, child, sighting=sighting, now=expires)))
    assert end.state == "expired"
    assert "ns1: no such name" in end.reason


def test_a_failed_challenge_ends_the_order_after_one_look() -> None:
    order = placed(names_=2)
    reason = "Error accepting authorization: urn:ietf:params:acme:error:dns: NXDOMAIN"
    bad = a_challenge(order, 0, state="invalid", reason=reason)
    still = a_challenge(order, 1, state="pending")
    sighting = a_sighting(names_=2)
    assert decide(seen(order, bad, still, sighting=sighting)) == Look(URL)
    looked = a_sighting("invalid", polls=1, names_=2)
    end = failed(decide(seen(order, bad, still, sighting=looked)))
    assert end.state == "invalid"
    assert end.reason == f'Challenge "web-1-0" for "0.example.com" failed: {reason}'
    assert problem_kind(end.reason) == "dns"


def test_a_failed_challenge_ends_the_order_though_the_ca_cannot_be_asked() -> None:
    order = placed()
    bad = a_challenge(order, state="errored", reason="gone")
    end = failed(decide(seen(order, bad, trouble=a_trouble("read", DOWN))))
    assert (end.state, "gone" in end.reason) == ("errored", True)


def test_the_ca_s_word_on_the_order_is_added_once() -> None:
    order = placed()
    error = Problem(kind="dns", detail="NXDOMAIN for 0.example.com")
    reason = "Error accepting authorization: NXDOMAIN for 0.example.com"
    bad = a_challenge(order, state="invalid", reason=reason)
    same = a_sighting("invalid", polls=1, error=error)
    assert "on the order" not in failed(decide(seen(order, bad, sighting=same))).reason
    other = a_sighting("invalid", polls=1, error=Problem(kind="caa", detail="CAA forbids"))
    assert (
        "the CA on the order: urn:ietf:params:acme:error:caa: CAA forbids"
        in failed(decide(seen(order, bad, sighting=other))).reason
    )


def test_a_long_wait_at_the_ca_is_said_and_polled_ever_more_rarely() -> None:
    long = a_sighting("processing", since=NOW - 60 * SECOND, polls=20)
    told = explained(decide(seen(PROVED, sighting=long)))
    assert told.state == "processing"
    assert "has not issued the certificate yet" in told.reason
    assert told.until == NOW + 15 * SECOND
    hours = a_sighting("processing", since=NOW - 5 * HOUR, polls=99)
    assert explained(decide(seen(PROVED, sighting=hours))).until == NOW + 60 * SECOND


def test_what_is_known_of_another_order_counts_for_nothing() -> None:
    other = placed(url="https://ca.example/order/2", authorizations=PROVED.status.authorizations)
    action = decide(seen(other, sighting=a_sighting("ready")))
    assert action == Look("https://ca.example/order/2")


def test_an_unreadable_duration_ends_the_order() -> None:
    order = an_order()
    order = msgspec.structs.replace(
        order, spec=msgspec.structs.replace(order.spec, duration="soon")
    )
    assert "spec.duration" in failed(decide(seen(order))).reason


def test_a_ca_without_authorizations_leaves_nothing_to_prove() -> None:
    order = an_order(url=URL, finalize_url=FINALIZE_URL, state="ready")
    assert decide(seen(order, sighting=a_sighting("ready", names_=0))) == Look(URL)
    looked = a_sighting("ready", names_=0, polls=1)
    assert decide(seen(order, sighting=looked)) == Finalize(FINALIZE_URL)
