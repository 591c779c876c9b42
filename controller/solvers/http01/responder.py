"""Serves the answers to HTTP-01 challenges, to CAs and to the routers in front of us."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.solvers.http01.answers import Answers
from controller.solvers.http01.connection import (
    ANSWERED,
    NOT_FOUND,
    REFUSED,
    Connection,
    Desk,
    Heard,
)
from controller.solvers.http01.crowd import Bounds, Crowd

__all__ = ["ANSWERED", "NOT_FOUND", "REFUSED", "Bounds", "serving"]

_BACKLOG = 1024


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
    NOT_FOUND or REFUSED for each request. Raises OSError when the address cannot be had.
    """
    if address in ("", "0"):
        yield ""
        return
    crowd = Crowd(bounds)
    try:
        desk = Desk.open(answers, crowd, on_request)
        loop = asyncio.get_running_loop()
        listening = await _listen(address)
        server = await loop.create_server(
            lambda: Connection(desk), sock=listening, backlog=_BACKLOG
        )
        try:
            host, port = listening.getsockname()[:2]
            yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        finally:
            server.close()
            crowd.close()
            await server.wait_closed()
    finally:
        crowd.close()


async def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host:
        return _listen_everywhere(int(port))
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(
        host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, _, _, _, target = found[0]
    return socket.create_server(target[:2], family=family, backlog=_BACKLOG)


def _listen_everywhere(port: int) -> socket.socket:
    try:
        return socket.create_server(
            ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG
        )
    except OSError:  # a host without IPv6
        return socket.create_server(("", port), backlog=_BACKLOG)
