"""The status of Orders and Challenges: who writes it, and what of it moves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi import states
from orderapi.refusals import FINAL_STATE
from tests.webhook.rules.acme_judging import SAMPLES, edited
from tests.webhook.rules.build import ADMIN, CONTROLLER, TENANT, changed, places
from webhook.request import User
from webhook.verdict import Verdict

KINDS = sorted(SAMPLES)
ENDED = {"valid", "invalid", "expired", "errored"}


def written(kind: str, old: Any, new: Any, user: User = CONTROLLER) -> Verdict:
    """The verdict on a status `new` in place of `old`; `...` stands for none."""
    before, after = (changed(SAMPLES[kind], "status", status) for status in (old, new))
    return edited(kind, before, after, user, subresource="status")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("user", [ADMIN, TENANT])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (..., {"state": "pending"}),
        ({"state": "pending"}, {"state": "pending", "reason": "so"}),
        ({"state": "pending", "reason": "so"}, {"state": "pending"}),
        ({"presented": False}, {"presented": True}),
    ],
)
def test_nobody_else_writes_a_status(kind: str, user: User, old: Any, new: Any) -> None:
    """Whatever is in it."""
    verdict = written(kind, old, new, user)
    assert places(verdict) == [("status", "status")]
    assert "delete the Order" in verdict.faults[0].text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("old", "new"), [(..., {}), ({}, None), ({"state": "", "url": ""}, ...), ({"a": 1}, {"a": 1})]
)
def test_a_status_that_says_the_same_passes(kind: str, old: Any, new: Any) -> None:
    """Absent and empty are one."""
    assert written(kind, old, new, TENANT).allowed


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.sampled_from(["", *states.ALL]), min_size=2, max_size=8))
def test_any_sequence_of_states_obeys_the_rule(kind: str, sequence: list[str]) -> None:
    """From a state on its way to any other but none; from an end to nowhere. Nothing leaves an end,
    and nothing becomes unknown again."""
    state = sequence[0]
    for wanted in sequence[1:]:
        verdict = written(kind, {"state": state} if state else ..., {"state": wanted})
        assert verdict.allowed is (wanted == state or (state not in ENDED and wanted != ""))
        assert places(verdict) == ([] if verdict.allowed else [("status.state", "transition")])
        if verdict.allowed:
            assert state not in ENDED or wanted == state
            state = wanted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", states.ALL)
@pytest.mark.parametrize("new", [..., None, {}, {"state": None}, {"reason": "gone"}])
def test_dropping_the_status_drops_no_state(kind: str, state: str, new: Any) -> None:
    """There is no way back to the start."""
    verdict = written(kind, {"state": state}, new)
    assert places(verdict) == [("status.state", "transition")]
    assert verdict.faults[0].text == f'it was "{state}"; {FINAL_STATE}'


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_one_of_the_api(kind: str) -> None:
    """The schema says so too."""
    assert places(written(kind, {"state": "pending"}, {"state": "done"})) == [
        ("status.state", "transition")
    ]


@pytest.mark.parametrize("field", ["url", "finalizeURL", "certificate"])
@pytest.mark.parametrize("new", ["other", "", None, ...])
def test_what_is_written_once_stays(field: str, new: Any) -> None:
    """Also for the controller; and where the whole status is dropped."""
    old = {"state": "pending", field: "first"}
    after = changed(old, field, new)
    assert places(written("Order", old, after)) == [(f"status.{field}", "transition")]
    assert (f"status.{field}", "transition") in places(written("Order", old, ...))


@pytest.mark.parametrize("field", ["url", "finalizeURL", "certificate"])
@pytest.mark.parametrize("old", ["", None, ...])
def test_what_is_not_written_yet_is_written(field: str, old: Any) -> None:
    """Once."""
    before = changed({"state": "pending"}, field, old)
    assert written("Order", before, {"state": "pending", field: "first"}).allowed


def test_the_rest_of_the_status_is_the_controllers() -> None:
    """Also once the Order has ended."""
    old = {"state": "valid", "url": "https://acme.example/1", "certificate": "AAAA"}
    new = {**old, "reason": "x", "authorizations": [], "diagnosis": {"cause": "x"}}
    assert written("Order", old, new).allowed


@pytest.mark.parametrize("kind", KINDS)
def test_all_faults_are_told_to_whoever_may_not_write(kind: str) -> None:
    """Who writes, and what."""
    verdict = written(kind, {"state": "valid"}, {"state": "pending"}, TENANT)
    assert places(verdict) == [("status", "status"), ("status.state", "transition")]
