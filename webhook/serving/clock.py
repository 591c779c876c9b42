"""What time it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""The time now, aware and in UTC."""


def utc_now() -> datetime:
    """The computer's clock."""
    return datetime.now(UTC)
