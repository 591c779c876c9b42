"""Answers that are kept for a while, and questions that are asked once by many."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Kept(NamedTuple, Generic[T]):
    answer: T
    until: float


class Cache(Generic[T]):
    """At most `most` answers, each for `seconds` by a clock that never goes back.

    While a question is being asked, who asks the same waits for the same answer.
    """

    def __init__(self, *, seconds: float, most: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: dict[bytes, _Kept[T]] = {}
        self._asking: dict[bytes, asyncio.Task[T]] = {}

    async def answer(
        self, key: bytes, ask: Callable[[], Awaitable[T]], *, worth: Callable[[T], bool]
    ) -> T:
        """What is kept for the key, or what `ask` gives; that is kept where it is worth it."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept.until:
            return kept.answer
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._learn(key, ask, worth))
            self._asking[key] = task
            task.add_done_callback(lambda _done: self._asking.pop(key))
        # Whoever gives up leaves the others their answer.
        return await asyncio.shield(task)

    async def _learn(
        self, key: bytes, ask: Callable[[], Awaitable[T]], worth: Callable[[T], bool]
    ) -> T:
        asked = self._clock()
        answer = await ask()
        if worth(answer):
            self._kept.pop(key, None)
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = _Kept(answer, asked + self._seconds)
        return answer
