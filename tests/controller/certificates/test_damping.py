"""Repairs that somebody undoes become rare."""

from datetime import timedelta

from controller.certificates.damping import Repairs
from controller.runtime.schedule import Key
from tests.controller.certificates.build import NOW

KEY, OTHER = Key("shop", "web"), Key("shop", "api")


def test_three_in_ten_minutes_then_a_rest() -> None:
    repairs = Repairs()
    for minute in range(3):
        at = NOW + timedelta(minutes=minute)
        assert repairs.free_at(KEY, at) is None
        repairs.done(KEY, at)
    at = NOW + timedelta(minutes=3)
    assert repairs.free_at(KEY, at) == NOW + timedelta(minutes=10)
    assert repairs.free_at(OTHER, at) is None
    assert repairs.free_at(KEY, NOW + timedelta(minutes=10)) is None


def test_what_is_long_ago_is_forgotten() -> None:
    repairs = Repairs()
    for _ in range(3):
        repairs.done(KEY, NOW)
    repairs.done(OTHER, NOW + timedelta(minutes=10))
    assert repairs.free_at(KEY, NOW) is None
