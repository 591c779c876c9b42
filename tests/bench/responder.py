"""The load on the responder to HTTP-01 challenges: no cluster, two processes on a core each.

`python -m tests.bench.responder` runs it alone. Latency of the paced load is counted from the time
at which a request was due, so a stall is not hidden by requests that were not sent.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import uvloop

from controller.solvers.http01.answers import Answers
from controller.solvers.http01.responder import serving
from orderapi.challenge import HTTP01, Challenge, ChallengeSpec, ChallengeStatus
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef
from orderapi.solver import Http01, Ingress, Solver
from tests.bench.measure import cpu_seconds, memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Row = dict[str, Any]

CHALLENGES: Final = 1000
CONNECTIONS: Final = 50
AS_FAST_AS_IT_GOES: Final = 0.0
RATE: Final = 5000.0
SECONDS: Final = 8.0
PATH: Final = "/.well-known/acme-challenge/"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and the status and body that have to come back."""

    raw: bytes
    status: bytes
    body: bytes


def challenge(index: int) -> Challenge:
    """A Challenge whose answer is to be given."""
    token = f"token-{index}"
    return Challenge(
        metadata=ObjectMeta(name=f"challenge-{index}", namespace="default"),
        spec=ChallengeSpec(
            url="",
            authorization_url="",
            dns_name=f"{index}.example.com",
            type=HTTP01,
            token=token,
            key=f"{token}.{'k' * 43}",
            solver=Solver(http01=Http01(ingress=Ingress())),
            issuer_ref=IssuerRef(name="acme"),
        ),
        status=ChallengeStatus(presented=True),
    )


def requests() -> list[Request]:
    """Half answers; the other half are the right token for a wrong host, and other paths."""
    mixed = []
    for index in range(CHALLENGES):
        known = challenge(index).spec
        right = Request(_raw(known.dns_name, PATH + known.token), b"200", known.key.encode())
        wrong_host = Request(_raw(f"{index}.example.net", PATH + known.token), b"404", b"")
        wrong_path = Request(_raw(known.dns_name, f"/{index}/index.html"), b"404", b"")
        mixed += [right, wrong_host if index % 2 else wrong_path]
    return mixed


def _raw(host: str, path: str) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: bench (compatible; like a CA's)",
        "Accept: */*",
        "Accept-Encoding: gzip",
        "X-Forwarded-For: 192.0.2.1",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class _Client(asyncio.Protocol):
    """One connection that asks and waits in turn, until `until` (monotonic)."""

    def __init__(self, work: Sequence[Request], number: int, rate: float, until: float) -> None:
        self._work, self._number, self._rate, self._until = work, number, rate, until
        self._next, self._sent, self._received = number * 37, 0, b""
        self._loop = asyncio.get_running_loop()
        self.spans: list[float] = []
        self.wrong = 0
        self.done: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.wrong += 1
            self.done.set_result(None)

    def begin(self, at: float) -> None:
        """The paced load counts from `at`."""
        self._began = at
        self._again()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < len(self._asked.body):
            return
        self.spans.append(time.monotonic() - self._due)
        self.wrong += head[9:12] != self._asked.status or body != self._asked.body
        self._received = b""
        self._again()

    def _again(self) -> None:
        now = time.monotonic()
        if now > self._until:
            self.done.set_result(None)
            self._transport.close()
            return
        self._asked = self._work[self._next % len(self._work)]
        self._next += 1
        self._due = now
        if self._rate:
            self._due = self._began + (self._sent * CONNECTIONS + self._number) / self._rate
            self._sent += 1
        if self._due > now:
            self._loop.call_later(self._due - now, self._transport.write, self._asked.raw)
        else:
            self._transport.write(self._asked.raw)


async def load(address: str, rate: float, seconds: float) -> Row:
    """`rate` requests per second (0: as many as go) over all connections, for `seconds`."""
    host, _, port = address.rpartition(":")
    loop, work, until = asyncio.get_running_loop(), requests(), time.monotonic() + seconds
    clients = []
    for number in range(CONNECTIONS):
        make = partial(_Client, work, number, rate, until)
        clients.append((await loop.create_connection(make, host, int(port)))[1])
    began = time.monotonic()
    for client in clients:
        client.begin(began)
    async with asyncio.timeout(seconds + 10):
        await asyncio.gather(*(client.done for client in clients))
    took, spans = time.monotonic() - began, sorted(s for c in clients for s in c.spans)
    return {
        "wanted": len(spans),
        "ready": len(spans) - sum(client.wrong for client in clients),
        "seconds": took,
        "per s": len(spans) / took,
        "p50 ms": statistics.median(spans) * 1000,
        "p99 ms": spans[round((len(spans) - 1) * 0.99)] * 1000,
        "max ms": spans[-1] * 1000,
    }


async def responder() -> Row:
    """HTTP-01 responder: half answers, half 404s, over 50 connections, at 5,000 a second"""
    return (await _measured(RATE))[0]


async def flat_out() -> Row:
    """HTTP-01 responder: half answers, half 404s, over 50 connections, as many as go"""
    return (await _measured(AS_FAST_AS_IT_GOES))[0]


async def _measured(*rates: float) -> list[Row]:
    rows = []
    async with _child("serve") as server:
        address = (await _out(server).readline()).decode().strip()
        for rate in rates:
            before = cpu_seconds(server.pid)
            async with _child("load", address, str(rate)) as client:
                row: Row = json.loads(await _out(client).read())
            used = cpu_seconds(server.pid) - before
            rows.append(
                row
                | {"cpu us": used * 1e6 / row["wanted"], "rss MB": memory(server.pid, peak=True)}
            )
    return rows


@asynccontextmanager
async def _child(*arguments: str) -> "AsyncIterator[asyncio.subprocess.Process]":
    """It ends when its standard input does, at the latest with this process."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.responder", *arguments, stdin=pipe, stdout=pipe
    )
    try:
        yield child
    finally:
        cast("asyncio.StreamWriter", child.stdin).close()
        await child.wait()


def _out(child: asyncio.subprocess.Process) -> asyncio.StreamReader:
    return cast("asyncio.StreamReader", child.stdout)


async def _serve() -> None:
    answers = Answers()
    for index in range(CHALLENGES):
        answers.heard(None, challenge(index))
    async with serving("127.0.0.1:0", answers) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def main(arguments: list[str]) -> int:
    """One of the two processes, or (without arguments) the whole; 0 when every answer was right."""
    cores = sorted(os.sched_getaffinity(0))
    match arguments:
        case ["serve"]:
            os.sched_setaffinity(0, {cores[0]})
            uvloop.run(_serve())
        case ["load", address, rate]:
            os.sched_setaffinity(0, {cores[-1]})
            sys.stdout.write(json.dumps(uvloop.run(load(address, float(rate), SECONDS))))
        case _:
            rows = asyncio.run(_measured(RATE, AS_FAST_AS_IT_GOES))
            sys.stdout.write(json.dumps(rows, indent=1) + "\n")
            return 0 if all(row["ready"] == row["wanted"] for row in rows) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
