"""The responder over real sockets: what it answers, and what it lets clients use up."""

import asyncio
import socket
from contextlib import AsyncExitStack

import pytest

from controller.solvers.http01.answers import Answers
from controller.solvers.http01.responder import Bounds, serving
from tests.controller.solvers.http01.asking import (
    FOUND,
    GET,
    HOST,
    KEY,
    NOT_FOUND,
    PATH,
    REFUSED,
    TOKEN,
    a_challenge,
    connected,
    knowing,
    on_both_loops,
    responding,
)

CLOSES = b"Connection: close\r\n"


def request(
    target: str = PATH + TOKEN,
    *fields: str,
    method: str = "GET",
    host: str | None = HOST,
    version: str = "1.1",
) -> bytes:
    named = () if host is None else (f"Host: {host}",)
    return "\r\n".join((f"{method} {target} HTTP/{version}", *named, *fields, "", "")).encode()


def closing(response: bytes) -> bytes:
    head, end, body = response.partition(b"\r\n\r\n")
    return head + b"\r\n" + CLOSES + end[2:] + body


async def asked(raw: bytes, answers: Answers | None = None) -> bytes:
    """All that comes back, when the client then ends its side."""
    async with responding(answers) as address, connected(address) as client:
        client.send(raw)
        client.writer.write_eof()
        return await client.rest()


@on_both_loops
async def test_the_answer() -> None:
    assert await asked(GET) == FOUND


@on_both_loops
async def test_head_has_the_same_head() -> None:
    assert await asked(request(method="HEAD")) == FOUND.removesuffix(KEY.encode())
    assert await asked(request("/", method="HEAD")) == NOT_FOUND


@pytest.mark.parametrize(
    "host",
    [
        "WWW.EXAMPLE.COM",
        "www.example.com.",
        "www.example.com:80",
        "www.example.com.:8080",
        "www.example.com:",
        " \twww.example.com \t",
    ],
)
@on_both_loops
async def test_spellings_of_the_host(host: str) -> None:
    assert await asked(request(host=host)) == FOUND


@pytest.mark.parametrize("host", ["[2001:db8::1]", "[2001:DB8:0::1]:80", "[2001:0db8::0.0.0.1]"])
@on_both_loops
async def test_an_ipv6_host(host: str) -> None:
    assert await asked(request(host=host), knowing(a_challenge(host="2001:db8::1"))) == FOUND


@pytest.mark.parametrize(
    "raw",
    [
        request(host="example.com"),
        request(host="www.example.com.."),
        request(host="www.example.org"),
        request(host="www%2Eexample.com"),
        request(host=""),
        request("/", f"X-Forwarded-Host: {HOST}", host="example.org"),
        request(PATH + TOKEN, f"X-Forwarded-Host: {HOST}", host="example.org"),
        request(PATH + TOKEN, f"Forwarded: host={HOST}", host="example.org"),
        request("/"),
        request("/healthz"),
        request("*", method="OPTIONS"),
        request(HOST, method="CONNECT"),
        request(PATH),
        request(PATH + TOKEN + "/"),
        request(PATH + TOKEN + "?"),
        request(PATH + TOKEN + "?a=b"),
        request(PATH + TOKEN.lower()),
        request(PATH + TOKEN.replace("T", "%54")),
        request(PATH + "a" * 257),
        request(PATH + "../" + TOKEN),
        request("/" + PATH + TOKEN),
        request(PATH.replace("/", "//") + TOKEN),
        request("/.well-known/acme-challenge%2F" + TOKEN),
        request(PATH.upper() + TOKEN),
        request(method="POST"),
        request(method="get"),
        request(method="DELETE"),
        request(method="BREW"),
        request(f"http://www.example.org{PATH}{TOKEN}"),
        request(f"http://www.example.com@www.example.org{PATH}{TOKEN}"),
        request(f"http://user@{HOST}{PATH}{TOKEN}"),
        request(f"https://{HOST}{PATH}{TOKEN}"),
        request(f"http://{HOST}"),
        request(f"http://{PATH}{TOKEN}"),
        request(f"//{HOST}{PATH}{TOKEN}"),
    ],
)
@on_both_loops
async def test_all_else_is_the_same_not_found(raw: bytes) -> None:
    assert await asked(raw) == NOT_FOUND


@on_both_loops
async def test_the_host_of_an_absolute_target_counts() -> None:
    target = f"HTTP://{HOST}:80{PATH}{TOKEN}"
    assert await asked(request(target, host="www.example.org")) == FOUND


@pytest.mark.parametrize(
    "raw",
    [
        request(host=None),
        request(PATH + TOKEN, f"Host: {HOST}"),
        request(host="a b"),
        request(host="::1"),
        request(host="[::1"),
        request(host="a@b"),
        request(host=f"{HOST}:http"),
        request(PATH + TOKEN, "no colon"),
        request(PATH + TOKEN, "Space : before"),
        request(PATH + TOKEN, ": empty"),
        request(PATH + TOKEN, "A: b", " folded"),
        request(PATH + TOKEN, "Nul: \0"),
        request(PATH + TOKEN, "Bare: a\rb"),
        request(PATH + TOKEN, "Bare: a\nb"),
        request(PATH + TOKEN, "Content-Length: -1"),
        request(PATH + TOKEN, "Content-Length: 1, 1"),
        request(PATH + TOKEN, "Content-Length: \u0661"),
        request(PATH + TOKEN, "Content-Length: 0", "Content-Length: 0"),
        request(PATH + TOKEN, "Content-Length: 0", "Transfer-Encoding: chunked"),
        request(PATH + TOKEN, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        request(PATH + TOKEN, *(f"X-{n}: 1" for n in range(100))),
        request(PATH + TOKEN, f"Long: {'a' * 2**14}"),
        request(PATH + "a" * 2**14),
        b"GET / HTTP/1.1\r\nLong: " + b"a" * 2**14,
        request(version="2.0"),
        request(version="1.10"),
        request(version="1.1 "),
        request(" /"),
        request("/\x7f"),
        request("/\u00e9"),
        b"GET /\r\n\r\n",
        b"GET\r\n\r\n",
        b"\r\n\r\n" + GET,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0",
    ],
)
@on_both_loops
async def test_what_is_malformed_is_refused(raw: bytes) -> None:
    """At once, and nothing behind it is looked at."""
    outcomes: list[str] = []
    async with responding(outcomes=outcomes) as address, connected(address) as client:
        client.send(raw)
        assert await client.rest() == REFUSED
        assert outcomes == ["refused"]


@on_both_loops
async def test_the_longest_head_and_the_most_fields_are_taken() -> None:
    assert await asked(request(PATH + TOKEN, *(f"X-{n}: 1" for n in range(99)))) == FOUND
    room = 2**14 - len(request(PATH + TOKEN, "Long: "))
    assert await asked(request(PATH + TOKEN, f"Long: {'a' * room}")) == FOUND
    assert await asked(request(PATH + TOKEN, f"Long: {'a' * (room + 1)}")) == REFUSED


@pytest.mark.parametrize(
    "raw",
    [
        request(PATH + TOKEN, "Connection: close"),
        request(PATH + TOKEN, "Connection: keep-alive, Close"),
        request(PATH + TOKEN, "Connection: x", "Connection: CLOSE"),
        request(PATH + TOKEN, "Content-Length: 3") + b"abc",
        request(PATH + TOKEN, "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        request(PATH + TOKEN, "Content-Length: 100", "Expect: 100-continue"),
        request(PATH + TOKEN, "Expect: 100-continue"),
        request(version="1.0"),
    ],
)
@on_both_loops
async def test_what_ends_the_connection(raw: bytes) -> None:
    """Also whenever a body follows: it is never taken for a request."""
    async with responding() as address, connected(address) as client:
        client.send(raw + GET)
        assert await client.rest() == closing(FOUND)


@on_both_loops
async def test_who_sends_a_long_body_reads_the_answer_nevertheless() -> None:
    async with responding() as address, connected(address) as client:
        client.send(request(PATH + TOKEN, "Content-Length: 200000"))
        for _ in range(20):
            client.send(b"GET / HTTP/1.1\r\n\r\n" * 500)
            await client.writer.drain()
            await asyncio.sleep(0.01)
        assert await client.rest() == closing(FOUND)


@on_both_loops
async def test_who_sends_a_body_without_an_end_is_cut() -> None:
    async with (
        responding(bounds=Bounds(leaving=60)) as address,
        connected(address) as client,
    ):
        client.send(request(PATH + TOKEN, "Transfer-Encoding: chunked"))
        with pytest.raises((ConnectionError, RuntimeError)):
            await flooding(client.writer)


@on_both_loops
async def test_http_1_0_stays_when_it_asks_to() -> None:
    raw = request(PATH + TOKEN, "Connection: Keep-Alive", version="1.0")
    async with responding() as address, connected(address) as client:
        for _ in range(2):
            assert b"\r\nConnection: keep-alive\r\n" in await client.ask(raw)
    assert await asked(request(host=None, version="1.0")) == closing(NOT_FOUND)


@on_both_loops
async def test_many_requests_on_one_connection() -> None:
    async with responding() as address, connected(address) as client:
        for _ in range(3):
            assert await client.ask(GET) == FOUND
            assert await client.ask(request("/", "Content-Length: 0")) == NOT_FOUND
            assert await client.ask(b"\r\n" + GET) == FOUND


@on_both_loops
async def test_pipelined_requests_are_answered_in_their_order() -> None:
    outcomes: list[str] = []
    async with responding(outcomes=outcomes) as address, connected(address) as client:
        client.send((GET + request("/")) * 500)
        for _ in range(500):
            assert await client.answer() == FOUND
            assert await client.answer() == NOT_FOUND
    assert outcomes == ["answered", "not_found"] * 500


@on_both_loops
async def test_byte_by_byte() -> None:
    async with responding() as address, connected(address) as client:
        for byte in GET:
            client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await client.answer() == FOUND


@on_both_loops
async def test_an_answer_that_comes_in_time_is_given_in_its_turn() -> None:
    early = a_challenge(presented=None)
    answers = knowing(early)
    async with responding(answers) as address, connected(address) as client:
        client.send(GET + request("/"))
        await asyncio.sleep(0.2)
        answers.heard(early, a_challenge())
        assert await client.answer() == FOUND
        assert await client.answer() == NOT_FOUND


@on_both_loops
async def test_an_answer_that_does_not_come_is_not_found_after_a_second() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await asked(GET, knowing(a_challenge(presented=None))) == NOT_FOUND
    assert 0.9 < loop.time() - began < 5


@on_both_loops
async def test_who_leaves_while_it_waits_is_forgotten() -> None:
    answers = knowing(a_challenge(presented=None))
    async with responding(answers) as address:
        async with connected(address) as client:
            client.send(GET)
            await asyncio.sleep(0.05)
            assert answers._waiting == 1
        await asyncio.sleep(1.2)
        assert answers._waiting == 0


@on_both_loops
async def test_the_end_does_not_wait_for_anyone() -> None:
    answers = knowing(a_challenge(presented=None))
    async with AsyncExitStack() as clients:
        async with responding(answers) as address:
            waiting = await clients.enter_async_context(connected(address))
            idle = await clients.enter_async_context(connected(address))
            waiting.send(GET)
            idle.send(b"GET")
            await asyncio.sleep(0.05)
        assert await waiting.rest() == await idle.rest() == b""


HURRIED = Bounds(connections=3, idle=0.4, sending=0.2, stuck=0.2, leaving=0.2, every=0.02)


@on_both_loops
async def test_times() -> None:
    """An idle client may stay longer than one that does not come to the end of a request."""
    loop, outcomes = asyncio.get_running_loop(), list[str]()
    async with (
        responding(outcomes=outcomes, bounds=HURRIED) as address,
        connected(address) as silent,
        connected(address) as slow,
        connected(address) as idle,
    ):
        began = loop.time()
        assert await idle.ask(GET) == FOUND
        drip = loop.create_task(dripping(slow.writer))
        assert await silent.rest() == await slow.rest() == b""
        early = loop.time() - began
        assert await idle.rest() == b""
        drip.cancel()
        assert early < loop.time() - began
        assert early >= 0.2
        assert loop.time() - began >= 0.4
        assert outcomes == ["answered", "refused"]


async def dripping(writer: asyncio.StreamWriter) -> None:
    for byte in GET + b"a" * 1000:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


@on_both_loops
async def test_with_too_many_the_oldest_idle_one_goes() -> None:
    bounds = Bounds(connections=3)
    async with (
        responding(bounds=bounds) as address,
        connected(address) as first,
        connected(address) as second,
        connected(address) as third,
    ):
        for client in (second, third, first, second):
            assert await client.ask(GET) == FOUND
        async with connected(address) as fourth:
            assert await fourth.ask(GET) == FOUND
            assert await third.rest() == b""
            assert await first.ask(GET) == FOUND
            assert await second.ask(GET) == FOUND


@on_both_loops
async def test_who_does_not_read_is_cut() -> None:
    outcomes: list[str] = []
    async with (
        responding(outcomes=outcomes, bounds=Bounds(stuck=0.3, every=0.05)) as address,
        connected(address) as client,
    ):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        with pytest.raises((ConnectionError, RuntimeError)):
            await flooding(client.writer)
        assert len(outcomes) < 200_000


async def flooding(writer: asyncio.StreamWriter) -> None:
    """For 20 seconds at most."""
    async with asyncio.timeout(20):
        while True:
            writer.write(request("/") * 1000)
            await writer.drain()


@on_both_loops
async def test_who_reads_late_gets_all() -> None:
    async with responding() as address, connected(address) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        sending = asyncio.get_running_loop().create_task(told(client.writer, GET * 20_000))
        await asyncio.sleep(0.3)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(20_000):
            assert await client.answer() == FOUND
        await sending


async def told(writer: asyncio.StreamWriter, raw: bytes) -> None:
    writer.write(raw)
    await writer.drain()


@pytest.mark.parametrize("address", ["", "0"])
@on_both_loops
async def test_nothing_is_served_where_none_is_wanted(address: str) -> None:
    async with serving(address, Answers()) as bound:
        assert bound == ""


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
@on_both_loops
async def test_the_address_in_use_can_be_connected_to(address: str) -> None:
    async with serving(address, knowing(a_challenge())) as bound, connected(bound) as client:
        assert await client.ask(GET) == FOUND


@on_both_loops
async def test_without_a_host_both_kinds_of_address_are_served() -> None:
    async with serving(":0", knowing(a_challenge())) as bound:
        port = bound.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            async with connected(f"{host}:{port}") as client:
                assert await client.ask(GET) == FOUND


@on_both_loops
async def test_an_address_in_use_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            async with serving(f"127.0.0.1:{port}", Answers()):
                pass
