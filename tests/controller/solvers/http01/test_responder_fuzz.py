"""Whatever comes over the wire: never another answer, never an error, and bounded memory."""

import asyncio
import gc
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import uvloop
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser
from aiohttp.http_exceptions import BadHttpMethod, InvalidURLError
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from controller.solvers.http01 import wire
from controller.solvers.http01.answers import canonical
from controller.solvers.http01.connection import Connection
from controller.solvers.http01.responder import Bounds
from tests.controller.solvers.http01.asking import (
    FOUND,
    GET,
    HOST,
    KEY,
    NOT_FOUND,
    PATH,
    REFUSED,
    TOKEN,
    connected,
    responding,
)
from tests.controller.solvers.http01.outlet import a_desk, spoken

HELLO: Final = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256))
FIRST_LINES: Final = tuple(known[:15] for known in (FOUND, NOT_FOUND, REFUSED))


tokens = st.text("abcXYZ019-_", min_size=1, max_size=8)
hosts = st.sampled_from([HOST, HOST.upper(), HOST + ".", HOST + ":80", "example.org", "[::1]", ""])
targets = st.one_of(
    st.sampled_from([PATH + TOKEN, f"http://{HOST}{PATH}{TOKEN}", "/", "*", PATH]),
    tokens.map(PATH.__add__),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20),
)
lines = st.one_of(
    hosts.map("Host: {}".format),
    st.sampled_from(
        [
            "Content-Length: 0",
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            "Connection: close",
            "Connection: keep-alive",
            "Expect: 100-continue",
            "Upgrade: h2c",
            f"X-Forwarded-Host: {HOST}",
            " folded",
            "no colon",
        ]
    ),
    st.tuples(tokens, st.text(max_size=8)).map(": ".join),
)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Requests, most of them good."""
    method = draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "get", "G\0T"]))
    version = draw(st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "http/1.1"]))
    named = draw(st.sampled_from([[f"Host: {HOST}"], [f"host:{HOST}:8089"], []]))
    fields = [*named, *draw(st.lists(lines, max_size=4))]
    whole = [f"{method} {draw(targets)} {version}", *fields, "", ""]
    return "\r\n".join(whole).encode("utf-8", "replace")


streams = st.lists(heads() | st.binary(max_size=20) | st.just(GET), max_size=5).map(b"".join)


@given(streams, st.lists(st.integers(0, 400), max_size=8))
async def test_it_does_not_matter_how_the_bytes_come(stream: bytes, cuts: list[int]) -> None:
    ends = [*sorted(cuts), len(stream)]
    pieces = [stream[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    async with a_desk() as desk:
        whole = spoken(desk, [stream])
        assert spoken(desk, [piece for piece in pieces if piece]) == whole
        assert spoken(desk, [bytes([byte]) for byte in stream]) == whole


@given(st.integers(0, 2**14 + 1))
async def test_a_head_over_the_bound_is_refused_however_it_comes(cut: int) -> None:
    start = GET.removesuffix(b"\r\n") + b"Long: "
    async with a_desk() as desk:
        for excess, said in ((0, FOUND), (1, REFUSED)):
            raw = start.ljust(wire.LONGEST_HEAD - 4 + excess, b"a") + b"\r\n\r\n"
            assert spoken(desk, [raw[:cut], raw[cut:]]) == said


@given(st.one_of(st.text(), hosts, st.ip_addresses().map(str)), st.booleans())
async def test_a_wrong_host_with_the_right_token_is_not_found(host: str, absolute: bool) -> None:
    """Nor is any spelling that is not the host's own."""
    target = f"http://{host}{PATH}{TOKEN}" if absolute else PATH + TOKEN
    other = HOST if absolute else host
    raw = f"GET {target} HTTP/1.1\r\nHost: {other}\r\n\r\n".encode("utf-8", "replace")
    async with a_desk() as desk:
        said = spoken(desk, [raw])
    bare = host.strip(" \t").rpartition(":")[0] or host.strip(" \t")
    if canonical(bare) != HOST and canonical(host.strip(" \t")) != HOST:
        assert said.startswith((NOT_FOUND, REFUSED)) or said == b""
        assert KEY.encode() not in said


@given(heads())
@settings(max_examples=300)
async def test_what_is_accepted_is_what_another_parser_reads(head: bytes) -> None:
    """We may refuse more, but never understand something else."""
    asked = wire.read(head[:-2])
    if asked is None:
        return
    loop = asyncio.get_running_loop()
    parser = HttpRequestParser(BaseProtocol(loop), loop, 2**16)
    try:
        messages, _, rest = parser.feed_data(head)
    except (BadHttpMethod, InvalidURLError):
        assert not asked.token  # to us it is another method or another path
        return
    [(message, _)] = messages
    assert rest == b""
    assert asked.bare is (message.method == "HEAD")
    assert asked.old is (message.version.minor == 0)
    if asked.token:
        assert message.path.endswith(PATH + asked.token)
        assert message.method in ("GET", "HEAD")
        named = message.url.host or URL(f"//{message.headers['Host']}").host
        assert named is not None
        assert canonical(named) == canonical(asked.host)
    if asked.keep:
        assert not message.should_close
        assert not message.chunked
        assert message.headers.get("Content-Length", "0").strip("0") == ""


def noise(rng: Random) -> bytes:
    """Something that a scanner, a broken client or an attacker may send."""
    token = bytes(rng.choices(b"abcdefghXYZ0189-_", k=rng.randrange(1, 300)))
    flood = b"".join(b"X-%d: %s\r\n" % (n, b"a" * rng.randrange(300)) for n in range(150))
    start = b"GET /.well-known/acme-challenge/" + token + b" HTTP/1.1\r\nHost: "
    return rng.choice(
        (
            lambda: rng.randbytes(rng.randrange(1, 4000)),
            lambda: HELLO,
            lambda: GET,
            lambda: GET * rng.randrange(1, 300),
            lambda: GET[: rng.randrange(1, len(GET))],
            lambda: start + b"example.org\r\n\r\n",
            lambda: start + rng.randbytes(8) + b"\r\n\r\n",
            lambda: start + b"example.org\r\n" + flood + b"\r\n",
            lambda: start + b"a" * rng.randrange(20_000) + b"\r\n\r\n",
            lambda: b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n" + b"b" * 50_000,
            lambda: b"\r\n" * rng.randrange(1, 2000),
            lambda: mutated(rng, GET * 3),
        )
    )()


def mutated(rng: Random, raw: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(rng.randrange(1, 6)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


async def visit(address: str, rng: Random) -> None:
    """One client, which leaves in one of the ways in which clients leave."""
    with suppress(OSError, TimeoutError):
        async with connected(address) as client, asyncio.timeout(rng.choice((0.001, 0.05))):
            for _ in range(rng.randrange(1, 4)):
                client.send(noise(rng))
                if rng.random() < 0.5:
                    await client.writer.drain()
            if rng.random() < 0.3:
                client.writer.write_eof()
            said = await client.rest()
            assert said == b"" or said.startswith(FIRST_LINES)


def resident() -> int:
    """kB that this process holds in memory."""
    status = Path("/proc/self/status").read_text().partition("VmRSS:")[2]
    return int(status.split()[0])


async def visited(address: str, rng: Random, count: int) -> None:
    for _ in range(count // 50):
        await asyncio.gather(*(visit(address, rng) for _ in range(50)))


async def hostile(count: int) -> int:
    """Growth (kB) over `count` visits after the first 500."""
    rng = Random(8555)  # noqa: S311
    bounds = Bounds(connections=40, sending=0.2, stuck=0.2, leaving=0.2)
    async with responding(bounds=bounds) as address:
        await visited(address, rng, 500)
        before = resident()
        await visited(address, rng, count)
        after = resident()
        async with connected(address) as client:
            assert await client.ask(GET) == FOUND
    await asyncio.sleep(0.1)
    gc.collect()
    assert [o for o in gc.get_objects() if isinstance(o, Connection)] == []
    return after - before


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_thousands_of_hostile_clients(new_loop: Any) -> None:
    """No error that nobody took, nothing left behind, memory as before, and it still answers."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(hostile(3000)) < 16_000


async def test_heads_without_an_end_take_bounded_memory() -> None:
    """300 clients at the limit of what is held for each: 16 KiB of a head, plus what asyncio has
    for a connection, here on both sides."""
    bounds = Bounds(connections=200)
    async with responding(bounds=bounds) as address:
        before, cut = resident(), 0
        clients = [connected(address) for _ in range(300)]
        opened = [await client.__aenter__() for client in clients]
        for client in opened:
            client.send(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 2700)
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.2)
        assert resident() - before < 40_000
        for client in opened:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    cut += await client.rest() == b""
        assert cut == 100
        for manager in clients:
            await manager.__aexit__(None, None, None)
