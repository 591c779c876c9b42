"""`spec.renewal`: whether and when to renew.

Issuing copes with every fault of it: the certificate is renewed as if no windows were given. How a
cron expression is read is not known here.
"""

from collections.abc import Iterator
from datetime import UTC, timedelta, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from orderapi.certificate import Renewal, RenewalWindow
from orderapi.durations import parse_duration
from orderapi.validation.fault import SpecFault, not_one_of, quoted

POLICIES: Final = ("RenewBefore", "Disabled")
MAX_WINDOWS: Final = 16
"""An expression that seldom matches takes some 20 ms, and all windows are evaluated."""

_LONGEST_TEXT: Final = 500
"""Characters of an expression: all minutes, hours, days and months fit in, one by one."""


class Window(NamedTuple):
    """A window that has been read, but for its expression."""

    path: str
    """Of the expression."""
    cron: str
    zone: tzinfo
    length: timedelta


def renewal_faults(renewal: Renewal | None) -> Iterator[SpecFault]:
    """What is wrong with the policy, and with windows where it excludes them."""
    if renewal is None:
        return
    if not renewal.policy:
        yield SpecFault("spec.renewal.policy", f"is empty; set one of {', '.join(POLICIES)}")
    elif renewal.policy not in POLICIES:
        yield not_one_of("spec.renewal.policy", renewal.policy, POLICIES)
    elif renewal.policy == "Disabled" and renewal.windows:
        yield SpecFault(
            "spec.renewal.windows", "mean nothing where spec.renewal.policy is Disabled"
        )


def read_window(index: int, window: RenewalWindow) -> Window | SpecFault:
    """The window at `index` of `spec.renewal.windows`, or what is wrong with it."""
    path = f"spec.renewal.windows[{index}]"
    if len(window.cron) > _LONGEST_TEXT:
        return bad_cron(f"{path}.cron", window.cron)
    if len(window.cron.split()) != 5:
        return SpecFault(f"{path}.cron", f"{quoted(window.cron)} has not five fields")
    zone = _zone(window.timezone or "UTC")
    if isinstance(zone, str):
        return SpecFault(f"{path}.timezone", zone)
    length = _length(window.window_duration)
    if isinstance(length, str):
        return SpecFault(f"{path}.windowDuration", length)
    return Window(f"{path}.cron", window.cron, zone, length)


def bad_cron(path: str, text: str) -> SpecFault:
    """The fault of an expression that cannot be read."""
    return SpecFault(
        path,
        f"{quoted(text)} is not a cron expression of the fields minute, hour, day of month, month, "
        "day of week",
    )


def _zone(name: str) -> tzinfo | str:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return f"{quoted(name)} is not an IANA time zone such as Europe/Berlin"


def _length(text: str) -> timedelta | str:
    try:
        length = parse_duration(text)
    except ValueError as error:
        return str(error)
    return length if length > timedelta() else f"{quoted(text)} must be longer than 0s"
