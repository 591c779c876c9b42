"""The worker on virtual time: what each outcome of a look leads to."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise

import pytest

from controller.runtime import errors
from controller.runtime.cache import Cache
from controller.runtime.logs import logged_object
from controller.runtime.metrics import Metrics
from controller.runtime.objects import Secret
from controller.runtime.schedule import Again, At, Key, Now, OnChange, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import LONGEST_LOOK, Worker
from tests.controller.runtime.build import START, ARoom, LoopClock, a_secret, chance, lines

pytestmark = pytest.mark.looptime

A, B = Key("one", "a"), Key("two", "b")
Look = Callable[[Key], Awaitable[Again]]


@asynccontextmanager
async def working(room: ARoom, *, workers: int = 2, **options: object) -> AsyncIterator[Worker]:
    worker = Worker(room, clock=LoopClock(), workers=workers, rng=chance(), **options)  # type: ignore[arg-type]
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Script:
    """A look that gives or raises what the script says, then OnChange, and notes its times."""

    def __init__(self, *outcomes: Again | Exception) -> None:
        self.outcomes = list(outcomes)
        self.times: list[float] = []

    async def __call__(self, key: Key) -> Again:
        self.times.append(round(asyncio.get_running_loop().time(), 3))
        outcome = self.outcomes.pop(0) if self.outcomes else OnChange()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def looks(script: Script, seconds: float, **options: object) -> list[float]:
    """When the looks at one key were, from the first on."""
    async with working(ARoom(script), **options) as worker:  # type: ignore[arg-type]
        worker.enqueue(A)
        await asyncio.sleep(seconds)
    return [round(time - script.times[0], 3) for time in script.times]


async def test_on_change_is_the_end_of_it() -> None:
    assert await looks(Script(OnChange()), 1e6) == [0]


async def test_now_is_at_once() -> None:
    assert await looks(Script(Now(), Now()), 1e6) == [0, 0, 0]


async def test_at_is_at_that_time() -> None:
    assert await looks(Script(At(START + timedelta(hours=2))), 1e5) == [0, 7200]


async def test_now_without_end_is_slowed_down() -> None:
    times = await looks(Script(*[Now()] * 200), 60)
    assert times[32] == 0
    assert len(times) < 60
    assert times[-1] - times[-2] >= 2.5


@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        pytest.param(errors.Conflict(409, "", "m"), 0.02, 0.06, id="conflict: soon"),
        pytest.param(errors.NotFound(404, "", "m"), 0.02, 0.06, id="gone: soon"),
        pytest.param(errors.NamespaceTerminating(403, "", "m"), 0.02, 0.06, id="namespace goes"),
        pytest.param(errors.Unavailable(0, "", "m"), 0.25, 0.5, id="no answer: back off"),
        pytest.param(
            errors.TooManyRequests(429, "", "m", retry_after=9), 9, 9, id="429: as it says"
        ),
        pytest.param(errors.Forbidden(403, "", "m"), 0.25, 0.5, id="refused: back off"),
        pytest.param(ZeroDivisionError("x"), 0.25, 0.5, id="a bug: back off"),
        pytest.param(
            ExceptionGroup("g", [errors.TooManyRequests(429, "", "m", retry_after=9)]),
            9,
            9,
            id="in a group",
        ),
    ],
)
async def test_after_an_error_the_key_comes_again(
    error: Exception, least: float, most: float
) -> None:
    times = await looks(Script(error), 1000)
    assert len(times) == 2
    assert least <= times[1] <= most


async def test_errors_back_off_further_each_time_and_success_ends_that() -> None:
    bad = [errors.Unavailable(0, "", "m")] * 12
    script = Script(*bad, At(START + timedelta(hours=1)), bad[0])
    times = await looks(script, 7200)
    gaps = [after - before for before, after in pairwise(times)]
    assert 60 <= gaps[11] <= 120
    assert gaps[13] <= 0.5


async def test_a_change_during_a_look_brings_another_look() -> None:
    seen: list[str] = []

    async def slow(key: Key) -> Again:
        seen.append("begin")
        await asyncio.sleep(10)
        seen.append("end")
        return OnChange()

    async with working(ARoom(slow)) as worker:
        worker.enqueue(A)
        await asyncio.sleep(1)
        worker.enqueue(A)
        await asyncio.sleep(100)
    assert seen == ["begin", "end", "begin", "end"]


async def test_a_look_that_hangs_costs_only_its_key(caplog: pytest.LogCaptureFixture) -> None:
    done: list[Key] = []

    async def look(key: Key) -> Again:
        if key == A and A not in done:
            done.append(A)
            await asyncio.Event().wait()
        done.append(key)
        return OnChange()

    async with working(ARoom(look), workers=1) as worker:
        worker.enqueue(A)
        worker.enqueue(B)
        await asyncio.sleep(LONGEST_LOOK + 10)
    assert done == [A, B, A]
    assert lines(caplog, "a look took too long and was given up")


async def test_keys_of_one_namespace_that_hang_leave_workers_to_the_others() -> None:
    seen: dict[Key, float] = {}

    async def look(key: Key) -> Again:
        seen[key] = asyncio.get_running_loop().time()
        if key.namespace == "hangs":
            await asyncio.Event().wait()
        return OnChange()

    async with working(ARoom(look), workers=5) as worker:
        for number in range(30):
            worker.enqueue(Key("hangs", str(number)))
        await asyncio.sleep(100)
        for number in range(10):
            worker.enqueue(Key("other", str(number)))
        await asyncio.sleep(1)
    assert [time for key, time in seen.items() if key.namespace == "other"] == [100.0] * 10


async def test_a_bug_is_logged_with_its_trace_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await looks(Script(*[ValueError("odd")] * 3), 100)
    first, *others = lines(caplog)
    assert first.getMessage() == "a look failed; this is a bug"
    assert first.exc_info is not None
    assert [line.getMessage() for line in others] == ["a look failed again, as before"] * 2
    assert {line.error for line in others} == {"ValueError: odd"}


async def test_an_outage_is_said_once_for_each_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await looks(Script(*[errors.Unavailable(0, "", "no answer")] * 5), 100)
    assert len(lines(caplog, "the API server does not answer this look")) == 1


async def test_conflicts_are_no_errors_and_others_are_counted() -> None:
    metrics = Metrics()
    script = Script(errors.Conflict(409, "", "m"), ValueError("x"), OnChange())
    await looks(script, 100, metrics=metrics)
    page = metrics.page().decode()
    assert 'certmanager_controller_sync_call_count{controller="rooms"} 3.0' in page
    assert 'certmanager_controller_sync_error_count{controller="rooms"} 1.0' in page
    assert 'controller_reconcile_seconds_count{controller="rooms"} 3.0' in page


async def test_what_is_logged_in_a_look_says_what_it_is_about() -> None:
    seen = []

    async def look(key: Key) -> Again:
        seen.append(dict(logged_object.get()))
        return OnChange()

    async with working(ARoom(look)) as worker:
        worker.enqueue(A)
        await asyncio.sleep(1)
    assert seen == [{"room": "rooms", "namespace": "one", "name": "a"}]


async def test_changes_of_watched_caches_enqueue_the_keys_of_old_and_new() -> None:
    seen: list[str] = []

    async def look(key: Key) -> Again:
        seen.append(str(key))
        return OnChange()

    def keys(obj: Secret) -> Iterable[Key]:
        if "bad" in obj.data:
            raise ValueError("an odd object")
        return [key_of(obj), *(Key("owners", r.uid) for r in obj.metadata.owner_references)]

    cache: Cache[Secret] = Cache()
    cache.feed(a_secret("before"))
    async with working(ARoom(look, [(cache, keys)])) as worker:
        await asyncio.sleep(1)
        assert seen == ["default/before"]
        seen.clear()
        cache.feed(a_secret("a", version=2, owner="x"))
        cache.feed(a_secret("a", version=3, owner="y"))
        cache.feed(a_secret("b", version=4, bad=b""))
        await asyncio.sleep(1)
        assert sorted(seen) == ["default/a", "owners/x", "owners/y"]
        assert worker.alive


async def test_a_standby_collects_nothing_and_begins_with_what_there_is() -> None:
    seen: list[str] = []

    async def look(key: Key) -> Again:
        seen.append(key.name)
        return OnChange()

    cache: Cache[Secret] = Cache()
    cache.feed(a_secret("a", version=1))
    room = ARoom(look, [(cache, lambda obj: [key_of(obj)])])
    worker = Worker(room, clock=LoopClock(), workers=1, rng=chance())
    for number in range(100):
        cache.feed(a_secret(f"lived-{number}", version=2 + number))
        cache.drop(a_secret(f"lived-{number}", version=2 + number))
    cache.feed(a_secret("b", version=500))
    await asyncio.sleep(100)
    assert worker._queue.depth == 0
    assert worker.alive
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(1)
    assert seen == ["a", "b"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not worker.alive


async def test_looks_at_nothing_new_leave_the_others_their_turn() -> None:
    async def look(key: Key) -> Again:
        return OnChange()

    async with working(ARoom(look), workers=1) as worker:
        for number in range(1000):
            worker.enqueue(Key("x", str(number)))
        turns = 0
        while worker._queue.depth:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 900


async def test_a_walk_goes_on_until_a_step_says_when() -> None:
    steps: list[int] = []

    async def observe(key: Key) -> int | None:
        return len(steps)

    async def perform(seen: int, action: str) -> Again:
        steps.append(seen)
        return Now() if action == "step 0" else At(START)

    assert await walk(A, observe, lambda seen: f"step {seen}", perform) == At(START)
    assert steps == [0, 1]


async def test_a_walk_ends_where_the_object_is_gone() -> None:
    async def observe(key: Key) -> int | None:
        return None

    async def perform(seen: int, action: str) -> Again:
        raise AssertionError

    assert await walk(A, observe, str, perform) == OnChange()


async def test_a_walk_without_end_gives_way_to_the_others() -> None:
    count = 0

    async def observe(key: Key) -> int | None:
        return 1

    async def perform(seen: int, action: str) -> Again:
        nonlocal count
        count += 1
        return Now()

    assert await walk(A, observe, str, perform) == Now()
    assert count == 64
