"""Serving over years of virtual time, against two objects in memory."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.webhook.clocks import Wall
from tests.webhook.serving.build import (
    CONFIGURATION,
    NAMES,
    SECRET,
    Plane,
    unreachable,
)
from webhook.errors import Forbidden
from webhook.serving.certificates import make_ca, pem
from webhook.serving.roots import read_bundle, verifies
from webhook.serving.serving import LONGEST_WAIT, Serving
from webhook.serving.tls import HotContext
from webhook.serving.watching import LASTS

pytestmark = pytest.mark.looptime

DAY = 86400.0


class Kept(HotContext):
    """Keeps what it was told to serve."""

    def __init__(self) -> None:
        super().__init__()
        self.served: list[bytes] = []

    def serve(self, pair: object) -> None:
        super().serve(pair)  # type: ignore[arg-type]
        self.served.append(pair.certificate)  # type: ignore[attr-defined]


class World:
    """Some replicas."""

    def __init__(
        self, count: int = 1, lasts: float = 30_000.0, longest_wait: float = LONGEST_WAIT
    ) -> None:
        self.clock = Wall(by_loop=True)
        self.plane = Plane()
        self.replicas = [
            Serving(
                self.plane,
                secret=SECRET,
                configuration=CONFIGURATION,
                names=NAMES,
                context=Kept(),
                clock=self.clock,
                lasts=lasts,
                longest_wait=longest_wait,
            )
            for _ in range(count)
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # After a hundred days a float has no nanoseconds: a timer would be early, again and again.
        asyncio.get_running_loop()._clock_resolution = 0.001  # type: ignore[attr-defined]
        tasks = [asyncio.create_task(replica.run()) for replica in self.replicas]
        try:
            yield
            assert not [task for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def served(self) -> list[bytes]:
        """What each serves now."""
        return [replica.context.served[-1] for replica in self.replicas]  # type: ignore[attr-defined]

    def check(self) -> None:
        """Each entry of the configuration verifies what each replica serves."""
        for replica in self.replicas:
            assert replica.status().problem == ""
            assert replica.status().not_after > self.clock()  # type: ignore[operator]
        for bundle in self.plane.bundles():
            for text in self.served():
                leaf = read_bundle(text)[0]
                assert verifies(read_bundle(bundle), leaf, self.clock())


async def test_two_rotations_of_two_replicas() -> None:
    # Looks cost time, even where nothing is to be done.
    world = World(2, lasts=10 * DAY, longest_wait=10 * DAY)
    world.plane.install()
    signers = set()
    async with world.running():
        await asyncio.sleep(70)
        for _ in range(550):
            await asyncio.sleep(DAY)
            world.check()
            signers.add(world.plane.data()["tls.crt"])
            assert len(read_bundle(world.plane.data()["ca.crt"])) <= 2
    assert len(signers) == 3  # every 243 days
    # One write for each: made, registered, promoted, dropped, registered.
    assert len([c for c in world.plane.writes() if "validating" in c[1]]) < 12
    leaves = len(world.replicas[0].context.served)  # type: ignore[attr-defined]
    assert 550 / 7 * 1.4 < leaves < 550 / 7 * 1.7


async def test_it_starts_before_the_configuration_is_installed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    world = World()
    async with world.running():
        await asyncio.sleep(3 * DAY)
        assert world.replicas[0].status().problem == (
            "the configuration kubectl-order is not installed"
        )
        assert caplog.text.count("is not installed; waiting for it") == 1
        world.plane.install()
        await asyncio.sleep(1)
        world.check()


async def test_a_dropped_bundle_is_repaired_at_once_and_nothing_else_is_touched() -> None:
    world = World(2)
    world.plane.install()
    async with world.running():
        await asyncio.sleep(DAY)
        world.plane.calls.clear()
        bundle = world.plane.bundles()
        world.plane.install()
        await asyncio.sleep(0.1)
        assert world.plane.bundles() == bundle
        assert {path for _, path in world.plane.writes()} == {CONFIGURATION.path}
        assert len(world.plane.calls) < 20
        world.plane.install(pem(make_ca(world.clock()).certificate))  # by hand
        await asyncio.sleep(0.1)
        assert world.plane.bundles() == bundle


async def test_a_configuration_that_is_made_anew_with_other_entries() -> None:
    world = World()
    world.plane.install()
    async with world.running():
        await asyncio.sleep(DAY)
        world.plane.delete(CONFIGURATION)
        await asyncio.sleep(1)
        assert "not installed" in world.replicas[0].status().problem
        world.plane.install(entries=5)
        await asyncio.sleep(1)
        assert len(world.plane.bundles()) == 5
        world.check()


async def test_a_deleted_secret_is_made_anew_and_the_leaf_goes_on_until_that_is_known() -> None:
    world = World(3)
    world.plane.install()
    async with world.running():
        await asyncio.sleep(DAY)
        before = world.served()
        world.plane.delete(SECRET)
        await asyncio.sleep(55)
        world.check()
        assert world.served() == before
        await asyncio.sleep(60)
        world.check()
        assert not {*before} & {*world.served()}
        await asyncio.sleep(8 * DAY)
        world.check()
        assert len(read_bundle(world.plane.data()["ca.crt"])) == 1


async def test_a_broken_key_is_replaced_and_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world = World(2)
    world.plane.install()
    async with world.running():
        await asyncio.sleep(DAY)
        world.plane.put_data(world.plane.data() | {"tls.key": b"?"})
        await asyncio.sleep(DAY)
        world.check()
    assert "tls.crt and tls.key cannot be used: the key is not readable" in caplog.text
    assert "PRIVATE" not in caplog.text


async def test_the_api_server_is_away_for_a_day(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.plane.install()
    async with world.running():
        await asyncio.sleep(DAY)
        world.plane.down = unreachable()
        await asyncio.sleep(DAY)
        world.check()
        assert caplog.text.count("cannot be looked after") == 1
        calls = len(world.plane.calls)
        world.plane.down = None
        await asyncio.sleep(60)
        world.plane.install()
        await asyncio.sleep(1)
        world.check()
        assert len(world.plane.calls) - calls < 30


async def test_without_rights_it_says_so_and_goes_on_when_they_are_given() -> None:
    world = World()
    world.plane.install()
    world.plane.down = Forbidden(403, "Forbidden", "get secrets: 403 Forbidden: no right")
    async with world.running():
        await asyncio.sleep(600)
        assert "no certificate yet: get secrets: 403" in world.replicas[0].status().problem
        assert len(world.plane.calls) < 100
        world.plane.down = None
        await asyncio.sleep(60)
        world.check()


async def test_another_program_that_sets_the_bundle_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.plane.install()
    foreign = pem(make_ca(world.clock()).certificate)

    def fight() -> None:
        if world.plane.bundles()[0] not in (b"", foreign):
            asyncio.get_running_loop().call_later(0.01, world.plane.install, foreign)

    async with world.running():
        await asyncio.sleep(DAY)
        world.plane.changed = fight
        fight()
        await asyncio.sleep(600)
        assert "was changed by another program" in caplog.text
        assert len(world.plane.writes()) < 600 / 5 * 11
        world.plane.changed = lambda: None
        await asyncio.sleep(60)
        world.check()


async def test_a_quiet_day_costs_few_requests_and_no_writes() -> None:
    world = World(lasts=LASTS)
    world.plane.install()
    async with world.running():
        await asyncio.sleep(DAY)
        world.plane.calls.clear()
        await asyncio.sleep(DAY)
        assert not world.plane.writes()
        assert len(world.plane.calls) < 24 * 12 * 2 * 6
