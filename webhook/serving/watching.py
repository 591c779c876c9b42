"""Watches of one object, one after another, that tell whether anything changed."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from webhook.errors import ApiError
from webhook.serving.cluster import Api, Named

logger: Final = logging.getLogger(__name__)

LASTS: Final = 300.0
"""Seconds that one watch lasts; a new one tells the present state again."""
SHORT: Final = 5.0
"""Seconds; a watch that ends sooner is not begun again at once."""
FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 30.0


async def follow(api: Api, named: Named, changed: Callable[[], None], *, lasts: float) -> None:
    """Call `changed` at every change of this object, until cancelled, and now and then without one.

    A watch begins with the present object, so that nothing between two of them is missed.
    """
    clock = asyncio.get_running_loop().time
    delay, said = FIRST_DELAY, ""
    while True:
        began = clock()
        try:
            async with aclosing(
                api.watch(named.collection, name=named.name, timeout=lasts)
            ) as told:
                async for _ in told:
                    changed()
        except ApiError as error:
            if str(error) != said:
                said = str(error)
                logger.warning("changes of %s are not told: %s", named.name, said)
        # A deletion between two watches is told by no event.
        changed()
        delay = FIRST_DELAY if clock() - began > SHORT else min(delay * 2, LONGEST_DELAY)
        await asyncio.sleep(delay)
