"""What happens to a Challenge after its end and while it is deleted."""

from datetime import timedelta

import msgspec
import pytest

from controller.challenges.actions import Action, CleanUp, Release, Rest, Wait
from controller.challenges.decide import decide
from controller.challenges.observed import Observed
from orderapi.challenge import Challenge
from tests.controller.challenges.build import FINGERPRINT, ORDER, clean_ups, presented, seen
from tests.controller.orders.build import (
    DNS_SOLVER,
    NOW,
    SECOND,
    a_challenge,
    an_issuer,
    selecting,
)

ENDED = presented(state="valid")
LEAVING = a_challenge(
    ORDER, deleting=True, presented=True, presented_solver=FINGERPRINT, state="pending"
)
EDITED = an_issuer(selecting(DNS_SOLVER, "x"))
MINUTE = timedelta(minutes=1)


def without_finalizers(challenge: Challenge) -> Challenge:
    meta = msgspec.structs.replace(challenge.metadata, finalizers=("other.example/f",))
    return msgspec.structs.replace(challenge, metadata=meta)


def with_legacy_finalizer(challenge: Challenge) -> Challenge:
    meta = msgspec.structs.replace(
        challenge.metadata, finalizers=("finalizer.acme.cert-manager.io",)
    )
    return msgspec.structs.replace(challenge, metadata=meta)


ROWS = [
    pytest.param(seen(ENDED), CleanUp(10.0), id="ended"),
    pytest.param(seen(ENDED, cleaned=True), Release(), id="ended-and-cleaned"),
    pytest.param(seen(without_finalizers(ENDED)), Rest(), id="ended-and-released"),
    pytest.param(
        seen(with_legacy_finalizer(ENDED), cleaned=True), Release(), id="legacy-finalizer"
    ),
    pytest.param(seen(a_challenge(ORDER, state="errored")), Release(), id="never-published"),
    pytest.param(seen(LEAVING), CleanUp(4.0), id="deleted"),
    pytest.param(seen(LEAVING, shared=True), Release(), id="another-needs-the-same-record"),
    pytest.param(seen(LEAVING, order=None), CleanUp(4.0), id="deleted-after-its-order"),
    pytest.param(seen(a_challenge(ORDER, deleting=True)), Release(), id="deleted-before-anything"),
    pytest.param(
        seen(a_challenge(ORDER, deleting=True), tried_to_present=True, credentials_held=True),
        CleanUp(4.0),
        id="deleted-while-its-publication-was-uncertain",
    ),
    pytest.param(
        seen(LEAVING, no_issuer=True, credentials_held=True),
        CleanUp(4.0),
        id="issuer-gone-but-held",
    ),
    pytest.param(
        seen(LEAVING, issuer=EDITED, credentials_held=True), CleanUp(4.0), id="edited-but-held"
    ),
    pytest.param(
        seen(LEAVING, clean_ups=clean_ups(1), now=NOW + SECOND / 2),
        Wait(NOW + SECOND),
        id="failed-once",
    ),
    pytest.param(
        seen(LEAVING, clean_ups=clean_ups(1), now=NOW + SECOND), CleanUp(4.0), id="second-try"
    ),
    pytest.param(
        seen(ENDED, clean_ups=clean_ups(9, last_at=NOW), now=NOW + MINUTE),
        CleanUp(10.0),
        id="patience-while-nobody-waits",
    ),
]


@pytest.mark.parametrize(("observed", "expected"), ROWS)
def test_the_way_out(observed: Observed, expected: Action) -> None:
    assert decide(observed) == expected


@pytest.mark.parametrize(
    ("observed", "why"),
    [
        pytest.param(seen(LEAVING, no_issuer=True), "issuer with its credentials", id="no-issuer"),
        pytest.param(seen(LEAVING, issuer=EDITED), "no longer has the solver", id="edited-issuer"),
        pytest.param(
            seen(
                msgspec.structs.replace(
                    LEAVING, spec=msgspec.structs.replace(LEAVING.spec, dns_name="bank.example")
                )
            ),
            "was changed since",
            id="changed-challenge",
        ),
        pytest.param(
            seen(a_challenge(ORDER, deleting=True, presented=True), order=None),
            "not known what was published",
            id="orphan-without-digest",
        ),
        pytest.param(
            seen(LEAVING, clean_ups=clean_ups(1, hopeless=True)), "down.", id="secret-gone"
        ),
        pytest.param(
            seen(LEAVING, clean_ups=clean_ups(9), now=NOW + 600 * SECOND),
            "down.",
            id="ten-minutes",
        ),
        pytest.param(
            seen(LEAVING, clean_ups=clean_ups(1), namespace_terminating=True),
            "down.",
            id="terminating-namespace",
        ),
        pytest.param(
            seen(ENDED, clean_ups=clean_ups(9), now=NOW + 600 * SECOND),
            "down.",
            id="ten-minutes-after-its-end",
        ),
    ],
)
def test_what_cannot_be_taken_away_is_told_and_let_go(observed: Observed, why: str) -> None:
    action = decide(observed)
    assert isinstance(action, Release)
    assert why in action.leftover
    assert "may be left behind at _acme-challenge." in action.leftover
