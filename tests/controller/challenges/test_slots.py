"""At most so many Challenges are in work at the same time, and those who wait get their turn."""

from controller.challenges.slots import Slots
from controller.runtime.schedule import Key
from orderapi.challenge import Challenge
from tests.controller.challenges.build import ORDER
from tests.controller.orders.build import a_challenge

SHOP = ORDER.metadata.namespace


def working(uid: str, *, state: str = "pending", processing: bool = True) -> Challenge:
    return a_challenge(ORDER, uid=uid, state=state, processing=processing)


def key(name: str) -> Key:
    return Key(SHOP, name)


def test_a_slot_is_held_from_the_start_to_the_end() -> None:
    slots = Slots(1)
    assert slots.free_for("a", SHOP)
    slots.take("a", SHOP)
    assert (slots.free_for("a", SHOP), slots.free_for("b", SHOP)) == (True, False)
    assert (slots.take("a", SHOP), slots.take("b", SHOP)) == (True, False)
    slots.heard(None, working("a"))
    assert not slots.free_for("b", SHOP)
    slots.heard(working("a"), working("a", state="valid", processing=False))
    assert slots.free_for("b", SHOP)


def test_a_failed_start_gives_the_slot_back() -> None:
    slots = Slots(1)
    slots.take("a", SHOP)
    slots.give_back("a")
    assert slots.free_for("b", SHOP)


def test_an_end_without_a_start_in_status_gives_the_slot_back() -> None:
    slots = Slots(1)
    slots.take("a", SHOP)
    slots.heard(None, working("a", state="expired", processing=False))
    assert slots.free_for("b", SHOP)


def test_what_is_deleted_holds_no_slot() -> None:
    slots = Slots(1)
    slots.heard(None, working("a"))
    slots.heard(working("a"), None)
    assert slots.free_for("b", SHOP)
    slots.take("b", SHOP)
    slots.heard(working("b"), working("c"))
    assert slots.free_for("c", SHOP)
    assert not slots.free_for("b", SHOP)


def test_what_was_in_work_before_a_restart_counts() -> None:
    slots = Slots(4)
    slots.heard(None, working("a"))
    slots.heard(None, working("b", state=""))
    assert not slots.free_for("c", SHOP)


def test_those_who_wait_are_woken_in_their_order_as_far_as_slots_are_free() -> None:
    slots = Slots(4)
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
    slots = Slots(4)
    assert [slots.take(uid, SHOP) for uid in "abc"] == [True, True, False]
    slots.wait(key("c"))
    slots.wait(Key("bakery", "d"))
    assert list(slots.next()) == [Key("bakery", "d")]
    assert slots.take("d", "bakery")
    slots.give_back("a")
    assert list(slots.next()) == [key("c")]
