"""Repairs that somebody undoes become rare, and what is remembered is forgotten in time."""

from datetime import timedelta

from controller.certificates.damping import Refusals, Repairs, Requested
from controller.certificates.observed import Refusal
from controller.runtime.schedule import Key
from orderapi.attempts import Attempt
from tests.controller.certificates.build import NOW, a_certificate

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


def test_a_refusal_stands_for_its_time_and_no_longer_if_the_clock_is_set_back() -> None:
    refusals, certificate = Refusals(), a_certificate()
    minute = timedelta(minutes=1)
    refusal = Refusal(reason="Refused", sentence="not here", until=NOW + minute)
    refusals.heard(certificate, refusal, NOW)
    assert refusals.standing(certificate, NOW) == refusal
    assert refusals.standing(certificate, NOW + minute) is None
    assert refusals.standing(certificate, NOW - minute) is None


def test_requests_are_known_for_an_hour() -> None:
    requested, attempt = Requested(), Attempt(NOW)
    requested.seen("one", (attempt,), NOW)
    requested.seen("other", (), NOW)
    assert (requested.known("one"), requested.known("other")) == ((attempt,), ())
    requested.seen("other", (), NOW + timedelta(hours=1))
    assert requested.known("one") == ()
