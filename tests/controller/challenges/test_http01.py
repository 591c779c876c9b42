"""What is different for HTTP-01: routes that others take away, replicas, a view of one's own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from controller.challenges.actions import (
    Action,
    Answer,
    Check,
    CleanUp,
    Explain,
    Present,
    Release,
    Wait,
)
from controller.challenges.decide import BLIND, CONFIRM, MENDED, decide
from controller.challenges.knowledge import Notebook
from controller.challenges.observed import Checked, Observed
from controller.challenges.unwind import unwind
from controller.solvers import check
from controller.solvers.fingerprint import fingerprint
from orderapi.challenge import Challenge, ChallengeStatus
from orderapi.solver import Solver
from tests.controller.challenges.build import ORDER, a_sighting, checked, clean_ups, presented, seen
from tests.controller.orders.build import HTTP_SOLVER, NOW, SECOND, an_issuer

EVIDENCE = "TCP: www.example.com at 192.0.2.7 port 80: no answer within 5 s"
MINUTE = timedelta(minutes=1)


def an_http_challenge(solver: Solver = HTTP_SOLVER, *, reason: str = "") -> Challenge:
    """A Challenge of the Order whose route is made."""
    dns = presented(at=NOW, reason=reason)
    spec = msgspec.structs.replace(
        dns.spec, type="HTTP-01", solver=solver, url="https://ca.example/challenge/0/http-01"
    )
    status = msgspec.structs.replace(dns.status, presented_solver=fingerprint(spec))
    return msgspec.structs.replace(dns, spec=spec, status=status)


def looked(
    found: Checked | None = None, *, after: timedelta = timedelta(), standing: bool = True
) -> Observed:
    """The Challenge, presented at NOW, so long after; `found` by our check."""
    return seen(
        an_http_challenge(),
        order=ORDER,
        issuer=an_issuer(HTTP_SOLVER),
        now=NOW + after,
        standing=standing,
        presented_at=NOW,
        knows_answered=True,
        sighting=a_sighting(at=NOW + after),
        checked=found,
    )


def a_pass(*, in_row: int, at: timedelta = timedelta()) -> Checked:
    """A check that found the answer, so many times in a row."""
    return Checked(passed=True, evidence="found", at=NOW + at, in_row=in_row)


def unknown(*, at: timedelta) -> Checked:
    """A check that could see nothing from here."""
    return Checked(passed=False, evidence=EVIDENCE, at=NOW + at, unknown=True)


@pytest.mark.parametrize(
    ("found", "after", "expected"),
    [
        pytest.param(None, timedelta(), Check(), id="at-first"),
        pytest.param(a_pass(in_row=1), timedelta(), Wait(NOW + CONFIRM), id="seen-once"),
        pytest.param(a_pass(in_row=1), CONFIRM, Check(), id="looks-again"),
        pytest.param(a_pass(in_row=2), CONFIRM, Answer(), id="seen-twice"),
        pytest.param(unknown(at=BLIND - SECOND), BLIND - SECOND, None, id="blind-and-waits"),
        pytest.param(unknown(at=BLIND), BLIND, Answer(), id="blind-for-long"),
    ],
)
def test_when_the_ca_is_asked(found: Checked | None, after: timedelta, expected: object) -> None:
    action = decide(looked(found, after=after))
    if expected is None:
        assert isinstance(action, Explain)
    else:
        assert action == expected


def test_what_cannot_be_seen_is_told_with_the_time_when_the_ca_is_asked() -> None:
    told = _explained(decide(looked(unknown(at=3 * SECOND), after=3 * SECOND)))
    assert told.reason == (
        "Whether the HTTP-01 answer can be seen cannot be told from here; at 2026-11-24T09:02:00Z "
        f"the CA is asked to look all the same. {EVIDENCE}"
    )


def test_a_definite_failure_never_goes_to_the_ca() -> None:
    for minutes in (1, 5, 60, 600):
        after = minutes * MINUTE
        action = decide(looked(checked("HTTP: answered 404", at=NOW + after), after=after))
        assert not isinstance(action, Answer)


def test_a_route_that_is_taken_away_is_made_again_but_not_in_a_fight() -> None:
    failed = checked("HTTP: answered 404", at=NOW)
    assert isinstance(decide(looked(failed, after=SECOND, standing=False)), Wait | Check)
    assert decide(looked(failed, after=MENDED, standing=False)) == Present()


def test_a_fight_about_a_route_neither_delays_the_ca_nor_goes_untold() -> None:
    """Somebody takes it away every few seconds, and nothing can be seen from here."""
    since = BLIND - SECOND
    known = {"presented_at": NOW, "published_at": NOW + since, "publications": 5}
    blind = fought(unknown(at=since + SECOND), after=since + SECOND, **known)
    assert decide(blind) == Answer()
    soon = fought(unknown(at=30 * SECOND), after=30 * SECOND, **known | {"published_at": NOW})
    told = _explained(decide(soon))
    assert told.reason.startswith("The route is changed or deleted again and again")
    assert decide(fought(unknown(at=timedelta()), after=SECOND, **known)) == Check()


def fought(found: Checked, *, after: timedelta, **known: Any) -> Observed:
    """The Challenge so long after it was first presented, with its route standing again."""
    observed = looked(found, after=after)
    return replace(observed, knowledge=replace(observed.knowledge, **known))


TOLD = msgspec.structs.replace(HTTP_SOLVER, wait_instead_of_self_check="1h")


def told_to_wait(after: timedelta, *, reason: str = "", **seen: Any) -> Observed:
    """The Challenge, whose solver says to wait for an hour in place of a check."""
    challenge = an_http_challenge(TOLD, reason=reason)
    waits = looked(after=after)
    return replace(waits, challenge=challenge, issuer=an_issuer(TOLD), **seen)


def test_a_told_wait_ends_early_where_the_route_has_to_be_made_again() -> None:
    first = _explained(decide(told_to_wait(SECOND, standing=False)))
    again = told_to_wait(SECOND, reason=first.reason, standing=False)
    assert decide(again) == Wait(NOW + MENDED)


def test_a_told_wait_does_not_go_to_the_ca_where_nobody_can_answer() -> None:
    hour = timedelta(hours=1)
    assert decide(told_to_wait(hour)) == Answer()
    told = _explained(decide(told_to_wait(hour, obstacle="No replica is ready.")))
    assert told.reason == "No replica is ready."


def test_what_was_never_recorded_is_taken_away_all_the_same() -> None:
    """A crash may lie between the route and the status."""
    challenge = an_http_challenge()
    meta = msgspec.structs.replace(challenge.metadata, deletion_timestamp=NOW)
    fresh = msgspec.structs.replace(challenge, metadata=meta, status=ChallengeStatus())
    assert isinstance(unwind(seen(fresh, order=None)), CleanUp)


def test_passes_are_counted_in_a_row() -> None:
    notebook = Notebook()
    for passed in (True, True):
        notebook.checked("uid", check.Check(passed, "seen"), NOW)
    assert _counted(notebook) == 2
    notebook.checked("uid", check.Check(False, "503"), NOW)
    assert _counted(notebook) == 0


def test_a_route_is_taken_away_without_credentials_or_issuer() -> None:
    challenge = an_http_challenge()
    ended = msgspec.structs.replace(
        challenge, status=msgspec.structs.replace(challenge.status, state="invalid")
    )
    assert isinstance(unwind(seen(ended, no_issuer=True)), CleanUp)


def test_a_route_that_cannot_be_taken_away_is_told() -> None:
    challenge = an_http_challenge()
    ended = msgspec.structs.replace(
        challenge, status=msgspec.structs.replace(challenge.status, state="invalid")
    )
    tried = clean_ups(9, last_at=NOW + timedelta(minutes=10))
    released = unwind(seen(ended, now=NOW + timedelta(minutes=10), clean_ups=tried))
    assert isinstance(released, Release)
    assert released.leftover.startswith("The route of the challenge for 0.example.com may be left")


def test_the_refusal_says_that_our_check_could_not_tell() -> None:
    refused = seen(
        an_http_challenge(),
        order=ORDER,
        issuer=an_issuer(HTTP_SOLVER),
        presented_at=NOW,
        knows_answered=True,
        answered_at=NOW,
        sighting=a_sighting("invalid"),
        checked=unknown(at=timedelta()),
    )
    ended = decide(refused)
    assert f"Our own check could not tell: {EVIDENCE}" in getattr(ended, "reason", "")


def _explained(action: Action) -> Explain:
    assert isinstance(action, Explain)
    return action


def _counted(notebook: Notebook) -> int:
    known = notebook.of("uid").checked
    assert known is not None
    return known.in_row
