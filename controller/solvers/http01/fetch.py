"""One GET to addresses that were chosen before: no credentials, no proxy, bounded, nothing shown.

The guard looks at each address once more as it is connected to. TLS is not verified, as CAs do not.
Whatever goes wrong is told in words that hold nothing of what the server sent.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from controller import egress
from controller.egress import Address
from controller.solvers.http01.verdicts import Finding, Obstacle, Stage

LARGEST_BODY = 1024
"""Bytes that are read at most, and one more; a key authorization is about 90."""

BUFFER_BYTES = 2048
OK = 200
HEADERS = {
    "User-Agent": "kubectl-order self-check",
    "Accept-Encoding": "identity",
    "Connection": "close",
}

Guard = Callable[[str], None]
"""Raises EgressRefused for an address that is not to be connected to."""

CLOSED = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `body`: of a 200 alone, at most 1,025 bytes; `size`: its own word."""

    status: int
    location: str | None
    content_type: str
    size: int | None
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a connection is given up (seconds), and when all is (a time of the loop's clock)."""

    connection: float
    deadline: float


async def get(url: URL, addresses: Sequence[Address], limits: Limits, guard: Guard) -> Answer:
    """The answer of the first address that can be connected to; raises Obstacle."""
    connected = asyncio.Event()
    async with _session(addresses, limits.connection, connected, guard) as session:
        try:
            async with asyncio.timeout_at(limits.deadline):
                return await _exchange(session, url)
        except TimeoutError as error:
            raise _late(error, url, limits, connected=connected.is_set()) from error
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            # RuntimeError: what uvloop raises now and then where asyncio has an OSError.
            raise _obstacle(error, url) from error


def _session(
    addresses: Sequence[Address], seconds: float, connected: asyncio.Event, guard: Guard
) -> aiohttp.ClientSession:
    """For one request; sets `connected` once there is a connection."""

    async def note(*_: object) -> None:
        connected.set()

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    connector = aiohttp.TCPConnector(
        resolver=_Chosen(addresses),
        socket_factory=partial(_socket, guard),
        ssl=False,
        force_close=True,
        use_dns_cache=False,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=HEADERS,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=seconds),
        trust_env=False,
        auto_decompress=False,
        read_bufsize=BUFFER_BYTES,
        trace_configs=[trace],
    )


async def _exchange(session: aiohttp.ClientSession, url: URL) -> Answer:
    async with session.get(url, allow_redirects=False) as response:
        body = bytearray()
        if response.status == OK:
            while len(body) <= LARGEST_BODY:
                part = await response.content.read(LARGEST_BODY + 1 - len(body))
                if not part:
                    break
                body += part
        response.close()  # whatever else it has to say is not waited for
        return Answer(
            status=response.status,
            location=response.headers.get("Location"),
            content_type=response.headers.get("Content-Type", ""),
            size=response.content_length,
            body=bytes(body),
        )


class _Chosen(AbstractResolver):
    """Every name has these addresses."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = tuple(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        pass


def _socket(guard: Guard, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
    family, kind, protocol, _, destination = info
    guard(destination[0])
    return socket.socket(family=family, type=kind, proto=protocol)


def _late(error: TimeoutError, url: URL, limits: Limits, *, connected: bool) -> Obstacle:
    if connected:
        words = "the connection was accepted, but no whole answer came in time"
        return Obstacle(Stage.HTTP, Finding.FAILED, words)
    kind = "TLS connection" if url.scheme == "https" else "connection"
    own = isinstance(error, aiohttp.ConnectionTimeoutError)
    when = f"within {limits.connection:g} s" if own else "in time"
    return Obstacle(Stage.TCP, Finding.SILENT, f"no {kind} {when}")


def _obstacle(error: Exception, url: URL) -> Obstacle:
    match error:
        case aiohttp.ClientSSLError():
            return _no_tls(error.os_error)
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, CLOSED):
            if url.scheme == "https":
                return _no_tls(error.os_error)
            return Obstacle(Stage.TCP, Finding.FAILED, "the connection was reset at once")
        case aiohttp.ClientConnectorError():
            return _not_connected(error.os_error)
        case aiohttp.ClientPayloadError():
            return Obstacle(Stage.HTTP, Finding.FAILED, "the answer broke off")
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return Obstacle(Stage.HTTP, Finding.FAILED, "what answers does not speak proper HTTP")
        case aiohttp.ClientConnectionError():
            words = "the connection was accepted, and closed without an answer"
            return Obstacle(Stage.HTTP, Finding.FAILED, words)
        case OSError() | RuntimeError():
            return _not_connected(error)
    return Obstacle(Stage.HTTP, Finding.FAILED, "what answers does not speak proper HTTP")


def _not_connected(error: Exception) -> Obstacle:
    number = getattr(error, "errno", None)
    if isinstance(error, egress.EgressRefused):
        return Obstacle(Stage.TCP, Finding.UNTRIED, f"not connected to: {error}")
    if number == errno.ECONNREFUSED:
        words = "connection refused: nothing listens there"
        return Obstacle(Stage.TCP, Finding.FAILED, words, "See which router should listen there")
    why = os.strerror(number).lower() if number else "the network gave no reason"
    return Obstacle(Stage.TCP, Finding.SILENT, f"cannot be reached from here: {why}")


def _no_tls(error: Exception) -> Obstacle:
    reason = error.reason if isinstance(error, ssl.SSLError) else None
    why = f" ({reason.replace('_', ' ').lower()})" if reason else ""
    return Obstacle(Stage.TLS, Finding.FAILED, f"the TLS handshake failed{why}")
