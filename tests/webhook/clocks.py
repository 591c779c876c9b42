"""Clocks that tests set."""

import asyncio
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


class Seconds:
    """Seconds that never go back, unless a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Wall:
    """The time of day from BEGIN on: by what a test says has passed, or by the event loop."""

    def __init__(self, *, by_loop: bool = False) -> None:
        self._by_loop = by_loop
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        """Since BEGIN."""
        if self._by_loop:
            return asyncio.get_running_loop().time()
        return self.passed.total_seconds()
