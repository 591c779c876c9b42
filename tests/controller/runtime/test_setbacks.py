"""Who was kept back lately, and who is forgotten."""

from datetime import UTC, datetime, timedelta

from controller.runtime.setbacks import LATELY, Setbacks

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_only_the_first_is_the_first() -> None:
    setbacks = Setbacks()
    assert setbacks.is_first("a", NOW)
    assert not setbacks.is_first("a", NOW + timedelta(minutes=1))
    assert setbacks.is_first("b", NOW)


def test_one_counts_as_long_as_others_follow() -> None:
    setbacks = Setbacks()
    setbacks.is_first("a", NOW)
    assert not setbacks.is_first("a", NOW + LATELY * 0.9)
    assert not setbacks.is_first("a", NOW + LATELY * 1.8)
    assert setbacks.is_first("a", NOW + LATELY * 2.8)
