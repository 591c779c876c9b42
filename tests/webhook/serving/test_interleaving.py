"""Replicas that act at the same time, one request to the API server after another in any order."""

from collections.abc import Coroutine, Generator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.webhook.clocks import Wall
from tests.webhook.serving.build import CONFIGURATION, NAMES, SECRET, Plane
from webhook.errors import Conflict
from webhook.serving.authority import SETTLE
from webhook.serving.certificates import make_ca, pem, read_certificate
from webhook.serving.keeper import Keeper, Seen
from webhook.serving.roots import read_bundle, verifies

REPLICAS = 3

advances = st.sampled_from(
    [timedelta(seconds=10), SETTLE, timedelta(hours=10), timedelta(days=4), timedelta(days=120)]
)
steps = st.one_of(
    st.tuples(st.just("turn"), st.integers(0, REPLICAS - 1)),
    st.tuples(st.just("round"), st.integers(1, 4)),
    st.tuples(st.just("pass"), advances),
    st.tuples(st.just("restart"), st.integers(0, REPLICAS - 1)),
)


class Pause:
    """Gives way to the others before each request."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def pause() -> None:
    await Pause()


class World:
    """Replicas, and what API servers may still hold."""

    def __init__(self) -> None:
        self.clock = Wall()
        self.plane = Plane(pause)
        self.bundles: list[tuple[float, bytes]] = []  # until when each was registered
        self.present = b""
        self.plane.changed = self.note
        self.keepers = [self.keeper() for _ in range(REPLICAS)]
        self.turns: list[Coroutine[Any, Any, Seen] | None] = [None] * REPLICAS
        self.served: list[bytes] = [b""] * REPLICAS
        self.promotions = 0

    def keeper(self) -> Keeper:
        return Keeper(
            self.plane,
            secret=SECRET,
            configuration=CONFIGURATION,
            names=NAMES,
            clock=self.clock,
            seconds=self.clock.seconds,
            settle=SETTLE,
        )

    def note(self) -> None:
        """The configuration, or the Secret, was changed."""
        found = {*self.plane.bundles()}
        assert len(found) < 2
        for bundle in found - {self.present}:
            self.bundles.append((self.clock.seconds(), self.present))
            self.present = bundle

    def turn(self, number: int) -> None:
        """One replica goes on to its next request."""
        turn = self.turns[number] or self.keepers[number].look()
        self.turns[number] = turn
        try:
            turn.send(None)
        except StopIteration as ended:
            self.turns[number] = None
            seen: Seen = ended.value
            self.served[number] = seen.leaf.pair.certificate if seen.leaf else b""
        except Conflict:
            self.turns[number] = None

    def end_turns(self) -> None:
        for number in range(REPLICAS):
            while self.turns[number]:
                self.turn(number)

    def round(self, count: int) -> None:
        """All look, in turns, so many times."""
        for _ in range(count):
            for number in range(REPLICAS):
                self.turn(number)
            self.end_turns()
            self.check()

    def restart(self, number: int) -> None:
        if self.turns[number]:
            self.turns[number].close()  # type: ignore[union-attr]
        self.turns[number] = None
        self.keepers[number] = self.keeper()
        self.served[number] = b""

    def check(self) -> None:
        """Every leaf passes with every bundle that somebody may hold, once there is one."""
        now = self.clock()
        minute_ago = self.clock.seconds() - SETTLE.total_seconds()
        held = [self.present, *(text for until, text in self.bundles if until > minute_ago)]
        for text in self.served:
            if not text or read_certificate(text).not_valid_after_utc <= now:
                continue
            for bundle in filter(None, held):
                assert passes(bundle, text, now)


@lru_cache(maxsize=1000)
def passes(bundle: bytes, leaf: bytes, now: datetime) -> bool:
    """Most steps change nothing of it."""
    return verifies(read_bundle(bundle), read_certificate(leaf), now)


@given(st.lists(steps, max_size=60))
@settings(max_examples=100)
def test_whoever_calls_trusts_whatever_is_served(script: list[tuple[str, Any]]) -> None:
    world = World()
    world.plane.install()
    for what, value in script:
        match what:
            case "turn":
                world.turn(value)
            case "round":
                world.round(value)
            case "restart":
                world.restart(value)
            case _:
                if value > SETTLE:
                    world.end_turns()  # no request takes hours
                world.clock.passed += value
        world.check()
    for number in range(REPLICAS):
        if (turn := world.turns[number]) is not None:
            turn.close()


@given(st.lists(st.integers(0, REPLICAS - 1), min_size=20, max_size=40))
@settings(max_examples=5)
def test_two_rotations_with_requests_in_any_order(order: list[int]) -> None:
    world = World()
    world.plane.install()
    seen = set()
    for _ in range(5):
        for passed in (
            timedelta(),
            SETTLE,
            SETTLE,
            timedelta(days=7, hours=1),
            timedelta(days=120),
        ):
            world.end_turns()
            world.clock.passed += passed
            for number in order:
                world.turn(number)
                world.check()
        world.round(3)
        seen |= {*world.plane.data().get("tls.crt", b"").split(b"\n\n")}
    world.end_turns()
    assert len(seen - {b""}) >= 3


def one_look(world: World, number: int) -> None:
    """From the first request to the last."""
    world.turn(number)
    while world.turns[number]:
        world.turn(number)


def test_a_stale_look_writes_neither_secret_nor_configuration() -> None:
    """Whoever has read before another wrote has to look again."""
    world = World()
    world.plane.install()
    one_look(world, 1)
    made = world.plane.data()

    world.plane.put_data({**made, "ca.crt": b""})
    for _ in range(3):
        world.turn(0)  # two reads; it is about to write the Secret
    other = make_ca(world.clock())
    newer = {"ca.crt": pem(other.certificate), **made, "note": b"of another"}
    world.plane.put_data(newer)
    world.turn(0)
    assert world.turns[0] is None
    assert world.plane.data() == newer

    world.plane.put_data(made)
    for _ in range(3):
        world.turn(0)  # it is about to write the bundle of now
    world.plane.install(pem(other.certificate))
    world.turn(0)
    assert world.turns[0] is None
    assert set(world.plane.bundles()) == {pem(other.certificate)}
    one_look(world, 0)
    assert set(world.plane.bundles()) == {made["ca.crt"]}
