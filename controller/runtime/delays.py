"""Keys that are to ring later: in some seconds, or when the wall clock shows a time.

One timer of the event loop serves them all. Each key has one alarm: the earliest.
"""

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from controller.runtime.clock import Clock
from controller.runtime.schedule import Key

_LONGEST_SLEEP = 3600.0
"""Seconds between two looks at the wall clock, which may jump while a timer sleeps for weeks."""


class _Alarm(NamedTuple):
    wake: float  # by the event loop's clock, as is `target`
    number: int
    key: Key
    target: float
    time: datetime | None


class Delays:
    """Calls `ring(key)` once for each key that is due."""

    def __init__(self, clock: Clock, ring: Callable[[Key], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._alarms: dict[Key, _Alarm] = {}
        self._heap: list[_Alarm] = []  # holds cancelled alarms too, until they outnumber the others
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for = 0.0

    def after(self, key: Key, seconds: float) -> None:
        """Ring in so many seconds, unless the key rings earlier."""
        self._set(key, max(seconds, 0.0), None)

    def at(self, key: Key, time: datetime) -> None:
        """Ring when the clock shows this time or later, unless the key rings earlier."""
        self._set(key, max((time - self._clock.now()).total_seconds(), 0.0), time)

    def cancel(self, key: Key) -> None:
        """Do not ring for this key."""
        self._alarms.pop(key, None)

    def _set(self, key: Key, seconds: float, time: datetime | None) -> None:
        now = asyncio.get_running_loop().time()
        target = now + seconds
        present = self._alarms.get(key)
        if present is not None and present.target <= target:
            return
        self._number += 1
        alarm = _Alarm(
            min(target, now + _LONGEST_SLEEP) if time else target, self._number, key, target, time
        )
        self._alarms[key] = alarm
        heapq.heappush(self._heap, alarm)
        if len(self._heap) > 2 * len(self._alarms) + 64:
            self._heap = list(self._alarms.values())
            heapq.heapify(self._heap)
        self._arm()

    def _arm(self) -> None:
        while self._heap and self._alarms.get(self._heap[0].key) is not self._heap[0]:
            heapq.heappop(self._heap)
        if not self._heap:
            return
        wake = self._heap[0].wake
        if self._timer is not None:
            if self._armed_for <= wake and not self._timer.cancelled():
                return
            self._timer.cancel()
        # Kept here: uvloop gives a handle without `when` for a time that has come.
        self._armed_for = wake
        self._timer = asyncio.get_running_loop().call_at(wake, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._heap and self._heap[0].wake <= now:
            alarm = heapq.heappop(self._heap)
            if self._alarms.get(alarm.key) is not alarm:
                continue
            del self._alarms[alarm.key]
            if alarm.time is not None and self._clock.now() < alarm.time:
                self.at(alarm.key, alarm.time)
            else:
                self._ring(alarm.key)
        self._arm()
