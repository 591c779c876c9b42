"""Waiting for one object by name, on virtual time."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from controller.runtime.decoding import Listed, Watched
from controller.runtime.named import NamedWatches
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import Again, Key, OnChange
from controller.runtime.worker import Worker
from tests.controller.runtime.build import ARoom, LoopClock, a_secret, chance

pytestmark = pytest.mark.looptime

A, B = Key("default", "a"), Key("default", "b")


class Source:
    """Secrets by name, and a channel for each watch on one."""

    def __init__(self) -> None:
        self.secrets: dict[str, Secret] = {}
        self.open: dict[str, asyncio.Queue[Watched[Secret]]] = {}
        self.opened: dict[str, int] = defaultdict(int)

    async def pages(
        self,
        resource: Any,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncGenerator[Any, None]:
        found = self.secrets.get(field_selector.removeprefix("metadata.name="))
        yield Listed((found,) if found else (), "10")

    async def watch(
        self,
        resource: Any,
        namespace: str = "",
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
        timeout: float,
    ) -> AsyncGenerator[Any, None]:
        name = field_selector.removeprefix("metadata.name=")
        queue = self.open[name] = asyncio.Queue()
        self.opened[name] += 1
        try:
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), 60)
                except TimeoutError:
                    yield Watched("BOOKMARK", "10")
        finally:
            del self.open[name]

    def say(self, kind: Any, name: str, version: int) -> None:
        secret = a_secret(name, version=version, key=b"bytes")
        self.open[name].put_nowait(Watched(kind, str(version), secret))


class Waiting:
    """A room whose looks want what `wants` says, and are counted."""

    def __init__(self, named: NamedWatches) -> None:
        self.named = named
        self.wants: dict[Key, list[str]] = {}
        self.looks: dict[Key, int] = defaultdict(int)

    async def look(self, key: Key) -> Again:
        self.looks[key] += 1
        for name in self.wants.get(key, []):
            self.named.want(SECRET, "default", name, room="rooms", key=key)
        return OnChange()


@asynccontextmanager
async def waiting(most: int = 100) -> AsyncIterator[tuple[Source, Waiting, Worker]]:
    source = Source()
    named = NamedWatches(source, rng=chance(), most=most)
    room = Waiting(named)
    worker = Worker(ARoom(room.look), clock=LoopClock(), workers=2, rng=chance(), named=named)
    tasks = [asyncio.create_task(named.run()), asyncio.create_task(worker.run())]
    await asyncio.sleep(0)
    try:
        yield source, room, worker
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED"])
async def test_what_was_wanted_and_appears_wakes_the_key(kind: str) -> None:
    async with waiting() as (source, room, worker):
        room.wants[A] = ["missing"]
        worker.enqueue(A)
        await asyncio.sleep(10)
        assert room.looks[A] == 1
        source.say(kind, "missing", 12)
        await asyncio.sleep(1)
        assert room.looks[A] == 2


async def test_what_is_there_already_wakes_once_and_its_end_too() -> None:
    async with waiting() as (source, room, worker):
        source.secrets["wrong"] = a_secret("wrong", version=5)
        room.wants[A] = ["wrong"]
        worker.enqueue(A)
        await asyncio.sleep(1000)
        assert room.looks[A] == 2
        source.say("DELETED", "wrong", 12)
        await asyncio.sleep(1)
        assert room.looks[A] == 3


async def test_one_watch_serves_all_who_wait_and_ends_with_the_last() -> None:
    async with waiting() as (source, room, worker):
        room.wants = {A: ["missing"], B: ["missing"]}
        worker.enqueue(A)
        worker.enqueue(B)
        await asyncio.sleep(1)
        assert source.opened == {"missing": 1}
        source.say("ADDED", "missing", 12)
        room.wants = {B: ["missing"]}
        await asyncio.sleep(1)
        assert (room.looks[A], room.looks[B]) == (2, 2)
        assert list(source.open) == ["missing"]
        room.wants = {}
        worker.enqueue(B)
        await asyncio.sleep(1)
        assert source.open == {}
        assert len(room.named) == 0


async def test_who_waits_on_keeps_the_same_watch() -> None:
    async with waiting() as (source, room, worker):
        room.wants[A] = ["missing", "other"]
        for _ in range(5):
            worker.enqueue(A)
            await asyncio.sleep(1)
        assert source.opened == {"missing": 1, "other": 1}


async def test_the_watch_keeps_no_data() -> None:
    async with waiting() as (source, room, worker):
        source.secrets["wrong"] = a_secret("wrong", version=5, key=b"bytes")
        room.wants[A] = ["wrong"]
        worker.enqueue(A)
        await asyncio.sleep(1)
        (watch,) = room.named._watches.values()
        assert watch.task is not None


async def test_beyond_the_most_those_who_wait_look_from_time_to_time() -> None:
    async with waiting(most=1) as (source, room, worker):
        room.wants = {A: ["one"], B: ["two"]}
        worker.enqueue(A)
        await asyncio.sleep(1)
        worker.enqueue(B)
        await asyncio.sleep(1)
        assert list(source.open) == ["one"]
        await asyncio.sleep(700)
        assert room.looks[A] == 1
        assert room.looks[B] == 3
        room.wants = {B: ["two"]}
        worker.enqueue(A)
        await asyncio.sleep(301)
        assert list(source.open) == ["two"]


async def test_wants_before_run_are_watched_when_it_runs() -> None:
    source = Source()
    named = NamedWatches(source, rng=chance())
    named.want(SECRET, "default", "missing", room="rooms", key=A)
    woken: list[Key] = []
    named.connect("rooms", woken.append)
    task = asyncio.create_task(named.run())
    await asyncio.sleep(1)
    source.say("ADDED", "missing", 12)
    await asyncio.sleep(1)
    assert woken == [A]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_name_cannot_widen_its_selector() -> None:
    seen: list[str] = []

    class Spy(Source):
        async def pages(
            self,
            resource: Any,
            namespace: str = "",
            *,
            label_selector: str = "",
            field_selector: str = "",
        ) -> AsyncGenerator[Any, None]:
            seen.append(field_selector)
            yield Listed((), "10")

    named = NamedWatches(Spy(), rng=chance())
    named.want(SECRET, "default", "a,type=b", room="rooms", key=A)
    task = asyncio.create_task(named.run())
    await asyncio.sleep(1)
    assert seen == [r"metadata.name=a\,type\=b"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
