"""Leadership on virtual time: who leads when, what survives, and what must never happen."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest

from controller.runtime import errors
from controller.runtime.lease import LeaseLost, Times
from controller.runtime.metrics import Metrics
from controller.runtime.objects import LeaseSpec
from controller.runtime.patches import merge_patch
from tests.controller.runtime.build import START, elapsed, lines
from tests.controller.runtime.leasestore import Store, a_lease, for_ever, held, lead

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(
    ("renewed", "duration"),
    [
        pytest.param("2026-03-01T11:59:59.000000Z", 15, id="clocks agree"),
        pytest.param("2026-03-02T11:59:59.000000Z", 15, id="the holder's clock is a day ahead"),
        pytest.param("2020-01-01T00:00:00.000000Z", 15, id="the holder's clock is years behind"),
        pytest.param("2026-03-01T11:59:59.000000Z", 60, id="the holder asks for more patience"),
    ],
)
async def test_a_dead_holder_is_replaced_after_its_duration_by_our_clock(
    renewed: str, duration: int
) -> None:
    store = Store(held(duration=duration))
    assert store.record is not None
    spec = msgspec.structs.replace(store.record.spec, renew_time=renewed)
    store.record = msgspec.structs.replace(store.record, spec=spec)
    start = asyncio.get_running_loop().time()
    async with a_lease(store):
        assert duration <= await elapsed(start) <= duration + 2.4


async def test_a_holder_that_lives_is_waited_for_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    store = Store(held("cert-manager-7d9f-external-cert-manager-controller"))
    task = asyncio.create_task(a_lease(store).__aenter__())
    for _ in range(30):
        await asyncio.sleep(10)
        assert store.record is not None
        now = f"{asyncio.get_running_loop().time()}"
        store.write(msgspec.structs.replace(store.record.spec, renew_time=now))
    assert not task.done()
    (line,) = lines(caplog, "waiting for the lease")
    assert line.held_by == "cert-manager-7d9f-external-cert-manager-controller"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_released_lease_is_taken_at_the_next_look() -> None:
    store = Store()
    order: list[str] = []

    async def take_turn(name: str, seconds: float) -> None:
        async with a_lease(store, name):
            order.append(f"{name} {asyncio.get_running_loop().time():.0f}")
            await asyncio.sleep(seconds)

    first = asyncio.create_task(take_turn("first", 100))
    await asyncio.sleep(1)
    second = asyncio.create_task(take_turn("second", 1))
    await first
    ended = asyncio.get_running_loop().time()
    await second
    assert asyncio.get_running_loop().time() - ended <= 2.4 + 1
    assert [entry.split()[0] for entry in order] == ["first", "second"]


async def test_of_several_only_one_leads_at_any_time() -> None:
    store = Store()
    leading: set[str] = set()
    turns: list[str] = []

    async def take_turns(name: str) -> None:
        for _ in range(5):
            async with a_lease(store, name):
                assert not leading
                leading.add(name)
                turns.append(name)
                await asyncio.sleep(20)
                leading.discard(name)

    async with asyncio.TaskGroup() as group:
        for name in ("a", "b", "c"):
            group.create_task(take_turns(name))
    assert len(turns) == 15


async def test_who_is_quicker_wins_and_the_other_waits() -> None:
    store = Store()

    def beaten(verb: str) -> Exception | None:
        if verb == "create" and store.record is None:
            store.write(held("quicker").spec)
        return None

    store.trouble = beaten
    start = asyncio.get_running_loop().time()
    async with a_lease(store):
        assert await elapsed(start) >= 15


async def test_what_is_led_ends_well_before_others_may_take_over() -> None:
    store = Store()
    ended = 0.0
    store.trouble = lambda verb: (
        errors.Unavailable(0, "", "refused")
        if verb != "create" and asyncio.get_running_loop().time() > 30
        else None
    )

    async def work() -> None:
        nonlocal ended
        try:
            await for_ever()
        finally:
            ended = asyncio.get_running_loop().time()

    with pytest.raises(LeaseLost, match="refused"):
        await lead(store, until=work)
    last = START + timedelta(seconds=ended)
    renewed = (store.writes[-1].renew_time or "").removesuffix("Z")
    assert last.isoformat(timespec="microseconds")[:-6] > renewed
    assert ended <= 30 + 10


async def test_a_short_outage_is_survived() -> None:
    store = Store()
    store.trouble = lambda _verb: (
        errors.Unavailable(0, "", "refused")
        if 20 < asyncio.get_running_loop().time() < 26
        else None
    )
    async with a_lease(store):
        await asyncio.sleep(100)
        assert store.holder == "me"


async def test_a_lease_that_another_took_is_lost_at_once() -> None:
    store = Store()
    start = asyncio.get_running_loop().time()

    async def be_robbed() -> None:
        await asyncio.sleep(20)
        store.write(held("thief").spec)
        await for_ever()

    with pytest.raises(LeaseLost, match="held by thief"):
        await lead(store, until=be_robbed)
    assert await elapsed(start) <= 20 + 2.4
    assert store.holder == "thief"


async def test_a_lease_deleted_under_us_is_lost() -> None:
    store = Store()

    async def be_robbed() -> None:
        store.record = None
        await for_ever()

    with pytest.raises(LeaseLost):
        await lead(store, until=be_robbed)


async def test_a_label_set_on_the_lease_or_a_lost_answer_does_not_cost_it() -> None:
    store = Store()
    async with a_lease(store):
        for _ in range(10):
            await asyncio.sleep(7)
            assert store.record is not None
            store.write(store.record.spec)
    assert store.holder == ""  # and it is released, although the last version was not ours


async def test_a_body_that_swallows_its_cancellation_still_learns_of_the_loss() -> None:
    store = Store()

    async def be_deaf() -> None:
        store.write(held("thief").spec)
        with suppress(asyncio.CancelledError):
            await for_ever()

    with pytest.raises(LeaseLost):
        await lead(store, until=be_deaf)
    await asyncio.sleep(1)  # and is not cancelled for ever


async def test_cancelled_from_outside_while_it_is_lost_is_cancelled() -> None:
    store = Store()

    async def work() -> None:
        store.write(held("thief").spec)
        try:
            await for_ever()
        finally:
            await asyncio.sleep(5)

    task = asyncio.create_task(lead(store, until=work))
    await asyncio.sleep(4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_release_that_hangs_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    async with a_lease(store):
        start = asyncio.get_running_loop().time()
        store.hangs = lambda _verb: True
    assert await elapsed(start) == 2
    assert lines(caplog, "lease not released")


async def test_leading_is_measured() -> None:
    metrics = Metrics()
    gauge = 'leader_election_master_status{name="l"} '
    async with a_lease(Store(), metrics=metrics):
        assert gauge + "1.0" in metrics.page().decode()
    assert gauge + "0.0" in metrics.page().decode()


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(Times(duration=10, renew=10), id="no time left to stop in"),
        pytest.param(Times(renew=2, retry=2), id="no second try"),
    ],
)
def test_times_that_cannot_work_are_refused(times: Times) -> None:
    with pytest.raises(ValueError, match="retry < renew < duration"):
        a_lease(Store(), times=times)


def test_a_release_leaves_nothing_that_a_client_could_misread() -> None:
    assert merge_patch(LeaseSpec(holder_identity="x"), LeaseSpec()) == {"holderIdentity": None}
