"""Conditions: one is changed, the others and the unchanged times stay."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from orderapi.conditions import Condition, find, is_true, with_condition, without

EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
NOW_WRITTEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

READY = Condition(type="Ready", status="True", reason="Ready", last_transition_time=EARLIER)
ISSUING = Condition(type="Issuing", status="False", last_transition_time=EARLIER)


@pytest.mark.parametrize(
    ("status", "time"),
    [
        pytest.param("True", EARLIER, id="same status"),
        pytest.param("False", NOW_WRITTEN, id="other status"),
        pytest.param("Unknown", NOW_WRITTEN, id="unknown"),
    ],
)
def test_the_time_moves_with_the_status_alone(status: str, time: datetime) -> None:
    new = Condition(type="Ready", status=status, reason="New", message="words")
    changed = find(with_condition((READY,), new, NOW), "Ready")
    assert changed is not None
    assert (changed.status, changed.reason, changed.message) == (status, "New", "words")
    assert changed.last_transition_time == time


def test_a_condition_keeps_its_place() -> None:
    new = Condition(type="Ready", status="False")
    changed = with_condition((READY, ISSUING), new, NOW)
    assert [condition.type for condition in changed] == ["Ready", "Issuing"]
    assert changed[1] is ISSUING


def test_a_new_condition_comes_last() -> None:
    changed = with_condition((READY,), Condition(type="Issuing", status="True"), NOW)
    assert [condition.type for condition in changed] == ["Ready", "Issuing"]
    assert changed[1].last_transition_time == NOW_WRITTEN


def test_the_time_is_utc() -> None:
    now = NOW.astimezone(timezone(timedelta(hours=5)))
    (changed,) = with_condition((), Condition(type="Ready", status="True"), now)
    assert changed.last_transition_time == NOW_WRITTEN
    assert changed.last_transition_time.tzinfo is UTC


def test_a_condition_without_a_time_gets_one() -> None:
    old = Condition(type="Ready", status="True")
    (changed,) = with_condition((old,), old, NOW)
    assert changed.last_transition_time == NOW_WRITTEN


def test_writing_the_same_again_changes_nothing() -> None:
    once = with_condition((ISSUING,), Condition(type="Ready", status="True"), NOW)
    twice = with_condition(once, Condition(type="Ready", status="True"), NOW + timedelta(hours=1))
    assert once == twice


def test_reading() -> None:
    conditions = (READY, ISSUING)
    assert is_true(conditions, "Ready")
    assert not is_true(conditions, "Issuing")
    assert not is_true(conditions, "Approved")
    assert find(conditions, "Approved") is None
    assert without(conditions, "Ready") == (ISSUING,)
    assert without(conditions, "Approved") == conditions
