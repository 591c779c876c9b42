"""Serves the answers to HTTP-01 challenges, to CAs and to the routers in front of us."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.listening import BACKLOG, listen, shown
from controller.solvers.http01.answers import Answers
from controller.solvers.http01.connection import (
    ANSWERED,
    NOT_FOUND,
    PROBED,
    REFUSED,
    Connection,
    Desk,
    Heard,
)
from controller.solvers.http01.crowd import Bounds, Crowd

__all__ = ["ANSWERED", "NOT_FOUND", "PROBED", "REFUSED", "Bounds", "serving"]


def _unheard(outcome: str) -> None:
    """Nobody counts."""


@asynccontextmanager
async def serving(
    address: str,
    answers: Answers,
    *,
    on_request: Heard = _unheard,
    bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
) -> AsyncIterator[str]:
    """Serve on `host:port` inside; gives the address in use. Empty or "0": nothing is served.

    Without a host it listens on all addresses, IPv4 and IPv6. `on_request` hears ANSWERED,
    NOT_FOUND, PROBED or REFUSED for each request. At the end who waits for an answer is told that
    there is none. Raises CannotListen.
    """
    if address in ("", "0"):
        yield ""
        return
    crowd = Crowd(bounds)
    try:
        desk = Desk.open(answers, crowd, on_request)
        loop = asyncio.get_running_loop()
        listening = await listen(address)
        server = await loop.create_server(lambda: Connection(desk), sock=listening, backlog=BACKLOG)
        try:
            yield shown(listening)
        finally:
            server.close()
            answers.close()
            await asyncio.sleep(0)  # who waited writes what it was told
            await asyncio.sleep(0)  # and that goes out
            crowd.close()
            await server.wait_closed()
    finally:
        crowd.close()
