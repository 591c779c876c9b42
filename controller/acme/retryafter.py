"""When to ask the CA again: Retry-After in both its forms, and our own pace where it is absent.

Pure: the time is an argument. Refuses to believe absurd values: they are clamped, and what cannot
be read counts as absent.
"""

import email.utils
from datetime import UTC, datetime, timedelta
from typing import Protocol

SHORTEST_POLL = timedelta(seconds=1)
LONGEST_POLL = timedelta(minutes=5)
LONGEST_REFUSAL = timedelta(days=1)

FIRST_OWN_POLL = timedelta(milliseconds=100)
LONGEST_OWN_POLL = timedelta(seconds=5)

LONGEST_VALUE = 64
ABSURD_SECONDS = 10**9


class Polled(Protocol):
    """An order or an authorization as the CA last showed it."""

    @property
    def retry_at(self) -> datetime | None:
        """When the CA wants to be asked again, already clamped; None when it did not say."""


def delay(value: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, never negative; None when absent or unreadable.

    RFC 9110 10.2.3: whole seconds, or an HTTP date (a past one means no delay).
    """
    text = (value or "").strip()
    if not text or len(text) > LONGEST_VALUE:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), ABSURD_SECONDS))
    try:
        date = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # The obsolete forms name no zone; every HTTP date is UTC (RFC 9110 5.6.7).
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return max(date - now, timedelta())


def poll_time(value: str | None, now: datetime) -> datetime | None:
    """When to poll again by this header: 1 s to 5 min from now; None when it says nothing."""
    asked = delay(value, now)
    return None if asked is None else now + min(max(asked, SHORTEST_POLL), LONGEST_POLL)


def refusal_time(value: str | None, now: datetime) -> datetime | None:
    """When a refused request may come again: exactly what the header says, up to a day."""
    asked = delay(value, now)
    return None if asked is None else now + min(asked, LONGEST_REFUSAL)


def poll_at(response: Polled, now: datetime, attempt: int) -> datetime:
    """When to look again: as the CA asks, else after 100 ms at attempt 0, doubling up to 5 s."""
    if response.retry_at is not None:
        return max(response.retry_at, now)
    doublings = min(max(attempt, 0), 10)
    return now + min(FIRST_OWN_POLL * 2.0**doublings, LONGEST_OWN_POLL)
