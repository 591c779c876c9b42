"""Renewal windows: move a point in time into the nearest of some recurring spans.

Pure: time and zone are inputs. A window that never opens, or an expression that cannot be read, is
told in a sentence; nothing here falls back to "any time" in silence.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from cronsim import CronSim, CronSimError

from controller.pki.faults import quoted
from orderapi.certificate import RenewalWindow
from orderapi.validation.fault import SpecFault
from orderapi.validation.renewal import MAX_WINDOWS, Window, bad_cron, read_window

_SECOND: Final = timedelta(seconds=1)


class WindowFault(Exception):
    """Why the time cannot be moved into a window; the text begins with a field path."""


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
    read = [_read(index, window) for index, window in enumerate(windows)]
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


def _read(index: int, window: RenewalWindow) -> Window:
    read = read_window(index, window)
    if isinstance(read, SpecFault):
        raise WindowFault(str(read))
    return read


def _opening(window: Window, time: datetime, *, backwards: bool) -> datetime | None:
    """The first opening strictly before or after `time`, in UTC; None where the calendar ends."""
    try:
        openings = CronSim(window.cron, time.astimezone(window.zone), reverse=backwards)
        return next(openings).astimezone(UTC)
    except StopIteration:
        raise WindowFault(f"{window.path}: {quoted(window.cron)} never comes") from None
    except (CronSimError, ValueError):
        raise WindowFault(str(bad_cron(window.path, window.cron))) from None
    except OverflowError:
        return None


def _told(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
