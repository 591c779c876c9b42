"""Orders that the API server refused: until when none is tried again. In memory alone.

What it says of a refusal may differ each time, and each time it is written on the request; that
wakes the request, and must not make it try again at once.
"""

from datetime import datetime, timedelta
from typing import Final

REFUSED_AGAIN: Final = timedelta(minutes=1)
"""How long until an Order that the API server refused (a quota, a rule) is tried again."""


class Refusals:
    """The requests whose Order was refused lately, by uid."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def refused(self, uid: str, now: datetime) -> datetime:
        """Remember a refusal; gives when to try again."""
        self._until.pop(uid, None)
        self._until[uid] = now + REFUSED_AGAIN
        while self._until[oldest := next(iter(self._until))] <= now:
            del self._until[oldest]
        return self._until[uid]

    def until(self, uid: str) -> datetime | None:
        """When the request's Order may be tried again; None where none was refused lately."""
        return self._until.get(uid)
