"""The responder over real sockets: what it answers, and what it lets clients use up."""

import asyncio

import pytest

from tests.controller.solvers.http01.asking import (
    EMPTY,
    FOUND,
    GET,
    HOST,
    KEY,
    NOT_FOUND,
    PATH,
    REFUSED,
    TOKEN,
    a_challenge,
    asked,
    connected,
    knowing,
    on_both_loops,
    request,
    responding,
)

CLOSES = b"Connection: close\r\n"


def closing(response: bytes) -> bytes:
    head, end, body = response.partition(b"\r\n\r\n")
    return head + b"\r\n" + CLOSES + end[2:] + body


@on_both_loops
async def test_the_answer() -> None:
    assert await asked(GET) == FOUND


@on_both_loops
async def test_head_has_the_same_head() -> None:
    assert await asked(request(method="HEAD")) == FOUND.removesuffix(KEY.encode())
    assert await asked(request("/x", method="HEAD")) == NOT_FOUND


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
        request("/"),
        request("/", host="10.0.0.1:8089"),
        request("/", host=""),
        request("/", method="HEAD"),
        request("/healthz", host="example.org"),
        request("/healthz", method="HEAD"),
        request("http://10.0.0.1/healthz"),
    ],
)
@on_both_loops
async def test_load_balancers_are_told_that_somebody_is_here(raw: bytes) -> None:
    outcomes: list[str] = []
    async with responding(outcomes=outcomes) as address, connected(address) as client:
        assert await client.ask(raw) == EMPTY
    assert outcomes == ["probed"]


@on_both_loops
async def test_an_old_load_balancer_names_no_host() -> None:
    assert await asked(request("/", host=None, version="1.0")) == closing(EMPTY)
    assert await asked(request("/", host=None)) == REFUSED


@pytest.mark.parametrize(
    "raw",
    [
        request(host="example.com"),
        request(host="www.example.com.."),
        request(host="www.example.org"),
        request(host="www%2Eexample.com"),
        request(host=""),
        request("/x", f"X-Forwarded-Host: {HOST}", host="example.org"),
        request(PATH + TOKEN, f"X-Forwarded-Host: {HOST}", host="example.org"),
        request(PATH + TOKEN, f"Forwarded: host={HOST}", host="example.org"),
        request("/", method="POST"),
        request("/healthz", method="OPTIONS"),
        request("/?"),
        request("//"),
        request("/healthz/"),
        request("/healthz?verbose"),
        request("/HEALTHZ"),
        request("/livez"),
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
async def test_http_1_0_stays_when_it_asks_to() -> None:
    raw = request(PATH + TOKEN, "Connection: Keep-Alive", version="1.0")
    async with responding() as address, connected(address) as client:
        for _ in range(2):
            assert b"\r\nConnection: keep-alive\r\n" in await client.ask(raw)
    assert await asked(request(host=None, version="1.0")) == closing(NOT_FOUND)
