"""How spans, times, names and foreign text are put into sentences. Pure.

Times are UTC. Foreign text comes out on one line and of bounded length, otherwise as
it came: whoever prints it escapes it.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

SHORT: Final = 160
"""Characters of foreign text within a headline."""
LONG: Final = 600
"""Characters of foreign text in a sentence of evidence."""
LONGEST: Final = 1_000
"""Characters of a sentence of evidence, whatever is in it."""

_SHOWN: Final = 5
_TIME: Final = re.compile(r"\bat (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", re.ASCII)
_LONGEST_NAME: Final = 253
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def lasting(span: timedelta) -> str:
    """A span in its largest fitting unit, rounded down: `45 s`, `3 min`, `2 h`, `80 d`. The sign
    does not count."""
    seconds = int(abs(span.total_seconds()))
    for unit, name, least in ((_DAY, "d", 2 * _DAY), (_HOUR, "h", 2 * _HOUR)):
        if seconds >= least:
            return f"{seconds // unit} {name}"
    return f"{seconds // _MINUTE} min" if seconds >= 2 * _MINUTE else f"{seconds} s"


def distance(time: datetime, now: datetime) -> str:
    """How far a time is away: `3 min ago`, `in 2 h`, `now`."""
    span = time - now
    if abs(span.total_seconds()) < 1:
        return "now"
    return f"in {lasting(span)}" if span > timedelta() else f"{lasting(span)} ago"


def stamp(time: datetime) -> str:
    """A time as the API writes it: `2026-11-24T09:00:00Z`."""
    try:
        whole = time.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    except OverflowError:
        return time.isoformat(timespec="seconds")
    return f"{whole.isoformat()}Z"


def dated(time: datetime) -> str:
    """A time for people, to the minute: `2026-11-24 09:00 UTC`."""
    day, _, clock = stamp(time).partition("T")
    return f"{day} {clock[:5]} UTC"


def dated_after(time: datetime) -> str:
    """The same, rounded up: nothing is promised for before its time."""
    try:
        return dated(time + timedelta(seconds=59))
    except OverflowError:
        return dated(time)


def one_line(text: str, most: int = LONG) -> str:
    """The text on one line, of at most so many characters, with an ellipsis where it is cut."""
    # What is cut anyway is not gone through: a status may be long.
    line = " ".join(text[: 8 * most].split())
    return line if len(line) <= most else line[: most - 1] + "…"


def quoted(name: str) -> str:
    """A name in double quotes."""
    return f'"{one_line(name, _LONGEST_NAME)}"'


def sentence(text: str, most: int = LONG) -> str:
    """The text as one sentence with its period."""
    line = one_line(text, most)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def clause(text: str, most: int = SHORT) -> str:
    """The text as the end of a headline: on one line, without a period."""
    return one_line(text, most).rstrip(". ")


def within(headline: str) -> str:
    """A headline within another sentence."""
    return f"t{headline[1:]}" if headline.startswith("The ") else headline


def counted(number: int, what: str) -> str:
    """`1 challenge`, `3 challenges`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(names: Sequence[str]) -> str:
    """Names in quotes, some of them where there are many: `"a", "b" and 3 more`."""
    shown = ", ".join(map(quoted, names[:_SHOWN]))
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def time_at(text: str) -> datetime | None:
    """The time that a sentence names: `... at 2026-11-24T09:00:00Z`."""
    found = _TIME.search(text)
    try:
        return datetime.fromisoformat(found[1]) if found is not None else None
    except ValueError:
        return None
