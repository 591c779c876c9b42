"""Spans, times, names and foreign text in sentences."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.explain import words
from tests.kubectl_order.build import NOW, ago


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(seconds=120), "2 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=-80), "80 d"),
    ],
)
def test_a_span_has_one_unit(span: timedelta, told: str) -> None:
    assert words.lasting(span) == told


def test_distances() -> None:
    assert words.distance(NOW, NOW) == "now"
    assert words.distance(ago(minutes=3), NOW) == "3 min ago"


def test_a_time_for_people_is_to_the_minute() -> None:
    late = NOW.replace(second=1)
    assert words.dated(late) == "2026-11-24 09:00 UTC"
    assert words.dated_after(late) == "2026-11-24 09:01 UTC"
    assert words.dated_after(NOW) == "2026-11-24 09:00 UTC"
    ends = datetime.max.replace(tzinfo=UTC)
    assert words.dated_after(ends) == words.dated(ends) == "9999-12-31 23:59 UTC"


def test_a_time_is_written_as_the_api_writes_it() -> None:
    assert words.stamp(NOW.replace(microsecond=5)) == "2026-11-24T09:00:00Z"
    ends = datetime.max.replace(tzinfo=UTC)
    assert words.stamp(ends) == "9999-12-31T23:59:59Z"
    beyond = (
        datetime.min.replace(tzinfo=UTC)
        .astimezone(UTC)
        .replace(tzinfo=datetime.fromisoformat("2026-01-01T00:00:00+05:00").tzinfo)
    )
    assert words.stamp(beyond).startswith("0001-01-01")


def test_a_time_is_read_out_of_a_sentence() -> None:
    assert words.time_at("The next one is made at 2026-11-24T09:00:00Z.") == NOW
    assert words.time_at("at 2026-99-24T09:00:00Z") is None
    assert words.time_at("soon") is None


def test_names_are_listed() -> None:
    assert words.listed(["a", "b"]) == '"a", "b"'
    assert words.listed(list("abcdefg")) == '"a", "b", "c", "d", "e" and 2 more'
    assert words.counted(1, "challenge") == "1 challenge"
    assert words.counted(0, "challenge") == "0 challenges"


@given(text=st.text(), most=st.integers(2, 50))
def test_foreign_text_is_one_bounded_line(text: str, most: int) -> None:
    line = words.one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    assert len(words.sentence(text, most)) <= most + 1
