"""One look at an object, and as many steps as it takes: observe, decide, perform.

Nothing here knows what is observed or done, nothing sleeps, and no error is caught.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from controller.runtime.schedule import Again, Key, Now, OnChange

logger = logging.getLogger(__name__)

O = TypeVar("O")  # noqa: E741  what is observed
A = TypeVar("A")

LIMIT = 64


async def walk(
    key: Key,
    observe: Callable[[Key], Awaitable[O | None]],
    decide: Callable[[O], A],
    perform: Callable[[O, A], Awaitable[Again]],
) -> Again:
    """Step until a step says when to look again. `observe` gives None for an object that is gone.

    After 64 steps the others get their turn: the answer is Now, and the worker slows down a key
    that says Now again and again.
    """
    for _ in range(LIMIT):
        seen = await observe(key)
        if seen is None:
            return OnChange()
        action = decide(seen)
        again = await perform(seen, action)
        logger.debug(
            "step done", extra={"action": type(action).__name__, "again": type(again).__name__}
        )
        if not isinstance(again, Now):
            return again
    return Now()
