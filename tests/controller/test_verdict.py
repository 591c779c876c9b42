"""The verdict table, row by row, and its laws."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.problem import URN, Misconfigured, Problem, Subproblem, Unreachable, Violation
from controller.runtime.errors import (
    ApiError,
    Conflict,
    Forbidden,
    TooManyRequests,
    Unavailable,
)
from controller.runtime.schedule import OnChange
from controller.solvers.errors import Unreachable as Silent
from controller.solvers.errors import Unsupported
from controller.verdict import (
    WAITS_FOR_CHANGE,
    FailureFacts,
    GiveUp,
    RetryAt,
    facts_of,
    failure_kind,
    next_attempt,
    problem_kind,
    verdict,
)
from orderapi.names import INVALID_REASONS

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def after(seconds: float) -> RetryAt:
    return RetryAt(NOW + timedelta(seconds=seconds))


def problem(kind: str, status: int = 400, retry_at: datetime | None = None) -> Problem:
    return Problem(status=status, kind=kind, detail="no", retry_at=retry_at)


@pytest.mark.parametrize(
    ("failure", "attempts", "expected"),
    [
        pytest.param(
            problem("rateLimited", 429, NOW + 3 * HOUR), 1, after(10800), id="429-waits-exactly"
        ),
        pytest.param(
            problem("rateLimited", 503, NOW + 5 * SECOND), 4, after(5), id="rate-limit-as-503"
        ),
        pytest.param(problem("", 429), 1, after(60), id="429-without-retry-after"),
        pytest.param(problem("", 429), 9, after(3600), id="429-again-and-again"),
        pytest.param(Unreachable("no route"), 1, after(1), id="network-first"),
        pytest.param(Unreachable("no route"), 4, after(8), id="network-fourth"),
        pytest.param(Unreachable("no route"), 99, after(60), id="network-for-ever"),
        pytest.param(Unreachable("503", status=503), 99, after(60), id="5xx-for-ever"),
        pytest.param(
            Unreachable("503", status=503, retry_at=NOW + 30 * SECOND), 1, after(30), id="5xx-asks"
        ),
        pytest.param(problem("serverInternal", 500), 2, after(2), id="server-internal"),
        pytest.param(problem("badNonce"), 1, after(1), id="bad-nonce-that-leaked"),
        pytest.param(problem("orderNotReady", 403), 1, after(1), id="order-not-ready"),
        pytest.param(problem("conflict", 409), 1, after(1), id="conflict-at-the-ca"),
        pytest.param(problem("accountDoesNotExist"), 1, after(30), id="account-gone"),
        pytest.param(Violation("no Location"), 1, after(60), id="violation"),
        pytest.param(Violation("no Location"), 9, after(3600), id="violation-for-ever"),
        pytest.param(Misconfigured("http:// is not used"), 1, OnChange(), id="misconfigured"),
        pytest.param(Silent("ns1 is silent"), 2, after(2), id="dns-server-silent"),
        pytest.param(Unsupported("route53"), 2, OnChange(), id="provider-unsupported"),
        pytest.param(ValueError("what?"), 1, after(1), id="unknown-is-tried-again"),
        pytest.param(
            FailureFacts(message="no provider", lasting=True), 7, OnChange(), id="lasting"
        ),
        pytest.param(
            FailureFacts(message="not seen", unseen_since=NOW), 3, after(0.2), id="unseen-young"
        ),
        pytest.param(
            FailureFacts(message="not seen", unseen_since=NOW - 5 * MINUTE),
            3,
            after(10),
            id="unseen-minutes",
        ),
        pytest.param(
            FailureFacts(message="not seen", unseen_since=NOW - HOUR),
            3,
            after(60),
            id="unseen-hour",
        ),
        pytest.param(Conflict(409, "Conflict", "changed"), 1, after(0), id="api-conflict"),
        pytest.param(TooManyRequests(429, "", "busy", retry_after=7.0), 1, after(7), id="api-busy"),
        pytest.param(Unavailable(503, "", "down"), 3, after(4), id="api-down"),
        pytest.param(Forbidden(403, "", "no rule"), 30, after(300), id="api-forbidden"),
    ],
)
def test_failures_that_are_waited_for(
    failure: Exception | FailureFacts, attempts: int, expected: RetryAt | OnChange
) -> None:
    assert verdict(failure, NOW, attempts=attempts) == expected


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((kind, 400) for kind in sorted(WAITS_FOR_CHANGE)),
        ("unauthorized", 403),
        ("dns", 400),
        ("alreadyReplaced", 409),
        ("aTypeOfTomorrow", 418),
    ],
)
def test_refusals_end_the_attempt_in_the_ca_s_own_words(kind: str, status: int) -> None:
    refused = Problem(
        status=status,
        kind=kind,
        detail="not that name",
        subproblems=(Subproblem("caa", "CAA forbids", "a.example.com"),),
    )
    match verdict(refused, NOW, attempts=1):
        case GiveUp(reason):
            assert reason == (
                f"{status} urn:ietf:params:acme:error:{kind}: not that name"
                " [a.example.com: caa: CAA forbids]"
            )
        case other:
            pytest.fail(f"{other}")


def test_a_profile_that_the_directory_lacks_ends_the_attempt_and_is_read_back() -> None:
    match verdict(Misconfigured("no such profile", kind="invalidProfile"), NOW, attempts=1):
        case GiveUp(reason):
            assert problem_kind(reason) == "invalidProfile"
        case other:
            pytest.fail(f"{other}")


problems = st.builds(
    Problem,
    status=st.integers(0, 599),
    kind=st.sampled_from([*sorted(WAITS_FOR_CHANGE), "rateLimited", "dns", "badNonce", "", "odd"]),
    detail=st.text(max_size=20),
    retry_at=st.none() | st.timedeltas(timedelta(), HOUR).map(lambda delay: NOW + delay),
)
failures = st.one_of(
    problems,
    st.builds(Unreachable, st.text(), status=st.sampled_from([0, 500, 503])),
    st.builds(Violation, st.text()),
    st.builds(Exception, st.text()),
    st.builds(ApiError, st.integers(0, 599), st.text(), st.text()),
    st.builds(
        FailureFacts,
        message=st.text(),
        kind=st.text(max_size=5),
        status=st.integers(0, 599),
        lasting=st.booleans(),
        violation=st.booleans(),
        unseen_since=st.none() | st.just(NOW - MINUTE),
    ),
)
moments = st.integers(0, 999_999).map(lambda micro: NOW.replace(microsecond=micro))


@given(failures, moments, st.integers(-1, 10_000))
def test_every_failure_has_a_verdict_and_no_end_without_a_reason(
    failure: Exception | FailureFacts, now: datetime, attempts: int
) -> None:
    match verdict(failure, now, attempts=attempts):
        case RetryAt(time):
            assert now <= time
        case GiveUp(reason):
            assert reason
        case OnChange():
            pass


@given(problems, moments, st.integers(1, 50))
def test_a_wish_of_the_ca_is_never_undercut(failure: Problem, now: datetime, attempts: int) -> None:
    match verdict(failure, now, attempts=attempts):
        case RetryAt(time) if failure.retry_at is not None:
            assert time >= failure.retry_at
        case _:
            pass


def test_those_who_failed_together_do_not_come_back_together() -> None:
    later = NOW.replace(microsecond=999_999)
    waits = {
        (now, wait.time - now)
        for now in (NOW, later)
        for wait in [verdict(Unreachable("down"), now, attempts=7)]
        if isinstance(wait, RetryAt)
    }
    assert len({wait for _, wait in waits}) == 2


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        pytest.param("", "", id="empty"),
        pytest.param('order is in "invalid" state: ', "", id="none"),
        pytest.param(
            "Failed to create Order: 400 urn:ietf:params:acme:error:rejectedIdentifier: blocked",
            "rejectedIdentifier",
            id="one",
        ),
        pytest.param(
            "a: urn:ietf:params:acme:error:dns: NXDOMAIN; b: urn:ietf:params:acme:error:caa: no",
            "caa",
            id="the-lasting-one-first",
        ),
        pytest.param(
            "a: urn:ietf:params:acme:error:dns: NXDOMAIN; "
            "b: urn:ietf:params:acme:error:connection: refused",
            "dns",
            id="else-the-first",
        ),
        pytest.param(
            "400 urn:ietf:params:acme:error:compound: several [a.example: dns: NXDOMAIN; "
            "b.example: rejectedIdentifier: blocked]",
            "rejectedIdentifier",
            id="inside-a-compound",
        ),
    ],
)
def test_the_problem_type_is_read_back(reason: str, kind: str) -> None:
    assert problem_kind(reason) == kind


@given(problems)
def test_what_a_sentence_says_is_read_back(failure: Problem) -> None:
    assert problem_kind(f"Failed: {facts_of(failure).message}") == failure.kind


@pytest.mark.parametrize(
    ("failed", "minutes"), [(0, 1), (1, 1), (2, 4), (3, 16), (4, 60), (5, 60), (400, 60)]
)
def test_attempts_are_spaced(failed: int, minutes: int) -> None:
    for kind in ("dns", "connection", "unauthorized", "", "aTypeOfTomorrow"):
        assert next_attempt(kind, failed, NOW) == NOW + minutes * MINUTE


@pytest.mark.parametrize("kind", sorted(WAITS_FOR_CHANGE | INVALID_REASONS))
def test_what_waits_for_a_change_is_tried_once_a_day(kind: str) -> None:
    assert next_attempt(kind, 1, NOW, minimum=SECOND) == NOW + 24 * HOUR
    assert next_attempt(kind, 9, NOW) == NOW + 24 * HOUR
    assert next_attempt(kind, 9, NOW, maximum=32 * HOUR) == NOW + 32 * HOUR


@pytest.mark.parametrize(
    ("reason", "message", "kind"),
    [
        pytest.param("Failed", f"403 {URN}caa: no", "caa", id="the-CA-s-word"),
        pytest.param("Failed", "it broke", "", id="unknown"),
        pytest.param("InvalidOrder", f"URI {URN}dns: is no name", "InvalidOrder", id="reason"),
        pytest.param("BadNames", f"403 {URN}caa: no", "caa", id="a-reason-of-another-s"),
    ],
)
def test_what_an_attempt_failed_of(reason: str, message: str, kind: str) -> None:
    assert failure_kind(reason, message) == kind


@pytest.mark.parametrize(
    ("failed", "minimum", "maximum", "wait"),
    [
        pytest.param(1, 10 * SECOND, None, 10 * SECOND, id="first"),
        pytest.param(2, 10 * SECOND, None, 40 * SECOND, id="grows-from-the-first"),
        pytest.param(9, 10 * SECOND, None, HOUR, id="to-the-usual-last"),
        pytest.param(9, None, 32 * HOUR, 32 * HOUR, id="last"),
        pytest.param(3, HOUR, None, HOUR, id="first-beyond-the-last"),
        pytest.param(9, timedelta(days=30), timedelta(days=90), timedelta(days=90), id="long"),
    ],
)
def test_the_operator_s_bounds(
    failed: int, minimum: timedelta | None, maximum: timedelta | None, wait: timedelta
) -> None:
    assert next_attempt("dns", failed, NOW, minimum=minimum, maximum=maximum) == NOW + wait


def test_at_most_five_attempts_within_any_hour() -> None:
    attempts = [NOW]
    for failed in range(1, 30):
        attempts.append(next_attempt("dns", failed, attempts[-1]))
    assert all(
        sum(1 for other in attempts if start <= other < start + HOUR) <= 5 for start in attempts
    )
