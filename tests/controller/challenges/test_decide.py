"""The life of a Challenge until its end, state by state."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from controller.acme.problem import Problem, Unreachable
from controller.challenges.actions import (
    Action,
    Answer,
    Check,
    Explain,
    Present,
    ReadAuthorization,
    Record,
    Rest,
    Settle,
    Wait,
)
from controller.challenges.decide import decide
from controller.challenges.observed import Observed
from controller.solvers.errors import BadCredentials, Unsupported, UpdateRefused
from controller.verdict import FailureFacts, problem_kind
from orderapi.solver import Solver
from tests.controller.challenges.build import (
    ORDER,
    a_sighting,
    a_trouble,
    checked,
    found,
    presented,
    seen,
)
from tests.controller.orders.build import (
    DNS_SOLVER,
    NOW,
    SECOND,
    a_challenge,
    an_issuer,
    an_order,
    placed,
    selecting,
)

NEW = a_challenge(ORDER)
HOUR = timedelta(hours=1)
DOWN = Unreachable("POST ca.example: connection refused")
LIMITED = Problem(status=429, kind="rateLimited", detail="too many", retry_at=NOW + HOUR)
REFUSED = UpdateRefused("DNS server 192.0.2.53:53 did not change it (REFUSED).")
ANSWERED: dict[str, Any] = {"knows_answered": True, "answered_at": NOW}
FRESH: dict[str, Any] = {"presented_at": NOW, "knows_answered": True}

ROWS = [
    pytest.param(seen(NEW), Present(), id="new"),
    pytest.param(seen(NEW, order=None), Rest(), id="orphan"),
    pytest.param(seen(NEW, order=placed(names_=0)), Rest(), id="not-of-its-order"),
    pytest.param(seen(NEW, order=an_order(deleting=True)), Rest(), id="order-is-leaving"),
    pytest.param(
        seen(NEW, order=placed(state="valid", certificate=b"pem")), Rest(), id="order-is-done"
    ),
    pytest.param(seen(NEW, slot_free=False), Wait(NOW + 5 * SECOND), id="no-slot"),
    pytest.param(
        seen(presented(), slot_free=False, checked=found(), **FRESH), Answer(), id="has-its-slot"
    ),
    pytest.param(seen(NEW, **FRESH), Record(), id="published-and-not-yet-written"),
    pytest.param(seen(presented(), **FRESH), Check(), id="published"),
    pytest.param(
        seen(presented(), checked=checked(), **FRESH), Wait(NOW + SECOND / 5), id="unseen"
    ),
    pytest.param(
        seen(presented(), checked=checked(), now=NOW + SECOND / 5, **FRESH),
        Check(),
        id="unseen-and-due",
    ),
    pytest.param(seen(presented(), checked=found(), **FRESH), Answer(), id="seen"),
    pytest.param(seen(presented()), ReadAuthorization(), id="after-a-restart"),
    pytest.param(
        seen(presented(presented_solver="other")), Present(), id="published-by-another-solver"
    ),
    pytest.param(
        seen(presented(presented_solver=None)), Present(), id="published-by-who-keeps-no-digest"
    ),
    pytest.param(
        seen(presented(presented_solver=None), **FRESH), Check(), id="no-digest-is-no-write"
    ),
    pytest.param(
        seen(presented(), knows_answered=True, sighting=a_sighting()),
        Check(),
        id="after-a-restart-and-not-answered",
    ),
    pytest.param(seen(presented(), **ANSWERED), Wait(NOW + SECOND / 10), id="answered"),
    pytest.param(
        seen(presented(), now=NOW + SECOND / 10, **ANSWERED), ReadAuthorization(), id="answered-due"
    ),
    pytest.param(
        seen(presented(), sighting=a_sighting(own="processing"), **ANSWERED),
        Wait(NOW + SECOND / 5),
        id="validating-own-pace",
    ),
    pytest.param(
        seen(presented(), sighting=a_sighting(retry_at=NOW + 3 * SECOND), **ANSWERED),
        Wait(NOW + 3 * SECOND),
        id="validating-as-the-ca-asks",
    ),
    pytest.param(
        seen(presented(), sighting=a_sighting("valid"), **ANSWERED),
        Settle(state="valid", reason="Successfully authorized domain"),
        id="valid",
    ),
    pytest.param(
        seen(NEW, sighting=a_sighting("valid")),
        Settle(state="valid", reason="Successfully authorized domain"),
        id="valid-before-anything-was-done",
    ),
]


@pytest.mark.parametrize(("observed", "expected"), ROWS)
def test_the_way_through(observed: Observed, expected: Action) -> None:
    assert decide(observed) == expected


def explained(action: Action) -> Explain:
    assert isinstance(action, Explain)
    return action


def settled(action: Action) -> Settle:
    assert isinstance(action, Settle)
    return action


def test_a_record_that_is_not_seen_is_told_after_two_seconds_and_not_too_often() -> None:
    young = checked(at=NOW + SECOND)
    assert isinstance(decide(seen(presented(), checked=young, now=NOW + SECOND, **FRESH)), Wait)
    later = NOW + 3 * SECOND
    observed = seen(presented(), checked=checked(at=later), now=later, **FRESH)
    told = explained(decide(observed))
    assert told.reason == "Waiting for DNS-01 challenge propagation: ns1: no such name"
    assert told.until == later + 3 * SECOND
    same = presented(reason=told.reason)
    assert isinstance(decide(seen(same, checked=checked(at=later), now=later, **FRESH)), Wait)
    soon = later + 5 * SECOND  # the next look, at 16 s, is later than the next word, at 13 s
    other = checked("ns1: 1 other value", at=soon)
    quiet = seen(same, checked=other, now=soon, explained_at=later, **FRESH)
    assert decide(quiet) == Wait(later + 10 * SECOND)


def test_what_is_unseen_for_long_is_asked_of_the_ca_ever_more_rarely() -> None:
    later = NOW + 11 * SECOND
    unseen = seen(presented(), checked=checked(at=later), now=later, **FRESH)
    assert decide(unseen) == ReadAuthorization()
    asked = seen(
        presented(),
        checked=checked(at=later),
        now=later,
        sighting=a_sighting(at=later),
        **FRESH,
    )
    assert isinstance(decide(asked), Explain)
    proved = seen(
        presented(), checked=checked(at=later), now=later, sighting=a_sighting("valid"), **FRESH
    )
    assert settled(decide(proved)).state == "valid"


def waiting(text: str) -> Solver:
    return msgspec.structs.replace(DNS_SOLVER, wait_instead_of_self_check=text)


def test_a_wait_in_place_of_the_check() -> None:
    solver = waiting("90s")
    challenge = a_challenge(ORDER, solver=solver, presented=True, state="pending")
    observed = seen(challenge, issuer=an_issuer(solver), **FRESH)
    told = explained(decide(observed))
    assert told.until == NOW + 90 * SECOND
    assert told.reason == (
        "Waiting until 2026-11-24T09:01:30Z before accepting DNS-01 challenge without self-check"
    )
    over = seen(challenge, issuer=an_issuer(solver), now=NOW + 90 * SECOND, **FRESH)
    assert decide(over) == Answer()
    odd = waiting("soon")
    challenge = a_challenge(ORDER, solver=odd, presented=True, state="pending")
    assert (
        "not a duration"
        in explained(decide(seen(challenge, issuer=an_issuer(odd), **FRESH))).reason
    )


def test_a_long_decision_of_the_ca_is_told() -> None:
    later = NOW + 40 * SECOND
    slow = a_sighting(own="processing", at=later, polls=9)
    told = explained(decide(seen(presented(), now=later, sighting=slow, **ANSWERED)))
    assert "has not decided yet" in told.reason
    assert told.until == later + 10 * SECOND


def test_a_long_queue_is_told() -> None:
    told = explained(decide(seen(NEW, slot_free=False, now=NOW + 30 * SECOND)))
    assert "--max-concurrent-challenges" in told.reason


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        pytest.param(seen(NEW, no_issuer=True), "does not exist", id="issuer-gone"),
        pytest.param(
            seen(NEW, issuer=an_issuer(selecting(DNS_SOLVER, "x"))),
            "not one that ClusterIssuer",
            id="solver-of-yesterday",
        ),
    ],
)
def test_without_its_issuer_s_solver_nothing_is_touched(observed: Observed, words: str) -> None:
    told = explained(decide(observed))
    assert words in told.reason
    assert told.until is None


def test_a_solver_of_the_other_type_is_not_used() -> None:
    spec = msgspec.structs.replace(
        NEW.spec, type="HTTP-01", url="https://ca.example/challenge/0/http-01"
    )
    http = msgspec.structs.replace(NEW, spec=spec)
    told = explained(decide(seen(http)))
    assert told.reason == "The solver of the Challenge does not answer HTTP-01."


def test_a_failed_order_ends_its_challenges() -> None:
    failed = placed(state="invalid", reason="the CA refused another name")
    end = settled(decide(seen(presented(), order=failed)))
    assert end.state == "expired"
    assert "the CA refused another name" in end.reason
    assert end.cause == "order"


def test_the_ca_s_refusal_and_what_our_check_saw() -> None:
    error = Problem(kind="dns", detail="NXDOMAIN looking up TXT")
    observed = seen(
        presented(), sighting=a_sighting("invalid", error=error), checked=found(), **ANSWERED
    )
    end = settled(decide(observed))
    assert (end.state, problem_kind(end.reason), end.cause) == ("invalid", "dns", "dns")
    assert end.reason == (
        "Error accepting authorization: urn:ietf:params:acme:error:dns: NXDOMAIN looking up TXT. "
        "Our own check had found the answer: ns1: has the value"
    )


@pytest.mark.parametrize(
    ("status", "own", "state"),
    [
        pytest.param("invalid", "", "invalid", id="invalid-without-error"),
        pytest.param("deactivated", "", "invalid", id="deactivated"),
        pytest.param("revoked", "", "invalid", id="revoked"),
        pytest.param("expired", "", "expired", id="expired"),
        pytest.param("pending", "invalid", "invalid", id="challenge-invalid-alone"),
    ],
)
def test_ends_that_the_ca_comes_to(status: str, own: str, state: str) -> None:
    observed = seen(presented(), sighting=a_sighting(status, own=own), **ANSWERED)
    end = settled(decide(observed))
    assert end.state == state
    assert "gave no reason" in end.reason


def test_a_challenge_that_is_not_offered_any_more() -> None:
    url = "https://ca.example/challenge/9/dns-01"
    moved = msgspec.structs.replace(presented(), spec=msgspec.structs.replace(NEW.spec, url=url))
    one = ORDER.status.authorizations[0]
    offers = tuple(msgspec.structs.replace(offer, url=url) for offer in one.challenges)
    order = placed(authorizations=(msgspec.structs.replace(one, challenges=offers),))
    end = settled(decide(seen(moved, order=order, sighting=a_sighting(), **ANSWERED)))
    assert end.state == "errored"


def test_a_refused_publication_is_told_when_it_lasts_and_tried_again() -> None:
    once = seen(NEW, trouble=a_trouble("present", REFUSED))
    assert decide(once) == Wait(NOW + SECOND)
    assert decide(seen(NEW, now=NOW + SECOND, trouble=a_trouble("present", REFUSED))) == Present()
    told = explained(decide(seen(NEW, trouble=a_trouble("present", REFUSED, attempts=2))))
    assert told.reason == f"Failed to publish the answer: {REFUSED} It is tried again by itself."
    assert told.event == "PresentError"


@pytest.mark.parametrize(
    ("failure", "for_secrets"),
    [
        pytest.param(BadCredentials('Secret "tsig" does not exist.'), True, id="secret"),
        pytest.param(Unsupported("route53 is not supported."), False, id="provider"),
    ],
)
def test_what_only_a_change_mends_waits_for_one(failure: Exception, for_secrets: bool) -> None:
    trouble = a_trouble("present", failure)
    told = explained(decide(seen(NEW, trouble=trouble)))
    assert str(failure) in told.reason
    held = a_challenge(ORDER, reason=told.reason)
    action = decide(seen(held, trouble=trouble))
    assert isinstance(action, Wait)
    assert action.for_secrets is for_secrets
    woken = seen(held, trouble=trouble, now=NOW + 5 * SECOND)
    assert decide(woken) == Present()


def test_an_account_that_is_not_ready_is_tried_again() -> None:
    facts = FailureFacts(message="the issuer is not Ready", kind="account")
    observed = seen(NEW, trouble=a_trouble("account", facts))
    assert decide(observed) == Wait(NOW + SECOND)


def test_a_rate_limit_is_waited_for_exactly() -> None:
    observed = seen(presented(), trouble=a_trouble("answer", LIMITED), checked=found(), **FRESH)
    told = explained(decide(observed))
    assert told.until == NOW + HOUR
    assert "wait until 2026-11-24T10:00:00Z" in told.reason


def test_network_errors_at_the_ca_are_tried_again() -> None:
    observed = seen(
        presented(), now=NOW + SECOND, trouble=a_trouble("answer", DOWN), checked=found(), **FRESH
    )
    assert decide(observed) == Answer()


def test_a_refused_answer_is_believed_after_a_look_at_the_authorization() -> None:
    trouble = a_trouble("answer", Problem(status=403, kind="unauthorized", detail="no"))
    first = seen(presented(), trouble=trouble, checked=found(), **FRESH)
    assert decide(first) == ReadAuthorization()
    later = NOW + SECOND
    still = seen(presented(), now=later, trouble=trouble, sighting=a_sighting(at=later), **FRESH)
    end = settled(decide(still))
    assert end.state == "errored"
    assert end.reason.startswith("Error accepting challenge: 403 urn:ietf:params:acme:error:unau")
    valid = a_sighting("valid", at=later)
    moved = seen(presented(), now=later, trouble=trouble, sighting=valid, **FRESH)
    assert settled(decide(moved)).state == "valid"


def test_an_authorization_that_the_ca_forgot_ends_the_challenge() -> None:
    gone = Problem(status=404, kind="malformed", detail="no such authorization")
    end = settled(decide(seen(presented(), trouble=a_trouble("read", gone))))
    assert end.state == "expired"
    assert "no such authorization" in end.reason
    assert problem_kind(end.reason) == ""
