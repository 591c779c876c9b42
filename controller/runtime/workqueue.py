"""Which key is looked at next: each once at a time, delayed, backed off, fair between namespaces.

It holds keys and knows nothing about them. Whoever takes a key says when it is done.
"""

import asyncio
from collections import Counter, OrderedDict
from datetime import datetime
from random import Random
from typing import NamedTuple

from controller.runtime.clock import Clock
from controller.runtime.delays import Delays
from controller.runtime.metrics import QueueMetrics
from controller.runtime.schedule import Key


class Backoff(NamedTuple):
    """Delays in seconds: `first` after one failure, twice that after two, never over `most`."""

    first: float = 0.5
    most: float = 120.0

    def after(self, failures: int, rng: Random) -> float:
        """The delay after so many failures: half of it is certain, half is chance."""
        full = min(self.first * 2.0 ** min(failures - 1, 32), self.most)
        return full * (0.5 + rng.random() / 2)


class Workqueue:
    """Keys to look at. One that is added while it is held comes again once it is done.

    A namespace is given a key only while it holds fewer than there are free workers: however many
    of its keys hang, a namespace that holds none finds a worker at once, until several namespaces
    together hold them all. Cluster-scoped keys, which are no tenant's, may take every worker.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        rng: Random,
        workers: int,
        backoff: Backoff | None = None,
        metrics: QueueMetrics | None = None,
    ) -> None:
        self._rng = rng
        self._workers = workers
        self._backoff = backoff or Backoff()
        self._metrics = metrics
        self._delays = Delays(clock, self.add)
        # Namespaces in the order of their turns, each with its keys and the time they were added.
        self._ready: OrderedDict[str, OrderedDict[Key, float]] = OrderedDict()
        self._news = asyncio.Event()
        self._depth = 0
        self._held: set[Key] = set()
        self._held_by: Counter[str] = Counter()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}

    @property
    def depth(self) -> int:
        """How many keys wait to be taken."""
        return self._depth

    def add(self, key: Key) -> None:
        """The key is to be looked at as soon as possible."""
        if key in self._held:
            self._again.add(key)
            return
        turn = self._ready.setdefault(key.namespace, OrderedDict())
        if key in turn:
            return
        turn[key] = asyncio.get_running_loop().time()
        self._news.set()
        self._count(1)
        if self._metrics is not None:
            self._metrics.added.inc()

    def add_after(self, key: Key, seconds: float) -> None:
        """The key is to be looked at in so many seconds; the earliest wish counts."""
        self._delays.after(key, seconds)

    def add_at(self, key: Key, time: datetime) -> None:
        """The key is to be looked at when the clock shows this time; the earliest wish counts."""
        self._delays.at(key, time)

    async def take(self) -> Key:
        """The next key, held from now on. Older wishes for it are thereby granted."""
        while (namespace := self._next()) is None:
            self._news.clear()
            await self._news.wait()
        turn = self._ready[namespace]
        key, added = turn.popitem(last=False)
        if turn:
            self._ready.move_to_end(namespace)
        else:
            del self._ready[namespace]
        self._held.add(key)
        self._held_by[namespace] += 1
        self._delays.cancel(key)
        self._count(-1)
        if self._metrics is not None:
            self._metrics.waited.observe(asyncio.get_running_loop().time() - added)
        return key

    def done(self, key: Key) -> None:
        """The key is held no longer."""
        self._held.remove(key)
        self._held_by[key.namespace] -= 1
        if not self._held_by[key.namespace]:
            del self._held_by[key.namespace]
        self._news.set()
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def back_off(self, key: Key, *, at_least: float = 0.0, backoff: Backoff | None = None) -> float:
        """The key failed: it comes again after a delay that grows with each failure; in seconds."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        delay = max(at_least, (backoff or self._backoff).after(failures, self._rng))
        self.add_after(key, delay)
        if self._metrics is not None:
            self._metrics.retries.inc()
        return delay

    def forgive(self, key: Key) -> None:
        """The key succeeded: its next failure is its first."""
        self._failures.pop(key, None)

    def _next(self) -> str | None:
        """The namespace whose turn it is, of those that may hold one key more."""
        free = self._workers - len(self._held)
        for namespace in self._ready:  # those passed over hold keys: they are no more than workers
            if not namespace or self._held_by[namespace] < free:
                return namespace
        return None

    def _count(self, more: int) -> None:
        self._depth += more
        if self._metrics is not None:
            self._metrics.depth.set(self._depth)
