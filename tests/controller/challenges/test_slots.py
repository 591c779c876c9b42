"""At most so many Challenges are in work at the same time, and those who wait get their turn."""

from controller.challenges.slots import Slots
from controller.runtime.schedule import Key
from orderapi.challenge import Challenge
from tests.controller.challenges.build import ORDER
from tests.controller.orders.build import a_challenge


def working(uid: str, *, state: str = "pending", processing: bool = True) -> Challenge:
    return a_challenge(ORDER, uid=uid, state=state, processing=processing)


def key(name: str) -> Key:
    return Key("shop", name)


def test_a_slot_is_held_from_the_start_to_the_end() -> None:
    slots = Slots(1)
    assert slots.free_for("a")
    slots.take("a")
    assert (slots.free_for("a"), slots.free_for("b")) == (True, False)
    assert (slots.take("a"), slots.take("b")) == (True, False)
    slots.heard(None, working("a"))
    assert not slots.free_for("b")
    slots.heard(working("a"), working("a", state="valid", processing=False))
    assert slots.free_for("b")


def test_a_failed_start_gives_the_slot_back() -> None:
    slots = Slots(1)
    slots.take("a")
    slots.give_back("a")
    assert slots.free_for("b")


def test_an_end_without_a_start_in_status_gives_the_slot_back() -> None:
    slots = Slots(1)
    slots.take("a")
    slots.heard(None, working("a", state="expired", processing=False))
    assert slots.free_for("b")


def test_what_is_deleted_holds_no_slot() -> None:
    slots = Slots(1)
    slots.heard(None, working("a"))
    slots.heard(working("a"), None)
    assert slots.free_for("b")
    slots.take("b")
    slots.heard(working("b"), working("c"))
    assert slots.free_for("c")
    assert not slots.free_for("b")


def test_what_was_in_work_before_a_restart_counts() -> None:
    slots = Slots(2)
    slots.heard(None, working("a"))
    slots.heard(None, working("b", state=""))
    assert not slots.free_for("c")


def test_those_who_wait_are_woken_in_their_order_as_far_as_slots_are_free() -> None:
    slots = Slots(2)
    slots.take("a")
    slots.take("b")
    for name in ("x", "y", "z", "x"):
        slots.wait(key(name))
    assert list(slots.next()) == []
    slots.give_back("a")
    assert list(slots.next()) == [key("x")]
    slots.give_back("b")
    assert list(slots.next()) == [key("y"), key("z")]
    assert list(slots.next()) == []
