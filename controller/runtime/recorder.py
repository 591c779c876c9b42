"""Kubernetes Events: what the owner of an object is told.

Nobody waits for an event and nobody learns that it failed. What is told again within ten minutes is
counted on the first Event. Words and reasons are the rooms' affair.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any, Literal, Protocol

from controller.runtime.clock import Clock
from controller.runtime.errors import (
    AlreadyExists,
    ApiError,
    NamespaceTerminating,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from controller.runtime.metrics import Metrics
from controller.runtime.objects import EVENT, Event
from controller.runtime.telling import Telling, event_of, reference_to, repetition_of
from controller.runtime.workqueue import Backoff
from orderapi.meta import Object
from orderapi.resources import Resource

logger = logging.getLogger(__name__)

EventType = Literal["Normal", "Warning"]

MOST_WAITING = 1000
"""Events that may wait to be posted; beyond, the oldest is dropped."""

_MOST_REMEMBERED = 2048
_SAME = timedelta(minutes=10)
_COALESCE = 10.0  # seconds in which repetitions are collected for one patch
_FLUSH = 2.0
_POSTERS = 4
_TRIES = 5
_BACKOFF = Backoff(first=0.5, most=10.0)
_COMPLAINT_PAUSE = timedelta(minutes=1)


class Sink(Protocol):
    """The verbs of `Kube` that a recorder needs."""

    async def create(self, resource: Resource[Event], obj: Event) -> Event:
        """Post a new one."""

    async def patch(
        self, resource: Resource[Event], namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Event:
        """Count one again."""


class Recorder:
    """Takes events at any time, and posts them while `run` runs.

    `instance` is this process's name among its like: at most 128 characters.
    """

    def __init__(
        self,
        kube: Sink,
        *,
        clock: Clock,
        instance: str,
        rng: Random,
        component: str = "cert-manager",
        metrics: Metrics | None = None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._kube = kube
        self._clock = clock
        self._component = component
        self._instance = instance[:128]
        self._rng = rng
        self._results = metrics.events if metrics is not None else None
        self._known: OrderedDict[object, Telling] = OrderedDict()
        self._repeated: dict[int, Telling] = {}
        self._queue: asyncio.Queue[Telling] = asyncio.Queue(most_waiting)
        self._last_number = 0
        self._complain_after = clock.now()

    def event(
        self,
        resource: Resource[Any],
        obj: Object,
        type: EventType,  # noqa: A002  the field's name
        reason: str,
        note: str,
    ) -> None:
        """Tell about `obj`. Never raises or waits; the same again within ten minutes is counted.

        The note is cut at 1,024 bytes.
        """
        now = self._clock.now()
        about = reference_to(resource, obj)
        same = (about.kind, about.uid, about.namespace, about.name, type, reason, note)
        known = self._known.get(same)
        if known is not None and now - known.last <= _SAME:
            known.count += 1
            known.last = now
            self._repeated[id(known)] = known
            return
        told = Telling(about, type=type, reason=reason, note=note, time=now)
        self._known[same] = told
        self._known.move_to_end(same)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        self._enqueue(told)

    async def run(self) -> None:
        """Post until cancelled; then post what is left, for two seconds at most."""
        tasks = [asyncio.create_task(self._post_all(), name="recorder") for _ in range(_POSTERS)]
        tasks.append(asyncio.create_task(self._collect(), name="recorder-count"))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # none ends but by a bug: let it be seen
        finally:
            await self._flush()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _flush(self) -> None:
        try:
            async with asyncio.timeout(_FLUSH):
                for _ in range(2):  # the second time, those that were just being posted
                    self._enqueue_repeated()
                    await self._queue.join()
        except TimeoutError:
            logger.warning("events not posted at the end", extra={"events": self._queue.qsize()})

    async def _collect(self) -> None:
        while True:
            await asyncio.sleep(_COALESCE)
            self._enqueue_repeated()

    def _enqueue_repeated(self) -> None:
        """Those that a poster has already keep their turn for the next time."""
        for told in list(self._repeated.values()):
            if not told.busy:
                del self._repeated[id(told)]
                self._enqueue(told)

    def _enqueue(self, told: Telling) -> None:
        if self._queue.full():
            self._queue.get_nowait().busy = False
            self._queue.task_done()
            self._result("dropped")
        told.busy = True
        self._queue.put_nowait(told)

    async def _post_all(self) -> None:
        while True:
            told = await self._queue.get()
            try:
                await self._post(told)
            finally:
                told.busy = False
                self._queue.task_done()

    async def _post(self, told: Telling) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                await self._say(told)
            except (NamespaceTerminating, NotFound):
                return  # whom should it be told to
            except (TooManyRequests, Unavailable, Unauthorized) as error:
                if attempt == _TRIES:
                    self._drop(error)
                    return
                await asyncio.sleep(max(error.retry_after, _BACKOFF.after(attempt, self._rng)))
            except AlreadyExists:
                told.name = ""  # another event took the name: choose another
            except ApiError as error:
                self._drop(error)
                return
            else:
                return

    async def _say(self, told: Telling) -> None:
        if told.posted:
            patch = repetition_of(told)
            try:
                await self._kube.patch(EVENT, told.namespace, told.name, patch)
            except NotFound:
                told.posted = False  # Events live for an hour: say it anew
            else:
                self._result("counted")
                return
        event = event_of(
            told, number=self._number(), component=self._component, instance=self._instance
        )
        try:
            await self._kube.create(EVENT, event)
        except AlreadyExists:
            if not told.uncertain:
                raise
        except Unavailable:
            told.uncertain = True  # it may have been posted all the same
            raise
        told.posted = True
        self._result("created")

    def _number(self) -> int:
        """Greater each time, so that names of Events sort by their time."""
        now = int(self._clock.now().timestamp() * 1_000_000) * 1000
        self._last_number = max(self._last_number + 1, now)
        return self._last_number

    def _drop(self, error: ApiError) -> None:
        self._result("dropped")
        now = self._clock.now()
        if now >= self._complain_after:
            self._complain_after = now + _COMPLAINT_PAUSE
            logger.warning("an event was not posted", extra={"error": str(error)})

    def _result(self, result: str) -> None:
        if self._results is not None:
            self._results.labels(result).inc()
