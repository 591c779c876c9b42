"""Retry-After in every shape that CAs send, and our own pace without it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.retryafter import delay, poll_at, poll_time, refusal_time
from tests.controller.acme.build import NOW

SECOND = timedelta(seconds=1)
NEAR = st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=3), datetime(2027, 1, 1))  # noqa: DTZ001


@dataclass(frozen=True)
class Polled:
    """An order or authorization with that wish of the CA."""

    retry_at: datetime | None = None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param("", None, id="empty"),
        pytest.param("  ", None, id="blank"),
        pytest.param("0", 0, id="zero"),
        pytest.param("3", 3, id="seconds"),
        pytest.param(" 3 ", 3, id="seconds in blanks"),
        pytest.param("-5", None, id="negative"),
        pytest.param("1.5", None, id="a fraction"),
        pytest.param("soon", None, id="words"),
        pytest.param("٣", None, id="digits of another script"),
        pytest.param("9" * 40, 10**9, id="absurd"),
        pytest.param("9" * 5000, None, id="absurdly long"),
        pytest.param("Tue, 24 Nov 2026 12:00:30 GMT", 30, id="date"),
        pytest.param("Tuesday, 24-Nov-26 12:00:30 GMT", 30, id="date of RFC 850"),
        pytest.param("Tue Nov 24 12:00:30 2026", 30, id="date of asctime"),
        pytest.param("Tue, 24 Nov 2026 13:00:30 +0100", 30, id="date with an offset"),
        pytest.param("Tue, 24 Nov 2026 11:59:00 GMT", 0, id="date in the past"),
        pytest.param("Tue, 99 Nov 2026 11:59:00 GMT", None, id="no such date"),
        pytest.param("2026-11-24T12:00:30Z", None, id="another date format"),
    ],
)
def test_delay(value: str | None, seconds: int | None) -> None:
    assert delay(value, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("", None, id="empty: our own pace"),
        pytest.param("0", 1, id="zero: a second"),
        pytest.param("1", 1, id="one"),
        pytest.param("299", 299, id="below the longest"),
        pytest.param("86400", 300, id="a day: five minutes"),
        pytest.param("Tue, 24 Nov 2026 11:00:00 GMT", 1, id="past: a second"),
    ],
)
def test_polling_is_clamped(value: str, seconds: int | None) -> None:
    assert poll_time(value, NOW) == (None if seconds is None else NOW + seconds * SECOND)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("7", 7, id="exactly"),
        pytest.param("86400", 86400, id="a day"),
        pytest.param("86401", 86400, id="more than a day"),
        pytest.param("Tue, 24 Nov 2026 18:00:01 GMT", 21601, id="a date"),
        pytest.param("junk", None, id="junk"),
    ],
)
def test_a_refusal_waits_exactly_as_long_as_the_ca_says(value: str, seconds: int | None) -> None:
    assert refusal_time(value, NOW) == (None if seconds is None else NOW + seconds * SECOND)


def test_our_own_pace_begins_at_100_ms_and_ends_at_5_s() -> None:
    waits = [(poll_at(Polled(), NOW, n) - NOW).total_seconds() for n in range(9)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_the_wish_of_the_ca_comes_before_our_own_pace() -> None:
    wish = NOW + 7 * SECOND
    assert poll_at(Polled(wish), NOW, 0) == wish
    assert poll_at(Polled(wish), wish + SECOND, 0) == wish + SECOND


@given(st.text(max_size=80), NEAR)
def test_no_header_text_breaks_anything(value: str, naive: datetime) -> None:
    now = naive.replace(tzinfo=NOW.tzinfo)
    polled, refused = poll_time(value, now), refusal_time(value, now)
    assert polled is None or now + SECOND <= polled <= now + 300 * SECOND
    assert refused is None or now <= refused <= now + timedelta(days=1)


@given(st.integers(0, 10**12))
def test_seconds_and_dates_agree(seconds: int) -> None:
    seconds %= 10**7
    date = format_datetime(NOW + seconds * SECOND, usegmt=True)
    assert delay(str(seconds), NOW) == delay(date, NOW) == seconds * SECOND


@given(st.integers(-5, 10**6))
def test_polling_never_gets_faster(attempt: int) -> None:
    assert NOW < poll_at(Polled(), NOW, attempt) <= poll_at(Polled(), NOW, attempt + 1)
