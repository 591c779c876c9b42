"""The queue on virtual time: the seconds that pass are asserted."""

import asyncio
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from controller.runtime.metrics import Metrics
from controller.runtime.schedule import Key
from controller.runtime.workqueue import Backoff, Workqueue
from tests.controller.runtime.build import LoopClock, chance, elapsed

pytestmark = pytest.mark.looptime

A, B = Key("one", "a"), Key("one", "b")


def a_queue(workers: int = 100, **options: object) -> Workqueue:
    return Workqueue(clock=LoopClock(), rng=chance(), workers=workers, **options)  # type: ignore[arg-type]


async def taken(queue: Workqueue, number: int) -> list[str]:
    names = []
    for _ in range(number):
        key = await queue.take()
        names.append(str(key))
        queue.done(key)
    return names


async def test_a_key_added_twice_is_taken_once() -> None:
    queue = a_queue()
    queue.add(A)
    queue.add(A)
    assert queue.depth == 1
    assert await taken(queue, 1) == ["one/a"]
    assert queue.depth == 0


async def test_a_key_is_held_by_one_at_a_time_and_comes_again() -> None:
    queue = a_queue()
    queue.add(A)
    held = await queue.take()
    queue.add(A)
    queue.add(A)
    assert queue.depth == 0
    queue.done(held)
    assert queue.depth == 1


async def test_whoever_waits_is_given_the_next_key() -> None:
    queue = a_queue()
    waiting = [asyncio.create_task(queue.take()) for _ in range(2)]
    await asyncio.sleep(1)
    queue.add(A)
    queue.add(B)
    assert {await task for task in waiting} == {A, B}


async def test_one_who_waits_and_leaves_takes_nothing_with_him() -> None:
    queue = a_queue()
    waiting = asyncio.create_task(queue.take())
    await asyncio.sleep(1)
    queue.add(A)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1):
        assert await queue.take() == A


async def test_namespaces_take_turns() -> None:
    queue = a_queue()
    for number in range(3):
        queue.add(Key("many", str(number)))
    queue.add(Key("few", "0"))
    queue.add(Key("other", "0"))
    assert await taken(queue, 5) == ["many/0", "few/0", "other/0", "many/1", "many/2"]


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (2, 1), (3, 2), (5, 3), (10, 5)])
async def test_a_namespace_leaves_workers_to_the_others(workers: int, most: int) -> None:
    queue = a_queue(workers)
    for number in range(30):
        queue.add(Key("hangs", str(number)))
    takers = [asyncio.create_task(queue.take()) for _ in range(workers)]
    await asyncio.sleep(1)
    held = [taker.result() for taker in takers if taker.done()]
    assert [key.name for key in held] == [str(number) for number in range(most)]
    for number in range(workers - most):
        queue.add(Key(f"other-{number}", "a"))
        await asyncio.sleep(1)
        taken_by_now = [taker.result() for taker in takers if taker.done()]
        assert Key(f"other-{number}", "a") in taken_by_now
    for taker in takers:
        queue.done(taker.result())
    assert (await queue.take()).namespace == "hangs"
    assert set(queue._held_by) == {"hangs"}


async def test_a_worker_that_is_free_again_gives_a_namespace_its_next_key() -> None:
    queue = a_queue(2)
    queue.add(A)
    queue.add(B)
    held = await queue.take()
    waiting = asyncio.create_task(queue.take())
    await asyncio.sleep(1)
    assert not waiting.done()
    queue.done(held)
    assert await waiting == B


async def test_cluster_scoped_keys_may_take_every_worker() -> None:
    queue = a_queue(3)
    for number in range(3):
        queue.add(Key("", str(number)))
    async with asyncio.timeout(1):
        assert {(await queue.take()).name for _ in range(3)} == {"0", "1", "2"}


async def test_a_delayed_key_comes_at_its_time(looptime: object) -> None:
    queue = a_queue()
    start = asyncio.get_running_loop().time()
    queue.add_after(A, 30)
    await queue.take()
    assert await elapsed(start) == 30


@pytest.mark.parametrize("first", [10, 40])
async def test_of_two_delays_the_earliest_counts(first: int) -> None:
    queue = a_queue()
    start = asyncio.get_running_loop().time()
    queue.add_after(A, first)
    queue.add_after(A, 50 - first)
    await taken(queue, 1)
    assert await elapsed(start) == 10
    await asyncio.sleep(100)
    assert queue.depth == 0


async def test_taking_a_key_grants_its_older_wishes() -> None:
    queue = a_queue()
    queue.add_after(A, 30)
    queue.add(A)
    await taken(queue, 1)
    await asyncio.sleep(100)
    assert queue.depth == 0


async def test_a_wish_made_while_the_key_is_held_counts() -> None:
    queue = a_queue()
    start = asyncio.get_running_loop().time()
    queue.add(A)
    held = await queue.take()
    queue.add_after(A, 5)
    await asyncio.sleep(10)
    queue.done(held)
    assert await queue.take() == A
    assert await elapsed(start) == 10


async def test_a_time_weeks_away_is_met_to_the_second() -> None:
    clock = LoopClock()
    queue = Workqueue(clock=clock, rng=chance(), workers=5)
    start = asyncio.get_running_loop().time()
    queue.add_at(A, clock.now() + timedelta(days=60))
    await queue.take()
    assert await elapsed(start) == 60 * 86400


@pytest.mark.parametrize(
    ("jump", "latest"),
    [
        pytest.param(timedelta(hours=30), 3600, id="forward: late by an hour at most"),
        pytest.param(timedelta(hours=-5), 29 * 3600, id="backward: not before its time"),
    ],
)
async def test_the_wall_clock_may_jump(jump: timedelta, latest: float) -> None:
    clock = LoopClock()
    queue = Workqueue(clock=clock, rng=chance(), workers=5)
    start = asyncio.get_running_loop().time()
    due = clock.now() + timedelta(hours=24)
    queue.add_at(A, due)
    await asyncio.sleep(60)
    clock.offset = jump
    await queue.take()
    assert clock.now() >= due
    assert await elapsed(start) <= latest


async def test_many_wishes_leave_no_garbage() -> None:
    queue = a_queue()
    for number in range(5000):
        queue.add_after(A, 1e6 - number)
    assert len(queue._delays._heap) < 200


async def test_failures_back_off_and_success_forgives() -> None:
    queue = a_queue(backoff=Backoff(first=1.0, most=60.0))
    delays = [queue.back_off(A) for _ in range(9)]
    for number, delay in enumerate(delays):
        full = min(2.0**number, 60.0)
        assert full / 2 <= delay <= full
    queue.forgive(A)
    assert queue.back_off(A) <= 1.0


async def test_a_back_off_lasts_at_least_as_long_as_was_asked() -> None:
    queue = a_queue()
    start = asyncio.get_running_loop().time()
    assert queue.back_off(A, at_least=17.0) == 17.0
    await queue.take()
    assert await elapsed(start) == 17


@given(st.integers(1, 2000), st.integers(0, 1000))
def test_a_back_off_is_never_over_its_most(failures: int, seed: int) -> None:
    assert 0 < Backoff(first=0.5, most=120).after(failures, chance(seed)) <= 120


async def test_depth_and_wait_are_measured() -> None:
    metrics = Metrics()
    queue = a_queue(metrics=metrics.queue("rooms"))
    queue.add(A)
    queue.add(B)
    await asyncio.sleep(3)
    await queue.take()
    page = metrics.page().decode()
    assert 'workqueue_depth{name="rooms"} 1.0' in page
    assert 'workqueue_adds_total{name="rooms"} 2.0' in page
    assert 'workqueue_queue_duration_seconds_sum{name="rooms"} 3.0' in page


KEYS = st.builds(Key, st.sampled_from("xyz"), st.sampled_from("abc"))


@given(st.lists(st.tuples(st.sampled_from(["add", "take", "done"]), KEYS), max_size=40))
def test_no_key_is_lost_and_none_is_held_twice(steps: list[tuple[str, Key]]) -> None:
    async def play() -> None:
        queue = a_queue()
        wanted: set[Key] = set()
        held: list[Key] = []
        for step, key in steps:
            if step == "add":
                queue.add(key)
                wanted.add(key)
            elif step == "take" and queue.depth:
                key = await queue.take()
                assert key not in held
                wanted.discard(key)
                held.append(key)
            elif step == "done" and held:
                queue.done(held.pop(0))
        for key in held:
            queue.done(key)
        left = {await queue.take() for _ in range(queue.depth)}
        assert left == wanted

    asyncio.run(play())
