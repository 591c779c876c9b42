"""Runs one room: takes keys from its queue, lets the room look, and puts them back when it says.

An error costs its key a growing delay, and never the process. What an error means is decided here
alone, so rooms let the API server's errors pass.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from random import Random
from typing import Any, Protocol

from controller.runtime.cache import Cache
from controller.runtime.clock import Clock
from controller.runtime.errors import (
    ApiError,
    Conflict,
    NamespaceTerminating,
    NotFound,
    TooManyRequests,
    Unavailable,
)
from controller.runtime.logs import about
from controller.runtime.metrics import Metrics
from controller.runtime.named import NamedWatches
from controller.runtime.schedule import Again, At, HasMetadata, Key, Now
from controller.runtime.workqueue import Backoff, Workqueue

logger = logging.getLogger(__name__)

Watches = Iterable[tuple[Cache[Any], Callable[[Any], Iterable[Key]]]]

LONGEST_LOOK = 600.0
"""Seconds after which a look is given up; whatever a room waits for must end long before."""

_SOON = Backoff(first=0.05, most=5.0)
_FREE_LAPS = 32


class Room(Protocol):
    """What looks after the objects of one kind."""

    @property
    def name(self) -> str:
        """The name for metrics, logs and `NamedWatches.want`, such as `orders`."""

    async def reconcile(self, key: Key) -> Again:
        """Look at one object, do what is due, and say when to look again."""

    def watches(self) -> Watches:
        """The caches whose changes concern the room, each with: object to the keys to look at."""


class Worker:
    """Looks at each key that was enqueued, one look per key at a time, `workers` keys at once.

    Until `run`, no change enqueues anything, since a standby may wait for weeks; `run` begins with
    the keys of all that the watched caches hold. `backoff` is for errors.
    """

    def __init__(
        self,
        room: Room,
        *,
        clock: Clock,
        workers: int,
        rng: Random,
        metrics: Metrics | None = None,
        named: NamedWatches | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._room = room
        self._workers = workers
        self._named = named
        self._metrics = metrics.queue(room.name) if metrics is not None else None
        self._queue = Workqueue(
            clock=clock, rng=rng, workers=workers, backoff=backoff, metrics=self._metrics
        )
        self._said: dict[Key, str] = {}
        self._laps: dict[Key, int] = {}
        self._started = False
        self._running = 0
        if named is not None:
            named.connect(room.name, self.enqueue)
        self._watches = tuple(room.watches())
        for cache, keys in self._watches:
            self._subscribe(cache, keys)

    @property
    def name(self) -> str:
        """The room's name."""
        return self._room.name

    @property
    def alive(self) -> bool:
        """False when `run` has begun and some loop of it is no more."""
        return not self._started or self._running == self._workers

    def enqueue(self, key: Key) -> None:
        """Look at the key as soon as a loop is free."""
        self._queue.add(key)

    async def run(self) -> None:
        """Work until cancelled."""
        self._started = True
        for cache, keys in self._watches:
            for obj in cache.all():
                self._enqueue_for(obj, keys)
        async with asyncio.TaskGroup() as loops:
            for number in range(self._workers):
                loops.create_task(self._loop(), name=f"{self._room.name}-{number}")

    def _subscribe(self, cache: Cache[Any], keys: Callable[[Any], Iterable[Key]]) -> None:
        def changed(old: HasMetadata | None, new: HasMetadata | None) -> None:
            for obj in (old, new):
                if obj is not None and self._started:
                    self._enqueue_for(obj, keys)

        cache.listen(changed)

    def _enqueue_for(self, obj: HasMetadata, keys: Callable[[Any], Iterable[Key]]) -> None:
        try:
            for key in keys(obj):
                self.enqueue(key)
        except Exception:  # one odd object must not end the watch that brought it
            logger.exception("object is not mapped to keys", extra={"room": self._room.name})

    async def _loop(self) -> None:
        self._running += 1
        try:
            while True:
                key = await self._queue.take()
                try:
                    with about(self._room.name, key):
                        await self._look(key)
                finally:
                    self._queue.done(key)
                # A look at nothing new awaits nothing; the other tasks must have their turn.
                await asyncio.sleep(0)
        finally:
            self._running -= 1

    async def _look(self, key: Key) -> None:
        started = time.perf_counter()
        wishes = self._named.renewing(self._room.name, key) if self._named else nullcontext()
        try:
            with wishes:
                async with asyncio.timeout(LONGEST_LOOK):
                    again = await self._room.reconcile(key)
        except Exception as error:  # the outermost frame of a look: a bug costs its key only
            self._failed(key, error)
        else:
            self._schedule(key, again)
        finally:
            if self._metrics is not None:
                self._metrics.looked(time.perf_counter() - started)

    def _schedule(self, key: Key, again: Again) -> None:
        self._said.pop(key, None)
        if isinstance(again, Now):
            self._once_more(key)
            return
        self._laps.pop(key, None)
        self._queue.forgive(key)
        if isinstance(again, At):
            self._queue.add_at(key, again.time)

    def _once_more(self, key: Key) -> None:
        laps = self._laps[key] = self._laps.get(key, 0) + 1
        if laps <= _FREE_LAPS:
            self._queue.add(key)
        else:  # whoever says Now without end does not get anywhere: slow it down
            self._queue.back_off(key, backoff=_SOON)

    def _failed(self, key: Key, error: Exception) -> None:
        error = _cause(error)
        if isinstance(error, Conflict | NotFound | NamespaceTerminating):
            # What was read is not what is: a newer state is on its way.
            self._stale(key, error)
            return
        if self._metrics is not None:
            self._metrics.failed()
        wait = error.retry_after if isinstance(error, TooManyRequests | Unavailable) else 0.0
        delay = self._queue.back_off(key, at_least=wait)
        self._log(key, error, round(delay, 1))

    def _stale(self, key: Key, error: ApiError) -> None:
        delay = self._queue.back_off(key, backoff=_SOON)
        repeated = self._said.get(key) == str(error)
        self._said[key] = str(error)
        strange = repeated and isinstance(error, NotFound)
        logger.log(
            logging.WARNING if strange else logging.DEBUG,
            "what was read has changed; looking again",
            extra={"error": str(error), "retry_seconds": round(delay, 2)},
        )

    def _log(self, key: Key, error: Exception, seconds: float) -> None:
        text = f"{type(error).__name__}: {error}"
        known = self._said.get(key) == text
        self._said[key] = text
        details: dict[str, object] = {"error": text, "retry_seconds": seconds}
        if isinstance(error, TooManyRequests | Unavailable):
            level = logging.DEBUG if known else logging.WARNING
            logger.log(level, "the API server does not answer this look", extra=details)
        elif isinstance(error, ApiError):
            logger.error("the API server refuses a step", extra=details)
        elif isinstance(error, TimeoutError):
            logger.error("a look took too long and was given up", extra=details)
        elif known:
            logger.error("a look failed again, as before", extra=details)
        else:
            logger.error(
                "a look failed; this is a bug", exc_info=error, extra={"retry_seconds": seconds}
            )


def _cause(error: Exception) -> Exception:
    """The one error of a group, as task groups wrap it."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
