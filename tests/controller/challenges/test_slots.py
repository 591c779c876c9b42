"""At most so many Challenges are in work at the same time, and those who wait get their turn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from controller.challenges.slots import Slots
from controller.runtime.schedule import Key
from controller.solvers.timing import LATE
from orderapi.challenge import Challenge
from tests.controller.challenges.build import ORDER
from tests.controller.orders.build import a_challenge

SHOP = ORDER.metadata.namespace
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at(time: datetime) -> Callable[[], datetime]:
    return lambda: time


@dataclass
class Hands:
    """A clock that is set by hand."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time


def working(uid: str, *, state: str = "pending", processing: bool = True) -> Challenge:
    return a_challenge(ORDER, uid=uid, state=state, processing=processing)


def key(name: str) -> Key:
    return Key(SHOP, name)


def test_a_slot_is_held_from_the_start_to_the_end() -> None:
    slots = Slots(1, at(NOW))
    assert slots.free_for("a", SHOP)
    slots.take("a", SHOP)
    assert (slots.free_for("a", SHOP), slots.free_for("b", SHOP)) == (True, False)
    assert (slots.take("a", SHOP), slots.take("b", SHOP)) == (True, False)
    slots.heard(None, working("a"))
    assert not slots.free_for("b", SHOP)
    slots.heard(working("a"), working("a", state="valid", processing=False))
    assert slots.free_for("b", SHOP)


def test_a_failed_start_gives_the_slot_back() -> None:
    slots = Slots(1, at(NOW))
    slots.take("a", SHOP)
    slots.give_back("a")
    assert slots.free_for("b", SHOP)


def test_an_end_without_a_start_in_status_gives_the_slot_back() -> None:
    slots = Slots(1, at(NOW))
    slots.take("a", SHOP)
    slots.heard(None, working("a", state="expired", processing=False))
    assert slots.free_for("b", SHOP)


def test_what_is_deleted_holds_no_slot() -> None:
    slots = Slots(1, at(NOW))
    slots.heard(None, working("a"))
    slots.heard(working("a"), None)
    assert slots.free_for("b", SHOP)
    slots.take("b", SHOP)
    slots.heard(working("b"), working("c"))
    assert slots.free_for("c", SHOP)
    assert not slots.free_for("b", SHOP)


def test_what_was_in_work_before_a_restart_counts() -> None:
    slots = Slots(4, at(NOW))
    slots.heard(None, working("a"))
    slots.heard(None, working("b", state=""))
    assert not slots.free_for("c", SHOP)


def test_those_who_wait_are_woken_in_their_order_as_far_as_slots_are_free() -> None:
    slots = Slots(4, at(NOW))
    slots.take("a", SHOP)
    slots.take("b", SHOP)
    for name in ("x", "y", "z", "x"):
        slots.wait(key(name))
    assert list(slots.next()) == []
    slots.give_back("a")
    assert list(slots.next()) == [key("x")]
    slots.give_back("b")
    assert list(slots.next()) == [key("y"), key("z")]
    assert list(slots.next()) == []


def test_one_namespace_has_at_most_half_of_the_slots() -> None:
    slots = Slots(4, at(NOW))
    assert [slots.take(uid, SHOP) for uid in "abc"] == [True, True, False]
    slots.wait(key("c"))
    slots.wait(Key("bakery", "d"))
    assert list(slots.next()) == [Key("bakery", "d")]
    assert slots.take("d", "bakery")
    slots.give_back("a")
    assert list(slots.next()) == [key("c")]


def presented(uid: str, since: datetime, namespace: str = SHOP) -> Challenge:
    challenge = working(uid)
    return msgspec.structs.replace(
        challenge,
        metadata=msgspec.structs.replace(challenge.metadata, namespace=namespace),
        status=msgspec.structs.replace(challenge.status, presented_at=since),
    )


def test_hopeless_ones_do_not_stop_everybody() -> None:
    """Sixty in two namespaces: they keep their own right to go on, and nobody else's is gone."""
    clock = Hands()
    slots = Slots(60, clock.now)
    hopeless = [(f"{where}-{n}", where) for where in ("one", "two") for n in range(30)]
    for uid, where in hopeless:
        assert slots.take(uid, where)
        slots.heard(None, presented(uid, NOW, where))
    slots.wait(key("mine"))
    clock.time = NOW + LATE - timedelta(seconds=1)
    assert not slots.free_for("mine", SHOP)
    assert not slots.free_for("more", "one")
    assert list(slots.next()) == []
    clock.time = NOW + LATE
    assert slots.free_for("mine", SHOP)
    assert slots.free_for("more", "one")
    assert list(slots.next()) == [key("mine")]
    assert [slots.take(f"mine-{n}", SHOP) for n in range(31)] == [True] * 30 + [False]
    assert all(slots.free_for(uid, where) for uid, where in hopeless)


def test_a_late_one_that_is_published_again_is_not_counted() -> None:
    slots = Slots(2, at(NOW + LATE))
    slots.heard(None, presented("a", NOW))
    assert slots.take("a", SHOP)
    assert slots.take("b", SHOP)


def test_a_late_one_that_ends_has_no_slot() -> None:
    slots = Slots(2, at(NOW + LATE))
    slots.heard(None, presented("a", NOW))
    assert slots.take("b", SHOP)
    assert slots.free_for("a", SHOP)
    slots.heard(presented("a", NOW), working("a", state="invalid", processing=False))
    assert not slots.free_for("a", SHOP)


def test_what_is_presented_anew_counts_again() -> None:
    slots = Slots(2, at(NOW + LATE))
    slots.heard(None, presented("a", NOW))
    assert slots.free_for("b", SHOP)
    slots.heard(presented("a", NOW), presented("a", NOW + LATE))
    assert not slots.free_for("b", SHOP)
