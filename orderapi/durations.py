"""Durations in Go's syntax, as the API writes them: `2160h`, `1h30m`, `1.5h`, `-10s`, `0`."""

import re
from datetime import timedelta
from fractions import Fraction
from typing import Final

from orderapi.validation.fault import quoted

_NANOSECONDS: Final = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # micro sign
    "\u03bcs": 1_000,  # Greek mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}

_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII)
_LONGEST: Final = 100  # characters; reading takes time with their square
_LIMIT: Final = 2**63  # Go counts nanoseconds in 64 bits: about 292 years


def parse_duration(text: str) -> timedelta:
    """The duration that Go reads in `text`, cut to microseconds; ValueError says what is wrong."""
    count = nanoseconds(text)
    return (-1 if count < 0 else 1) * timedelta(microseconds=abs(count) // 1_000)


def nanoseconds(text: str) -> int:
    """The duration that Go reads in `text`, to the last digit; ValueError says what is wrong."""
    if len(text) > _LONGEST:
        raise ValueError(f"{quoted(text)} is too long for a duration; write it like 2160h or 1h30m")
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    count = sum(map(_part_nanoseconds, _parts(text, rest)))
    if count >= _LIMIT:
        raise ValueError(f"{quoted(text)} is too long for a duration: the limit is about 292 years")
    return sign * int(count)


def format_duration(duration: timedelta) -> str:
    """`duration` as Go prints it: `2160h0m0s`, `1m30.5s`, `250ms`, `0s`."""
    microseconds = abs(duration) // timedelta(microseconds=1)
    sign = "-" if duration < timedelta() else ""
    if microseconds == 0:
        return "0s"
    if microseconds < 1_000:
        return f"{sign}{microseconds}\u00b5s"
    if microseconds < 1_000_000:
        return f"{sign}{_decimal(microseconds, 1_000)}ms"
    minutes, rest = divmod(microseconds, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, 1_000_000)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _parts(text: str, rest: str) -> list[re.Match[str]]:
    parts: list[re.Match[str]] = []
    position = 0
    while position < len(rest) or not parts:
        part = _PART.match(rest, position)
        if part is None or not (part[1] or part[2]):
            raise ValueError(f"{quoted(text)} is not a duration; write it like 2160h, 1h30m or 90s")
        parts.append(part)
        position = part.end()
    return parts


def _part_nanoseconds(part: re.Match[str]) -> Fraction:
    whole, fraction, unit = part.groups()
    return Fraction(f"{whole or 0}.{fraction or 0}") * _NANOSECONDS[unit]


def _decimal(value: int, one: int) -> str:
    """`value` in units of `one`, a power of ten, without trailing zeros."""
    whole, rest = divmod(value, one)
    digits = f"{rest:0{len(str(one)) - 1}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
