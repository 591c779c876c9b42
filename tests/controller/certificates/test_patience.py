"""When the next attempt may be made: the wait after a failure, what ends it, and the budget."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.certificates import patience
from controller.certificates.observed import Absent, Observed, Wishes
from orderapi import attempts
from orderapi.attempts import Attempt
from orderapi.issuer import Issuer
from orderapi.names import ISSUER_SEEN
from tests.controller.certificates.build import (
    NOW,
    a_certificate,
    a_request,
    a_spec,
    an_issuer,
    failed_status,
    made,
    refused,
)

DNS = "urn:ietf:params:acme:error:dns: no such host"
REJECTED = "urn:ietf:params:acme:error:rejectedIdentifier: not that name"
SEEN = {ISSUER_SEEN: "uid-of-letsencrypt/1"}
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def after(
    message: str = DNS,
    *,
    ago: timedelta = timedelta(seconds=30),
    times: int = 1,
    generation: int = 1,
    issuer: Issuer | None = None,
    annotations: dict[str, str] | None = None,
    wishes: Wishes | None = None,
    reason: str = "Failed",
) -> Observed:
    """What is seen `ago` after the last of `times` failures of generation 1."""
    status = failed_status(message, ago=ago, attempts=times, reason=reason)
    request = a_request(status=refused(message), annotations=annotations or SEEN)
    return Observed(
        certificate=a_certificate(status=status, generation=generation),
        now=NOW,
        target=Absent(),
        issuer=issuer or an_issuer(),
        coming=(made(request),),
        wishes=wishes or Wishes(),
    )


FAILED_AT = NOW - timedelta(seconds=30)


@pytest.mark.parametrize(
    ("seen", "until"),
    [
        pytest.param(after(), FAILED_AT + MINUTE, id="first-waits-a-minute"),
        pytest.param(after(times=2), FAILED_AT + 4 * MINUTE, id="second-four"),
        pytest.param(after(times=3), FAILED_AT + 16 * MINUTE, id="third-sixteen"),
        pytest.param(after(times=9), FAILED_AT + 60 * MINUTE, id="later-an-hour"),
        pytest.param(
            after(wishes=Wishes(minimum_backoff=timedelta(hours=2))),
            FAILED_AT + timedelta(hours=2),
            id="operator's-minimum",
        ),
        pytest.param(
            after(times=9, wishes=Wishes(maximum_backoff=timedelta(hours=32))),
            FAILED_AT + timedelta(hours=32),
            id="operator's-maximum",
        ),
        pytest.param(after("it broke"), FAILED_AT + MINUTE, id="unknown-cause"),
        pytest.param(after(REJECTED), FAILED_AT + DAY, id="hopeless-a-day"),
        pytest.param(
            after("no such names", reason="InvalidOrder"), FAILED_AT + DAY, id="refused-unasked"
        ),
        pytest.param(
            after(DNS, times=9, reason="RequestParsingError"),
            FAILED_AT + DAY,
            id="refused-unasked-whatever-the-words",
        ),
        pytest.param(
            after("InvalidOrder", reason="BadNames"), FAILED_AT + MINUTE, id="another-s-reason"
        ),
    ],
)
def test_the_wait_after_a_failure(seen: Observed, until: datetime) -> None:
    wait = patience.after_failure(seen)
    assert wait is not None
    assert wait.until == until


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(after(ago=MINUTE), id="it-is-over"),
        pytest.param(after(generation=2), id="spec-changed"),
        pytest.param(after(REJECTED, generation=2), id="spec-changed-after-a-final-refusal"),
        pytest.param(after(REJECTED, issuer=an_issuer(generation=2)), id="issuer-changed"),
        pytest.param(after(REJECTED, issuer=an_issuer(ready_since=NOW)), id="issuer-became-ready"),
        pytest.param(
            after(REJECTED, annotations={ISSUER_SEEN: "another/1"}), id="issuer-was-made-anew"
        ),
        pytest.param(
            after(wishes=Wishes(minimum_backoff=timedelta(0))), id="operator-wants-no-wait"
        ),
        pytest.param(after(REJECTED, ago=DAY), id="a-day-after-a-final-refusal"),
        pytest.param(
            after("no", reason="InvalidOrder", generation=2), id="spec-changed-after-it-was-refused"
        ),
        pytest.param(replace(after(), certificate=a_certificate()), id="nothing-failed"),
    ],
)
def test_what_ends_the_wait(seen: Observed) -> None:
    assert patience.after_failure(seen) is None


@pytest.mark.parametrize(
    "issuer",
    [
        pytest.param(an_issuer(), id="unchanged"),
        pytest.param(an_issuer(generation=2, observed=1), id="changed-and-not-looked-at"),
        pytest.param(an_issuer(generation=2, ready=False), id="changed-and-not-ready"),
        pytest.param(an_issuer(ready=False, ready_since=NOW), id="became-unready"),
    ],
)
def test_a_final_refusal_waits_for_a_change(issuer: Issuer) -> None:
    wait = patience.after_failure(after(REJECTED, ago=DAY - MINUTE, issuer=issuer))
    assert wait is not None
    assert wait.until == NOW + MINUTE
    assert wait.sentence == (
        f"The last attempt failed: {REJECTED}. The next one is made when the Certificate or its "
        f"issuer changes, or at 2026-11-24T09:01:00Z."
    )


def test_the_budget_holds_whatever_ends_the_other_wait() -> None:
    names = attempts.names_digest(a_spec())
    spent = tuple(Attempt(NOW - n * MINUTE, names) for n in (50, 4, 3, 2, 1))
    seen = replace(after(generation=2), attempts=spent)
    wait = patience.longest(seen)
    assert wait is not None
    assert wait.until == NOW + 10 * MINUTE
    assert wait.sentence == (
        "5 requests were made within an hour, which is as many as a CA should get. "
        "The next one is made at 2026-11-24T09:10:00Z."
    )


def test_the_longer_wait_is_the_one_that_is_told() -> None:
    names = attempts.names_digest(a_spec())
    spent = tuple(Attempt(NOW - n * MINUTE, names) for n in (59.9, 4, 3, 2, 1))
    wait = patience.longest(replace(after(times=3), attempts=spent))
    assert wait is not None
    assert wait.until == FAILED_AT + 16 * MINUTE
    final = patience.longest(replace(after(REJECTED), attempts=spent))
    assert final is not None
    assert final.until == FAILED_AT + DAY
