"""Challenges to answer, and a client that says exactly what it is told to."""

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pytest
import uvloop

from controller.solvers.http01.answers import Answers
from controller.solvers.http01.responder import Bounds, serving
from orderapi.challenge import HTTP01, Challenge, ChallengeSpec, ChallengeStatus
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef
from orderapi.solver import Http01, Ingress, Solver

HOST: Final = "www.example.com"
TOKEN: Final = "one-Token_1"
PRINT: Final = "t" * 43
KEY: Final = f"{TOKEN}.{PRINT}"
PATH: Final = "/.well-known/acme-challenge/"
GET: Final = f"GET {PATH}{TOKEN} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
FOUND: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"
    b"Content-Length: 55\r\n\r\n" + KEY.encode()
)
EMPTY: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
)
NOT_FOUND: Final = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
)
REFUSED: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)
AMPLE: Final = Bounds()
NOW: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def a_challenge(
    name: str = "one",
    *,
    host: str = HOST,
    token: str = TOKEN,
    key: str | None = None,
    kind: str = HTTP01,
    deleted: bool = False,
    **status: Any,
) -> Challenge:
    """A presented HTTP-01 Challenge; the key is the token's by default."""
    return Challenge(
        metadata=ObjectMeta(
            name=name, namespace="default", uid=name, deletion_timestamp=NOW if deleted else None
        ),
        spec=ChallengeSpec(
            url="https://ca.example/challenge/1",
            authorization_url="https://ca.example/authz/1",
            dns_name=host,
            type=kind,
            token=token,
            key=f"{token}.{PRINT}" if key is None else key,
            solver=Solver(http01=Http01(ingress=Ingress())),
            issuer_ref=IssuerRef(name="acme"),
        ),
        status=msgspec.structs.replace(ChallengeStatus(presented=True), **status),
    )


def knowing(*challenges: Challenge) -> Answers:
    """What the answers are when these are all."""
    answers = Answers()
    for challenge in challenges:
        answers.heard(None, challenge)
    return answers


def on_both_loops(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on asyncio's own loop and on uvloop's: their transports differ."""

    def run(new_loop: Callable[[], asyncio.AbstractEventLoop], **given: Any) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(test(**given))

    new_loop = inspect.Parameter("new_loop", inspect.Parameter.KEYWORD_ONLY)
    given = inspect.signature(test).parameters.values()
    named = functools.wraps(test)(run)
    named.__dict__["__signature__"] = inspect.Signature([*given, new_loop])
    loops = [asyncio.new_event_loop, uvloop.new_event_loop]
    mark = pytest.mark.parametrize("new_loop", loops, ids=["asyncio", "uvloop"])
    marked: Callable[..., None] = mark(named)
    return marked


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, raw: bytes) -> None:
        """Send, without waiting for anything."""
        self.writer.write(raw)

    async def answer(self) -> bytes:
        """The next response, with its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0])
        return head + await self.reader.readexactly(length)

    async def ask(self, raw: bytes) -> bytes:
        """Send, and give the response."""
        self.send(raw)
        return await self.answer()

    async def rest(self) -> bytes:
        """All that comes until the other side ends the connection."""
        return await self.reader.read()


@asynccontextmanager
async def connected(address: str, *, most_unread: int = 2**16) -> AsyncIterator[Client]:
    """A client of the responder at this address; its own buffer is bounded."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), limit=most_unread)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def responding(
    answers: Answers | None = None, *, outcomes: list[str] | None = None, bounds: Bounds = AMPLE
) -> AsyncIterator[str]:
    """A responder on loopback that knows one answer, or those given."""
    told = knowing(a_challenge()) if answers is None else answers
    heard = [] if outcomes is None else outcomes
    with no_unhandled_errors():
        async with serving("127.0.0.1:0", told, on_request=heard.append, bounds=bounds) as address:
            yield address


@contextmanager
def no_unhandled_errors() -> Iterator[None]:
    """Fail when a callback or a task inside raised what nobody took."""
    loop, contexts = asyncio.get_running_loop(), list[dict[str, Any]]()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: contexts.append(context))
    try:
        yield
    finally:
        loop.set_exception_handler(before)
    assert contexts == []


def request(
    target: str = PATH + TOKEN,
    *fields: str,
    method: str = "GET",
    host: str | None = HOST,
    version: str = "1.1",
) -> bytes:
    """A request without a body, for the answer by default."""
    named = () if host is None else (f"Host: {host}",)
    return "\r\n".join((f"{method} {target} HTTP/{version}", *named, *fields, "", "")).encode()


async def asked(raw: bytes, answers: Answers | None = None) -> bytes:
    """All that comes back, when the client then ends its side."""
    async with responding(answers) as address, connected(address) as client:
        client.send(raw)
        client.writer.write_eof()
        return await client.rest()
