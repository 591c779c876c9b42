"""What is different for HTTP-01: routes that others take away, replicas, a view of one's own."""

from datetime import timedelta

import msgspec
import pytest

from controller.challenges.actions import Action, Answer, Check, Explain, Present, Release, Wait
from controller.challenges.decide import BLIND, CONFIRM, MENDED, decide
from controller.challenges.knowledge import Notebook
from controller.challenges.observed import Checked, Observed
from controller.challenges.unwind import unwind
from controller.solvers import check
from controller.solvers.fingerprint import fingerprint
from orderapi.challenge import Challenge
from tests.controller.challenges.build import ORDER, a_sighting, checked, clean_ups, presented, seen
from tests.controller.orders.build import HTTP_SOLVER, NOW, SECOND, an_issuer

EVIDENCE = "TCP: www.example.com at 192.0.2.7 port 80: no answer within 5 s"
MINUTE = timedelta(minutes=1)


def an_http_challenge() -> Challenge:
    """A Challenge of the Order whose route is made."""
    dns = presented(at=NOW)
    spec = msgspec.structs.replace(
        dns.spec, type="HTTP-01", solver=HTTP_SOLVER, url="https://ca.example/challenge/0/http-01"
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
    assert type(unwind(seen(ended, no_issuer=True))).__name__ == "CleanUp"


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
