"""Who is cut when, and what a connection does when its client does not take answers."""

import asyncio

import pytest

from controller.solvers.http01.connection import Connection, Desk
from controller.solvers.http01.crowd import Bounds, Crowd, Phase
from tests.controller.solvers.http01.asking import FOUND, GET, NOT_FOUND, a_challenge, knowing
from tests.controller.solvers.http01.outlet import Outlet, say

pytestmark = pytest.mark.looptime

OTHER = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


class Guest:
    def __init__(self) -> None:
        self.cut_at: float | None = None

    def cut(self) -> None:
        assert self.cut_at is None
        self.cut_at = asyncio.get_running_loop().time()


def with_guests(count: int) -> tuple[Crowd, list[Guest]]:
    """A crowd that is full."""
    crowd, guests = Crowd(Bounds(connections=count)), [Guest() for _ in range(count)]
    for guest in guests:
        crowd.join(guest)
    return crowd, guests


def gone(guests: list[Guest]) -> list[int]:
    return [number for number, guest in enumerate(guests) if guest.cut_at is not None]


@pytest.mark.parametrize(
    ("phase", "seconds"),
    [(Phase.IDLE, 60), (Phase.SENDING, 10), (Phase.STUCK, 10), (Phase.LEAVING, 2)],
)
async def test_each_phase_has_its_time(phase: Phase, seconds: float) -> None:
    crowd, [guest] = with_guests(1)
    await asyncio.sleep(5)
    crowd.move(guest, phase)
    await asyncio.sleep(70)
    assert guest.cut_at is not None
    assert 5 + seconds <= guest.cut_at <= 6 + seconds
    assert len(crowd) == 0
    crowd.close()


async def test_who_waits_for_us_is_not_cut() -> None:
    crowd, [guest, other] = with_guests(2)
    crowd.move(guest, Phase.WAITING)
    crowd.join(Guest())
    await asyncio.sleep(100)
    assert guest.cut_at is None
    assert other.cut_at is not None
    crowd.close()
    assert guest.cut_at == 100


async def test_the_time_begins_anew_with_each_phase() -> None:
    crowd, [guest] = with_guests(1)
    for _ in range(5):
        crowd.move(guest, Phase.IDLE)
        await asyncio.sleep(50)
    assert guest.cut_at is None
    crowd.close()


async def test_room_is_made_by_the_longest_idle_then_by_those_who_send() -> None:
    crowd, guests = with_guests(5)
    for number, phase in ((4, Phase.LEAVING), (2, Phase.IDLE), (1, Phase.IDLE), (2, Phase.IDLE)):
        crowd.move(guests[number], phase)
    order = []
    for _ in range(4):
        before = gone(guests)
        crowd.join(Guest())
        order += [number for number in gone(guests) if number not in before]
    assert order == [1, 2, 0, 3]
    assert len(crowd) == 5
    crowd.close()
    assert gone(guests) == [0, 1, 2, 3, 4]


async def test_who_left_is_not_cut_and_does_not_come_back() -> None:
    crowd, [guest] = with_guests(1)
    crowd.leave(guest)
    crowd.leave(guest)
    crowd.move(guest, Phase.IDLE)
    assert crowd.phase(guest) is None
    crowd.close()
    assert guest.cut_at is None


async def test_who_does_not_take_answers_gets_no_more_until_it_does() -> None:
    """Also when that shows while it waits for one."""
    early, crowd = a_challenge(presented=None), Crowd(Bounds())
    answers = knowing(early)
    outlet, connection = Outlet(), Connection(Desk.open(answers, crowd, lambda _: None))
    connection.connection_made(outlet)
    say(connection, OTHER + GET + OTHER * 3)
    assert not outlet.is_reading()
    connection.pause_writing()
    answers.heard(early, a_challenge())
    await asyncio.sleep(0.1)
    assert outlet.written == NOT_FOUND + FOUND
    assert not outlet.is_reading()
    assert crowd.phase(connection) is Phase.STUCK
    connection.resume_writing()
    assert outlet.written == NOT_FOUND + FOUND + NOT_FOUND * 3
    assert outlet.is_reading()
    assert crowd.phase(connection) is Phase.IDLE
    crowd.close()
    assert outlet.ended
