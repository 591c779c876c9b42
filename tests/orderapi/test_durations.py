"""Durations in Go's syntax."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.durations import format_duration, parse_duration
from orderapi.validation.fault import quoted

LONGEST = timedelta(days=106_751)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("2160h", timedelta(days=90)),
        ("2160h0m0s", timedelta(days=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        (".5s", timedelta(milliseconds=500)),
        ("1.s", timedelta(seconds=1)),
        ("90s", timedelta(seconds=90)),
        ("250ms", timedelta(milliseconds=250)),
        ("1s1s", timedelta(seconds=2)),
        ("1us", timedelta(microseconds=1)),
        ("1\u00b5s", timedelta(microseconds=1)),
        ("1\u03bcs", timedelta(microseconds=1)),
        ("1500ns", timedelta(microseconds=1)),
        ("0", timedelta()),
        ("-0", timedelta()),
        ("0s", timedelta()),
        ("+5m", timedelta(minutes=5)),
        ("-10s", timedelta(seconds=-10)),
        ("0.1h0.1m", timedelta(minutes=6, seconds=6)),
    ],
)
def test_what_go_reads(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "h",
        ".s",
        "90",
        "1d",
        "1h 30m",
        "1H",
        "--1s",
        "-",
        "+",
        "1h30",
        "\u0661s",
        "9999999h",
    ],
)
def test_what_go_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=90), "2160h0m0s"),
        (timedelta(minutes=90), "1h30m0s"),
        (timedelta(seconds=90.5), "1m30.5s"),
        (timedelta(seconds=10), "10s"),
        (timedelta(milliseconds=250), "250ms"),
        (timedelta(microseconds=1500), "1.5ms"),
        (timedelta(microseconds=7), "7\u00b5s"),
        (timedelta(), "0s"),
        (timedelta(seconds=-90), "-1m30s"),
    ],
)
def test_what_go_prints(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@given(duration=st.timedeltas(min_value=-LONGEST, max_value=LONGEST))
def test_what_is_printed_reads_as_the_same(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(
    hours=st.integers(0, 10_000),
    minutes=st.integers(0, 10_000),
    milliseconds=st.integers(0, 10**9),
)
def test_parts_add_up(hours: int, minutes: int, milliseconds: int) -> None:
    text = f"{hours}h{minutes}m{milliseconds}ms"
    expected = timedelta(hours=hours, minutes=minutes, milliseconds=milliseconds)
    assert parse_duration(text) == expected


@given(text=st.text(alphabet="0123456789.hmsnu-+ ", max_size=12))
def test_anything_is_a_duration_or_a_sentence(text: str) -> None:
    try:
        duration = parse_duration(text)
    except ValueError as error:
        assert quoted(text) in str(error)  # noqa: PT017
    else:
        assert parse_duration(format_duration(duration)) == duration
