"""What time it is, and how the API server wants it written. Nothing here waits."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the wall time, aware and in UTC."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        return datetime.now(UTC)


def micro_time(time: datetime) -> str:
    """meta/v1 MicroTime: UTC, exactly six digits of fraction, or the API server refuses it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
