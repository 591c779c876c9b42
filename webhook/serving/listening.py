"""Where a server of this process listens: one socket for an address as a flag gives it."""

import asyncio
import errno
import os
import socket
from typing import Final

BACKLOG: Final = 1024


class CannotListen(Exception):
    """The address cannot be had; the message says which, and why."""


async def listen(address: str) -> socket.socket:
    """A listening socket for `host:port`; without a host on all addresses, IPv4 and IPv6."""
    host, _, port = address.rpartition(":")
    try:
        return await _listen(host.strip("[]"), int(port))
    except (OSError, OverflowError, ValueError) as error:
        raise CannotListen(f'cannot listen on "{address}": {_reason(error)}') from error


def shown(listening: socket.socket) -> str:
    """The address that it listens on, as `host:port`."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reached_at(address: str) -> tuple[str, int]:
    """Host and port by which this machine reaches a server that listens there."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    # A socket for all addresses of both families is reached by IPv4 too.
    return ("127.0.0.1" if host in ("", "0.0.0.0", "::") else host), int(port)  # noqa: S104


async def _listen(host: str, port: int) -> socket.socket:
    if not host:
        return _listen_everywhere(port)
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, _, _, _, target = found[0]
    return socket.create_server(target[:2], family=family, backlog=BACKLOG)


def _listen_everywhere(port: int) -> socket.socket:
    try:
        return socket.create_server(
            ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG
        )
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise
        return socket.create_server(("", port), backlog=BACKLOG)  # a host without IPv6


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror) or not isinstance(error, OSError):
        return str(error)
    return os.strerror(error.errno or 0)
