"""One HTTP request over real sockets: trust, redirects, bounds, the guard."""

import asyncio
import ssl

import aiohttp
import pytest
from aiohttp import web

from controller.acme import transport as module
from controller.acme.problem import Misconfigured, Unreachable, Violation
from controller.acme.proxies import Proxies
from controller.acme.transport import FINALIZE, NO_ANSWER, RequestMade, Session, Transport
from controller.acme.trust import tls_context
from controller.egress import guarded_connector
from tests.controller.acme.wire import SHORT, Server, transport


async def test_get(server: Server, tls: ssl.SSLContext) -> None:
    made: list[RequestMade] = []
    async with transport(tls, made=made) as sender:
        answer = await sender.get("discover", f"{server.base}/dir?a=%2Fb")
    assert (answer.status, answer.body) == (200, b"fine")
    [request] = server.seen
    assert request.raw_path == "/dir?a=%2Fb"
    assert request.headers["User-Agent"] == "test/1"
    assert request.headers["Accept-Encoding"] == "identity"
    host = server.base.removeprefix("https://")
    assert [(m.action, m.method, m.host, m.status) for m in made] == [
        ("discover", "GET", host, 200)
    ]


async def test_post(server: Server, tls: ssl.SSLContext) -> None:
    async with transport(tls) as sender:
        await sender.post("get_order", server.base + "/o", b'{"a":1}', accept="application/json")
    [request] = server.seen
    assert request.headers["Content-Type"] == "application/jose+json"
    assert request.headers["Accept"] == "application/json"
    assert await request.read() == b'{"a":1}'


async def test_a_certificate_of_an_unknown_ca_is_told_as_such(server: Server) -> None:
    async with transport(tls_context()) as sender:
        with pytest.raises(Unreachable, match=r"TLS certificate is not trusted: .*caBundle"):
            await sender.get("discover", server.base)


async def test_a_certificate_of_another_host_is_told_as_such(
    server: Server, tls: ssl.SSLContext
) -> None:
    async with transport(tls) as sender:
        with pytest.raises(Unreachable, match="TLS certificate is not trusted"):
            await sender.get("discover", server.elsewhere)


async def test_no_verification_where_told_so(server: Server) -> None:
    async with transport(tls_context(skip_tls_verify=True)) as sender:
        assert (await sender.get("discover", server.base)).status == 200


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1", ""])
async def test_https_alone(url: str, tls: ssl.SSLContext) -> None:
    async with transport(tls) as sender:
        with pytest.raises(Misconfigured):
            await sender.get("discover", url)
        with pytest.raises(Misconfigured):
            await sender.post("get_order", url, b"", accept="*/*")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_get_is_followed(
    status: int, server: Server, tls: ssl.SSLContext
) -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/old":
            return web.Response(status=status, headers={"Location": "/new"})
        return web.Response(text="found")

    server.handler = handler
    async with transport(tls) as sender:
        answer = await sender.get("discover", f"{server.base}/old")
        assert (answer.body, answer.url) == (b"found", f"{server.base}/new")
        head = await sender.get("discover", f"{server.base}/old", method="HEAD")
        assert head.status == 200
    assert [request.method for request in server.seen] == ["GET", "GET", "HEAD", "HEAD"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_post_is_never_followed(
    status: int, server: Server, tls: ssl.SSLContext
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "https://other.test/secret"})

    server.handler = handler
    async with transport(tls) as sender:
        with pytest.raises(Violation, match=r"a redirect to other\.test") as caught:
            await sender.post("get_order", server.base, b"{}", accept="*/*")
    assert "secret" not in str(caught.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("target", "match"),
    [
        pytest.param("http://127.0.0.1/", "over https alone", id="to http"),
        pytest.param("", "without a Location", id="to nowhere"),
        pytest.param("/again", "more than 5 redirects", id="in circles"),
        pytest.param("https://user:pw@127.0.0.1/", "user or a password", id="with a password"),
    ],
)
async def test_redirects_that_are_not_followed(
    target: str, match: str, server: Server, tls: ssl.SSLContext
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target} if target else {})

    server.handler = handler
    async with transport(tls) as sender:
        with pytest.raises(Violation, match=match):
            await sender.get("discover", server.base)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "0.0.0.1"]
)
async def test_special_addresses_are_refused(
    host: str, server: Server, tls: ssl.SSLContext
) -> None:
    port = server.base.rpartition(":")[2]
    made: list[RequestMade] = []
    async with transport(tls, allow=False, made=made) as sender:
        with pytest.raises(Unreachable, match="connected to"):
            await sender.get("discover", f"https://{host}:{port}/")
    assert server.seen == []
    assert [request.status for request in made] == [NO_ANSWER]


async def test_a_redirect_to_loopback_is_refused(server: Server, tls: ssl.SSLContext) -> None:
    """The first address is trusted as a proxy's would be, so that it alone can be reached."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": server.elsewhere})

    server.handler = handler
    port = int(server.base.rpartition(":")[2])
    made: list[RequestMade] = []
    connector = guarded_connector(allow=False, trusted=[("127.0.0.1", port)], tls=tls)
    async with aiohttp.ClientSession(connector=connector) as http:
        session = Session(http, proxies=Proxies(), allow_special_addresses=True)
        limiter = asyncio.Semaphore(1)
        sender = Transport(session, limiter=limiter, user_agent="x", on_request=made.append)
        with pytest.raises(Unreachable, match=r"127\.0\.0\.2 is a loopback address"):
            await sender.get("discover", server.base)
    assert [request.status for request in made] == [302, NO_ANSWER]
    assert len(server.seen) == 1


async def test_a_body_over_the_limit(server: Server, tls: ssl.SSLContext) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(64):
            await response.write(b"x" * 65536)
        return response

    server.handler = handler
    async with transport(tls) as sender:
        with pytest.raises(Violation, match="more than 1 MiB"):
            await sender.get("discover", server.base)
        server.handler = None
        assert (await sender.get("discover", server.base)).status == 200


async def test_a_body_that_is_cut_off(server: Server, tls: ssl.SSLContext) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    server.handler = handler
    async with transport(tls) as sender:
        with pytest.raises(Unreachable, match="cut off"):
            await sender.get("discover", server.base)


async def test_no_answer_in_time(server: Server, tls: ssl.SSLContext) -> None:
    async def handler(_: web.Request) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    server.handler = handler
    made: list[RequestMade] = []
    async with transport(tls, made=made, timeout=SHORT) as sender:
        with pytest.raises(Unreachable, match="no answer in time"):
            await sender.get("discover", server.base)
    assert made[0].status == NO_ANSWER
    assert 0.4 < made[0].seconds < 5


async def test_finalize_alone_has_more_time(
    server: Server, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(_: web.Request) -> web.Response:
        await asyncio.sleep(0.8)
        return web.Response(text="signed")

    assert (module.TIMEOUT.total, module.FINALIZE_TIMEOUT.total) == (30, 60)
    server.handler = handler
    async with transport(tls, timeout=SHORT) as sender:
        with pytest.raises(Unreachable, match="no answer in time"):
            await sender.post("get_order", server.base, b"{}", accept="*/*")
        assert (await sender.post(FINALIZE, server.base, b"{}", accept="*/*")).body == b"signed"
        monkeypatch.setattr(module, "FINALIZE_TIMEOUT", SHORT)
        with pytest.raises(Unreachable, match="no answer in time"):
            await sender.post(FINALIZE, server.base, b"{}", accept="*/*")


async def test_nobody_listens(tls: ssl.SSLContext) -> None:
    async with transport(tls) as sender:
        with pytest.raises(Unreachable, match=r"GET 127\.0\.0\.1:1 \(discover\) failed: .*refused"):
            await sender.get("discover", "https://127.0.0.1:1/")


async def test_a_name_that_does_not_exist(tls: ssl.SSLContext) -> None:
    async with transport(tls) as sender:
        with pytest.raises(Unreachable, match=r"nowhere\.invalid .*(resolved|in time)"):
            await sender.get("discover", "https://nowhere.invalid/")


async def test_a_server_without_tls(tls: ssl.SSLContext) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with listening, transport(tls) as sender:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable, match=r"TLS handshake|closed"):
            await sender.get("discover", f"https://127.0.0.1:{port}/")


async def test_a_session_that_was_closed_is_unreachable(
    server: Server, tls: ssl.SSLContext
) -> None:
    async with transport(tls) as sender:
        assert (await sender.get("discover", server.base)).status == 200
    with pytest.raises(Unreachable, match="closed on this side"):
        await sender.get("discover", server.base)
