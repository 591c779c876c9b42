"""Waits for single objects by name, for keys that found them missing or wrong.

While some key wants an object there is one watch for it, by `metadata.name`; when nobody does there
is none. No watch is ever wider than one name, and nothing but metadata is kept of the objects.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

import msgspec

from controller.runtime.cache import Cache
from controller.runtime.informer import Informer, Source
from controller.runtime.schedule import HasMetadata, Key
from orderapi.meta import Object
from orderapi.resources import Resource

logger = logging.getLogger(__name__)

MOST_WATCHES = 200
"""Each watch is a connection. Beyond so many names, those who wait look again from time to time."""

_TURN = 300.0  # seconds between two looks of those who got no watch


class _Name(NamedTuple):
    group: str
    plural: str
    namespace: str
    name: str


class _Waiter(NamedTuple):
    room: str
    key: Key


class _Watch:
    """One name that is waited for: by whom, and the task that watches it, if there is one."""

    def __init__(self, resource: Resource[Any]) -> None:
        self.resource = resource
        self.waiters: set[_Waiter] = set()
        self.task: asyncio.Task[None] | None = None


class NamedWatches:
    """One watch per object that somebody waits for, for as long as somebody does."""

    def __init__(self, kube: Source, *, rng: Random, most: int = MOST_WATCHES) -> None:
        self._kube = kube
        self._rng = rng
        self._most = most
        self._rooms: dict[str, Callable[[Key], None]] = {}
        self._watches: dict[_Name, _Watch] = {}
        self._wants: dict[_Waiter, set[_Name]] = {}
        self._renewed: dict[_Waiter, set[_Name]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._watching = 0

    def __len__(self) -> int:
        return len(self._watches)

    def connect(self, room: str, enqueue: Callable[[Key], None]) -> None:
        """Let the keys of `room` be woken by `enqueue`. A worker does this for its room."""
        self._rooms[room] = enqueue

    def want(
        self, resource: Resource[Any], namespace: str, name: str, *, room: str, key: Key
    ) -> None:
        """Look at `key` of `room` again when that object appears, changes or goes.

        It holds until the next look at `key` ends: who still waits then, wants again. An object
        that is there already wakes the key once.
        """
        waiter = _Waiter(room, key)
        wanted = _Name(resource.group, resource.plural, namespace, name)
        self._renewed.setdefault(waiter, set()).add(wanted)
        watch = self._watches.setdefault(wanted, _Watch(resource))
        watch.waiters.add(waiter)
        self._wants.setdefault(waiter, set()).add(wanted)
        self._start(wanted, watch)

    @contextmanager
    def renewing(self, room: str, key: Key) -> Iterator[None]:
        """A look at the key: what it does not want again inside, it wants no more."""
        waiter = _Waiter(room, key)
        self._renewed.pop(waiter, None)
        try:
            yield
        finally:
            renewed = self._renewed.pop(waiter, set())
            for wanted in self._wants.get(waiter, set()) - renewed:
                self._leave(waiter, wanted)

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                for wanted, watch in self._watches.items():
                    self._start(wanted, watch)
                while True:
                    await asyncio.sleep(_TURN)
                    self._wake_unwatched()
            finally:
                self._tasks = None

    def _start(self, wanted: _Name, watch: _Watch) -> None:
        if self._tasks is None or watch.task is not None or self._watching >= self._most:
            return
        cache: Cache[Object] = Cache(slim=_metadata_alone)
        cache.listen(lambda _old, _new: self._wake(wanted))
        informer = Informer(
            self._kube,
            watch.resource,
            cache,
            namespace=wanted.namespace,
            field_selector=f"metadata.name={_escaped(wanted.name)}",
            rng=self._rng,
        )
        self._watching += 1
        watch.task = self._tasks.create_task(informer.run(), name=f"wait for {wanted.name}")

    def _leave(self, waiter: _Waiter, wanted: _Name) -> None:
        self._wants[waiter].discard(wanted)
        if not self._wants[waiter]:
            del self._wants[waiter]
        watch = self._watches[wanted]
        watch.waiters.discard(waiter)
        if not watch.waiters:
            del self._watches[wanted]
            if watch.task is not None:
                watch.task.cancel()
                self._watching -= 1

    def _wake(self, wanted: _Name) -> None:
        for waiter in tuple(self._watches[wanted].waiters) if wanted in self._watches else ():
            enqueue = self._rooms.get(waiter.room)
            if enqueue is not None:
                enqueue(waiter.key)

    def _wake_unwatched(self) -> None:
        unwatched = [(name, watch) for name, watch in self._watches.items() if not watch.task]
        if unwatched:
            logger.warning(
                "more objects are waited for than there may be watches by name",
                extra={"unwatched": len(unwatched), "watches": self._most},
            )
        for wanted, watch in unwatched:
            self._start(wanted, watch)
            self._wake(wanted)


def _escaped(value: str) -> str:
    """The value for a field selector, in which commas and equal signs have a meaning."""
    return re.sub(r"([\\,=])", r"\\\1", value)


def _metadata_alone(obj: HasMetadata) -> Object:
    meta = obj.metadata
    return Object(metadata=msgspec.structs.replace(meta, labels={}, annotations={}))
