"""A connection without a socket: its bytes come and go in calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from controller.solvers.http01.answers import MOST_WAITING_PER_HOST
from controller.solvers.http01.connection import Connection, Desk
from controller.solvers.http01.crowd import Bounds, Crowd
from tests.controller.solvers.http01.asking import HOST, a_challenge, knowing


class Outlet(asyncio.Transport):
    """A transport that keeps what is written, and breaks no rule of a real one."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.ended, self.reading = False, True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Never full."""

    def write(self, data: Any) -> None:
        assert not self.ended
        self.written += data

    def write_eof(self) -> None:
        assert not self.ended
        self.ended = True

    def is_closing(self) -> bool:
        return self.ended

    def is_reading(self) -> bool:
        return self.reading

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def abort(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.ended = True


@asynccontextmanager
async def a_desk() -> AsyncIterator[Desk]:
    """So many wait for an answer of the host already that nobody else does."""
    crowd, answers = Crowd(Bounds()), knowing(a_challenge())
    waiting = [
        asyncio.ensure_future(answers.find(HOST, "another")) for _ in range(MOST_WAITING_PER_HOST)
    ]
    await asyncio.sleep(0)
    try:
        yield Desk.open(answers, crowd, lambda _: None)
    finally:
        crowd.close()
        answers.heard(a_challenge(), None)
        await asyncio.gather(*waiting)


def say(connection: Connection, raw: bytes) -> None:
    """The bytes arrive, by so many as there is room for."""
    while raw:
        room = connection.get_buffer(-1)
        part, raw = raw[: len(room)], raw[len(room) :]
        room[: len(part)] = part
        connection.buffer_updated(len(part))


def spoken(desk: Desk, pieces: list[bytes]) -> bytes:
    """What one connection answers to these bytes, as they come."""
    outlet, connection = Outlet(), Connection(desk)
    connection.connection_made(outlet)
    for piece in pieces:
        say(connection, piece)
    connection.connection_lost(None)
    assert len(desk.crowd) == 0
    return bytes(outlet.written)
