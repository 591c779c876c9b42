"""Another program that writes what we write is said by name, and left alone for a while."""

import asyncio
import logging
from collections import deque
from typing import Final

logger: Final = logging.getLogger(__name__)

MANY: Final = 10
WITHIN: Final = 60.0
"""So many repairs within so many seconds are a fight."""
TRUCE: Final = 5.0
"""Seconds without a repair then."""


class Repairs:
    """The last repairs of the caBundle in that configuration."""

    def __init__(self, configuration: str) -> None:
        self._configuration = configuration
        self._times: deque[float] = deque(maxlen=MANY)

    async def made(self) -> None:
        """One more; where they follow each other too fast, say so and wait."""
        now = asyncio.get_running_loop().time()
        self._times.append(now)
        if len(self._times) < MANY or now - self._times[0] >= WITHIN:
            return
        self._times.clear()
        logger.warning(
            "%s: the caBundle was changed by another program %d times within %.0f s; "
            "only one may set it",
            self._configuration,
            MANY,
            WITHIN,
        )
        await asyncio.sleep(TRUCE)
