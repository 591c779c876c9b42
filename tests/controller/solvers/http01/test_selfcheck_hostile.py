"""Servers that mean harm, or are broken: the check ends in time and shows nothing of theirs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address

import pytest
from yarl import URL

from controller import egress
from controller.solvers.http01.addresses import Names
from controller.solvers.http01.look import PATIENCE, Look
from controller.solvers.http01.redirects import EXEMPT
from controller.solvers.http01.verdicts import Finding
from devcluster import servers
from tests.controller.solvers.http01.checked_server import (
    KEY,
    PATH,
    THUMBPRINT,
    TOKEN,
    Request,
    checked,
    look,
    redirect,
    respond,
)

NAME = "good.example.com"
SECONDS = 0.8


async def endless_body(_: Request) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
    while True:
        yield b"secret" * 10_000
        await asyncio.sleep(0)


async def endless_chunks(_: Request) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"6\r\nsecret\r\n" * 1_000
        await asyncio.sleep(0)


async def slow_body(_: Request) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"
    while True:
        yield b"s"
        await asyncio.sleep(0.05)


async def slow_head(_: Request) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-Slow: "
    while True:
        yield b"s"
        await asyncio.sleep(0.05)


async def silence(_: Request) -> AsyncIterator[bytes]:
    await asyncio.sleep(60)
    yield b""


async def endless_headers(_: Request) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-Secret: secret\r\n" * 1_000
        await asyncio.sleep(0)


async def one_endless_header(_: Request) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-Secret: "
    while True:
        yield b"secret" * 1_000
        await asyncio.sleep(0)


async def endless_hints(_: Request) -> AsyncIterator[bytes]:
    while True:
        yield b"HTTP/1.1 103 Early Hints\r\n\r\n"
        await asyncio.sleep(0.001)


LATE = "HTTP: {}: the connection was accepted, but no whole answer came in time"
STRANGE = "HTTP: {}: what answers does not speak proper HTTP"
CLOSED = "HTTP: {}: the connection was accepted, and closed without an answer"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (endless_body, "body: {}: answered 200 with something else (text/plain, more than 1,024"),
        (endless_chunks, "body: {}: answered 200 with something else (no content type, more than"),
        (slow_body, LATE),
        (slow_head, LATE),
        (silence, LATE),
        (endless_hints, LATE),
        (endless_headers, STRANGE),
        (one_endless_header, STRANGE),
        (lambda _: b"SSH-2.0-secret\r\n\r\n", STRANGE),
        (lambda _: b"\x00\xff" * 5_000, STRANGE),
        (lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nsecret", STRANGE),
        (lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n", STRANGE),
        (lambda _: b"HTTP/1.1 99999 OK\r\n\r\n", STRANGE),
        (
            lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsec",
            "HTTP: {}: the answer broke",
        ),
        (lambda _: None, CLOSED),
        (lambda _: b"HTTP/1.1 200", CLOSED),
    ],
)
async def test_it_ends_in_time_and_shows_nothing(
    dns: servers.Dns,
    answer: Callable[[Request], bytes | AsyncIterator[bytes] | None],
    words: str,
) -> None:
    started = time.monotonic()
    async with checked(answer) as server:
        found = await look(dns, server, NAME, seconds=SECONDS)
    assert time.monotonic() - started < SECONDS + 2
    where = f"{NAME} at 127.0.0.1 port {server.port}"
    assert found.evidence.startswith(words.format(where))
    assert (found.passed, found.unknown) == (False, False)
    assert "secret" not in found.evidence.lower()


async def test_cookies_are_not_kept_between_redirects(dns: servers.Dns) -> None:
    def answer(request: Request) -> bytes:
        if request.path != PATH:
            return respond(KEY)
        return respond(status=302, headers={"Location": "/there", "Set-Cookie": "a=b; Path=/"})

    async with checked(answer) as server:
        assert (await look(dns, server, NAME)).passed
    assert "cookie" not in server.requests[1].headers


async def test_a_compressed_body_is_not_unpacked(dns: servers.Dns) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
    async with checked(lambda _: respond(KEY, headers=headers)) as server:
        assert (await look(dns, server, NAME)).passed


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("file:///etc/passwd", '"file:///etc/passwd", which is neither http nor https'),
        ("ftp://example.com/", '"ftp://example.com/", which is neither http nor https'),
        ("javascript:alert(1)", '"javascript:alert(1)", which is neither http nor https'),
        ("http://user:pass@a.example.com/", '"http://…@a.example.com/", which holds a user name'),
        ("http://a.example.com:22/", '"http://a.example.com:22/", on port 22: CAs follow to ports'),
        ("http://a.example.com:0/", "on port 0: CAs follow"),
        ("http://a.example.com:99999/", "which is no URL"),
        ("http://a.example.com:x/", "which is no URL"),
        ("http:///nowhere", "which names no host"),
        ("https://?x=secret", "which names no host"),
        ("http://[::1/", "which is no URL"),
        ("http://a_*!.example.com/", "which names no host"),
        ("//a.example.com:6443/?token=secret", '"http://a.example.com:6443/", on port 6443'),
    ],
)
async def test_redirects_that_no_ca_follows(dns: servers.Dns, location: str, shown: str) -> None:
    async with checked(lambda _: redirect(location)) as server:
        found = await look(dns, server, NAME)
    assert (found.passed, found.unknown, server.connections) == (False, False, 1)
    where = f"{NAME} at 127.0.0.1 port {server.port}"
    assert found.evidence.startswith(f"redirect: {where}: redirects to ")
    assert shown in found.evidence
    assert found.evidence.endswith(EXEMPT)
    assert "pass@" not in found.evidence
    assert "secret" not in found.evidence


@pytest.mark.parametrize("status", [302, 301])
async def test_a_redirect_to_nowhere(dns: servers.Dns, status: int) -> None:
    async with checked(lambda _: respond(status=status)) as server:
        found = await look(dns, server, NAME)
    assert "redirects without saying where to (no Location)" in found.evidence


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/",
        "https://[::ffff:a9fe:a9fe]/",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://loopback.example.com/",
    ],
)
async def test_a_redirect_to_where_the_guard_lets_nobody_fails(
    dns: servers.Dns, target: str
) -> None:
    here = ip_address("127.0.0.2")

    def guard(address: str) -> None:
        # The first server of this test has to be on loopback; all else is as in production.
        if address != str(here):
            egress.check(address, allow=False)

    async with checked(lambda _: redirect(target), host=str(here)) as server:
        url = URL(f"http://{NAME}:{server.port}{PATH}")
        names = Names([dns.address], allow=False)
        found = await Look(names, here, url, TOKEN, KEY, guard, PATIENCE).see()
    assert found.finding is Finding.FAILED
    assert f'redirected to "{target}"' in found.statement
    assert "not connected to" in found.statement
    assert found.hint == EXEMPT


async def test_a_circle_is_named(dns: servers.Dns) -> None:
    def answer(request: Request) -> bytes:
        return redirect("/b" if request.path == "/a" else "/a")

    async with checked(answer) as server:
        found = await look(dns, server, NAME)
    base = f"http://{NAME}:{server.port}"
    assert f'redirects in a circle: "{base}/a" → "{base}/b" → "{base}/a"' in found.evidence
    assert server.connections == 3


async def test_a_thousand_redirects_end_after_ten(dns: servers.Dns) -> None:
    count = iter(range(1, 1_000))
    async with checked(lambda _: redirect(f"/{next(count)}")) as server:
        found = await look(dns, server, NAME)
    assert server.connections == 11
    assert "redirects more than 10 times, last to" in found.evidence


async def test_ten_redirects_are_followed(dns: servers.Dns) -> None:
    count = iter(range(1, 12))

    def answer(_: Request) -> bytes:
        number = next(count)
        return respond(KEY) if number == 11 else redirect(f"/{number}")

    async with checked(answer) as server:
        found = await look(dns, server, NAME)
    assert found.passed
    assert "(10 redirects)" in found.evidence


@pytest.mark.parametrize(
    "location",
    [
        "http://exämple.example.com:1/\u202eevil",
        "http://a.example.com:1/\x1b[31mred",
        "http://a.example.com:1/" + "x" * 7_000,
        "ftp://\u202e\x7f\x01",
        f"http://a.example.com:1/{TOKEN}.{THUMBPRINT}",
    ],
)
async def test_what_is_shown_of_a_target_is_harmless(dns: servers.Dns, location: str) -> None:
    raw = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode()
    async with checked(lambda _: raw) as server:
        found = await look(dns, server, NAME)
    assert not found.passed
    assert found.evidence.isprintable()
    assert len(found.evidence) < 500
    assert TOKEN not in found.evidence
    assert THUMBPRINT not in found.evidence


async def test_a_content_type_is_shown_harmless_and_short(dns: servers.Dns) -> None:
    kind = f"text/\u202e{TOKEN}\x1b" + "x" * 2_000
    raw = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: {kind}\r\n\r\nno".encode()
    async with checked(lambda _: raw) as server:
        found = await look(dns, server, NAME)
    assert found.evidence.isprintable()
    assert len(found.evidence) < 400
    assert TOKEN not in found.evidence


async def test_a_redirect_to_a_dead_host_names_both(dns: servers.Dns) -> None:
    async with checked(lambda _: redirect("https://_gone.example.com/")) as server:
        found = await look(dns, server, NAME)
    assert (found.passed, found.unknown) == (False, False)
    assert found.evidence.startswith(
        f'DNS: {NAME} at 127.0.0.1 port {server.port}, redirected to "https://_gone.example.com/": '
        "there is no such name (NXDOMAIN)"
    )
