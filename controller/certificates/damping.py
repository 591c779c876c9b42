"""Keeps a repair from becoming a fight: three within ten minutes, then a rest.

Somebody else may write the same Secret with other intentions, and each of two writers would answer
the other at once, for ever. Kept in memory: forgetting it at a restart costs three writes.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from controller.runtime.schedule import Key

MOST: Final = 3
SPAN: Final = timedelta(minutes=10)


class Repairs:
    """When the Secret of each Certificate was repaired last."""

    def __init__(self) -> None:
        self._times: dict[Key, deque[datetime]] = {}

    def done(self, key: Key, now: datetime) -> None:
        """A repair was made."""
        self._times = {each: times for each, times in self._times.items() if now - times[-1] < SPAN}
        self._times.setdefault(key, deque(maxlen=MOST)).append(now)

    def free_at(self, key: Key, now: datetime) -> datetime | None:
        """When the next repair may be made; None means now."""
        times = self._times.get(key)
        if times is None or len(times) < MOST or times[0] + SPAN <= now:
            return None
        return times[0] + SPAN
