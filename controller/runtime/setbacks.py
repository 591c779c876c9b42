"""Who was kept back lately by something that may be over in a moment. In memory alone.

What fails once is tried again without a word; who is told of it reads of what lasts.
"""

from datetime import datetime, timedelta
from itertools import islice
from typing import Final

LATELY: Final = timedelta(minutes=10)
"""How long one counts: longer than it takes until the next try."""


class Setbacks:
    """When each was kept back last, by uid."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}

    def is_first(self, uid: str, now: datetime) -> bool:
        """Remember one; gives whether there was none lately."""
        before = self._last.pop(uid, None)
        self._last[uid] = now
        # The oldest is first.
        for each in tuple(islice(self._last, 2)):
            if self._last[each] <= now - LATELY:
                del self._last[each]
        return before is None or before <= now - LATELY
