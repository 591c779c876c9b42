"""One test for each of nine defects that electors were found to have."""

import asyncio
import re
from datetime import datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from controller.runtime import errors
from controller.runtime.lease import LeaseLost, Times
from tests.controller.runtime.build import LoopClock, elapsed, lines
from tests.controller.runtime.leasestore import Store, a_lease, for_ever, held, lead

pytestmark = pytest.mark.looptime

SIX_DIGITS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


async def test_defect_1_a_lease_that_is_not_there_is_created() -> None:
    store = Store()
    async with a_lease(store):
        assert store.holder == "me"
        assert store.writes[0].lease_duration_seconds == 15
        assert store.writes[0].lease_transitions == 0


async def test_defect_2_times_are_utc_wherever_we_are() -> None:
    class Elsewhere(LoopClock):
        def now(self) -> datetime:
            return super().now().astimezone(ZoneInfo("America/New_York"))

    store = Store()
    async with a_lease(store, clock=Elsewhere()):
        assert store.writes[0].renew_time == "2026-03-01T12:00:00.000000Z"
        assert store.writes[0].acquire_time == "2026-03-01T12:00:00.000000Z"


async def test_defect_3_a_whole_second_keeps_its_fraction() -> None:
    store = Store()
    async with a_lease(store, times=Times(retry=1.0), rng=_NoChance()):
        await asyncio.sleep(5.5)
    assert len(store.writes) == 7
    for spec in store.writes:
        assert SIX_DIGITS.fullmatch(spec.renew_time or "")
        assert SIX_DIGITS.fullmatch(spec.acquire_time or "")


class _NoChance(Random):
    def random(self) -> float:
        return 0.0


async def test_defect_4_the_duration_may_have_a_fraction() -> None:
    store = Store()
    async with a_lease(store, times=Times(duration=15.5, renew=10.5, retry=2.5)):
        assert store.writes[0].lease_duration_seconds == 16


async def test_defect_5_a_refused_connection_does_not_end_the_election() -> None:
    store = Store()
    refused = errors.Unavailable(0, "ClientConnectorError", "refused")
    store.trouble = lambda _verb: refused if asyncio.get_running_loop().time() < 60 else None
    start = asyncio.get_running_loop().time()
    async with a_lease(store):
        assert 60 <= await elapsed(start) <= 63


async def test_defect_6_a_leader_that_leads_nothing_gives_the_lease_back() -> None:
    store = Store()

    async def die() -> None:
        await asyncio.sleep(5)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await lead(store, until=die)
    assert store.holder == ""
    written = len(store.writes)
    await asyncio.sleep(60)
    assert len(store.writes) == written


async def test_defect_7_who_is_cancelled_cancels_what_it_leads_and_releases() -> None:
    store = Store()
    stopped = asyncio.Event()

    async def work() -> None:
        try:
            await for_ever()
        finally:
            stopped.set()

    task = asyncio.create_task(lead(store, until=work))
    await asyncio.sleep(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stopped.is_set()
    assert store.holder == ""


async def test_defect_8a_tries_are_spread_by_chance() -> None:
    store = Store(held())
    task = asyncio.create_task(a_lease(store).__aenter__())
    await asyncio.sleep(14)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    times = [time for time, _ in store.calls]
    gaps = {round(b - a, 6) for a, b in pairwise(times)}
    assert len(gaps) == len(times) - 1
    assert all(2.0 <= gap <= 2.4 for gap in gaps)


async def test_defect_8b_a_change_of_leader_is_counted() -> None:
    store = Store(held(transitions=3))
    async with a_lease(store):
        assert store.writes[0].lease_transitions == 4
        assert store.writes[0].acquire_time != held().spec.acquire_time
        await asyncio.sleep(10)
        assert store.writes[-1].lease_transitions == 4
        assert store.writes[-1].acquire_time == store.writes[0].acquire_time


async def test_defect_8c_a_hung_request_is_bounded_by_the_lease() -> None:
    store = Store()
    start = asyncio.get_running_loop().time()
    store.hangs = lambda verb: verb == "patch" and asyncio.get_running_loop().time() > 20
    with pytest.raises(LeaseLost, match="not renewed for 10 s"):
        await lead(store, until=for_ever)
    assert await elapsed(start) <= 20 + 2.4 + 10


@pytest.mark.parametrize("error", [RuntimeError("the handler is closed"), KeyError("a bug")])
async def test_defect_9a_whatever_stops_the_renewal_ends_what_is_led(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store()
    start = asyncio.get_running_loop().time()
    store.trouble = lambda verb: error if verb == "patch" else None
    with pytest.raises(LeaseLost, match=f"not renewed for 10 s: {type(error).__name__}: "):
        await lead(store, until=for_ever)
    assert await elapsed(start) <= 10
    said = lines(caplog, "lease not renewed; trying again")
    assert len(said) >= 4
    assert all(line.exc_info for line in said)


async def test_defect_9b_an_odd_failure_that_passes_costs_nothing() -> None:
    store = Store()
    store.trouble = lambda _verb: (
        RuntimeError("closed") if 20 < asyncio.get_running_loop().time() < 25 else None
    )
    await lead(store, until=lambda: asyncio.sleep(100))
    assert store.holder == ""
