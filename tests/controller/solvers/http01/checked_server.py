"""A web server whose answers a test writes, byte for byte: real sockets on loopback, TLS or not."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from controller.solvers.check import Check
from controller.solvers.http01.look import Patience
from controller.solvers.http01.selfcheck import SelfCheck
from devcluster.process import free_port
from devcluster.servers import Dns

TOKEN = "QlWg0LRy5iZ2Qx1TtTq7Kf-JYt0AFkqdSxJ5AMwGc_0"
THUMBPRINT = "n3Hq9rK2xVt8bYc5ZfLw0oPjS7dUaE1gMi4kQeRtXyA"
KEY = f"{TOKEN}.{THUMBPRINT}"
PATH = f"/.well-known/acme-challenge/{TOKEN}"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent: its head, and the name that it gave for TLS (None without)."""

    head: str
    sni: str | None = None

    @property
    def path(self) -> str:
        """The target of the request line."""
        return self.head.split(" ")[1]

    @property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        lines = self.head.split("\r\n")[1:]
        pairs = (line.split(": ", 1) for line in lines if line)
        return {name.lower(): value for name, value in pairs}


Answer = Callable[[Request], bytes | AsyncIterator[bytes] | None]
"""None: the connection is closed without a byte."""


@dataclass
class Checked:
    """A running server and what it has got."""

    host: str
    port: int
    connections: int = 0
    requests: list[Request] = field(default_factory=list)


def respond(
    body: str | bytes = "",
    *,
    status: int = 200,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
) -> bytes:
    """A whole answer with a length."""
    content = body.encode() if isinstance(body, str) else body
    pairs = dict(headers) | {"Content-Length": str(len(content))}
    lines = [f"HTTP/1.1 {status} Words", *(f"{name}: {value}" for name, value in pairs.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


def redirect(location: str, status: int = 302) -> bytes:
    """An answer that points elsewhere."""
    return respond(status=status, headers={"Location": location})


def keyed(_: Request) -> bytes:
    """What the responder says."""
    return respond(KEY)


def selfcheck(dns: Dns, port: int, *, allow: bool = True, seconds: float = 10) -> SelfCheck:
    """A check that asks the test's DNS server: `seconds` for each address, half to connect."""
    patience = Patience(dns=5, connection=seconds / 2, address=seconds)
    return SelfCheck([dns.address], allow_special_addresses=allow, port=port, patience=patience)


async def look(
    dns: Dns, server: Checked, name: str, *, allow: bool = True, seconds: float = 10
) -> Check:
    """One check of the name on the server's port."""
    return await selfcheck(dns, server.port, allow=allow, seconds=seconds).check(name, TOKEN, KEY)


@contextmanager
def black_hole(host: str, port: int = 0) -> Iterator[int]:
    """A port whose queue is full: the kernel drops what comes, as a silent firewall does."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(4):
            filler = held.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@asynccontextmanager
async def checked(
    answer: Answer, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Checked]:
    """A server that answers so, until the block ends."""
    running = Checked(host, port or free_port())
    names: dict[ssl.SSLObject | ssl.SSLSocket, str | None] = {}
    open_ones: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.connections += 1
        try:
            await exchange(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if not first.isalpha():  # TLS where none is spoken
            writer.write(respond(status=400))
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        request = Request(head, names.get(writer.get_extra_info("ssl_object")))
        running.requests.append(request)
        answered = answer(request)
        if isinstance(answered, bytes):
            writer.write(answered)
        elif answered is not None:
            async for part in answered:
                writer.write(part)
                await writer.drain()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(converse(reader, writer))
        open_ones.add(task)
        task.add_done_callback(open_ones.discard)

    if tls is not None:
        tls.sni_callback = lambda connection, name, _: names.__setitem__(connection, name)
    server = await asyncio.start_server(accept, host, running.port, ssl=tls)
    try:
        yield running
    finally:
        server.close()
        for task in tuple(open_ones):
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)
        await server.wait_closed()
