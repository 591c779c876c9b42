"""Renewal windows: move a point in time into the nearest of some recurring spans.

Pure: time and zone are inputs. A window that never opens, or an expression that cannot be read, is
told in a sentence; nothing here falls back to "any time" in silence.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from controller.pki.faults import quoted
from orderapi.certificate import RenewalWindow
from orderapi.durations import parse_duration

MAX_WINDOWS: Final = 16
"""An expression that seldom matches takes some 20 ms, and a reconcile evaluates every window."""

_SECOND: Final = timedelta(seconds=1)


class WindowFault(Exception):
    """Why the time cannot be moved into a window; the text begins with a field path."""


class _Window(NamedTuple):
    path: str
    cron: str
    zone: tzinfo
    length: timedelta


def fitted(
    desired: datetime,
    windows: Sequence[RenewalWindow],
    *,
    earliest: datetime,
    latest: datetime,
) -> datetime:
    """`desired` (aware, whole seconds) if a window is open then; else the last opening before it.

    Only openings after `earliest` and before `latest` count; where there is none before `desired`,
    the first one after it is taken. Raises `WindowFault`.
    """
    if len(windows) > MAX_WINDOWS:
        raise WindowFault(f"spec.renewal.windows: has more than {MAX_WINDOWS} windows")
    read = [_read(f"spec.renewal.windows[{i}]", window) for i, window in enumerate(windows)]
    before = []
    for window in read:
        opening = _opening(window, desired + _SECOND, backwards=True)
        if opening is None:
            continue
        if desired < opening + window.length:
            return desired
        before.append(opening)
    usable = [opening for opening in before if opening > earliest]
    if usable:
        return max(usable)
    after = [_opening(window, desired, backwards=False) for window in read]
    coming = [opening for opening in after if opening is not None and opening < latest]
    if coming:
        return min(coming)
    raise WindowFault(
        f"cannot find a time with the given windows between {_told(earliest)} and {_told(latest)} "
        f"for: {_told(desired)}"
    )


def _read(path: str, window: RenewalWindow) -> _Window:
    if len(window.cron.split()) != 5:
        raise WindowFault(f"{path}.cron: {quoted(window.cron)} has not five fields")
    name = window.timezone or "UTC"
    try:
        zone: tzinfo = UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise WindowFault(
            f"{path}.timezone: {quoted(name)} is not an IANA time zone such as Europe/Berlin"
        ) from None
    try:
        length = parse_duration(window.window_duration)
    except ValueError as error:
        raise WindowFault(f"{path}.windowDuration: {error}") from None
    if length <= timedelta():
        raise WindowFault(f"{path}.windowDuration: is not longer than zero")
    return _Window(path, window.cron, zone, length)


def _opening(window: _Window, time: datetime, *, backwards: bool) -> datetime | None:
    """The first opening strictly before or after `time`, in UTC; None where the calendar ends."""
    try:
        openings = CronSim(window.cron, time.astimezone(window.zone), reverse=backwards)
        return next(openings).astimezone(UTC)
    except StopIteration:
        raise WindowFault(f"{window.path}.cron: {quoted(window.cron)} never comes") from None
    except (CronSimError, ValueError):
        raise WindowFault(
            f"{window.path}.cron: {quoted(window.cron)} is not a cron expression of the fields "
            "minute, hour, day of month, month, day of week"
        ) from None
    except OverflowError:
        return None


def _told(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
