"""One HTTP request over real sockets: trust, redirects, bounds, proxies, the guard."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from controller.acme.problem import Misconfigured, Unreachable, Violation
from controller.acme.proxies import Proxies
from controller.acme.transport import NO_ANSWER, RequestMade, Session, Transport
from controller.acme.trust import tls_context
from controller.egress import guarded_connector
from devcluster import pki

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PATIENT = aiohttp.ClientTimeout(total=20)
SHORT = aiohttp.ClientTimeout(total=0.5)


@dataclass
class Server:
    """A TLS server on loopback whose answers the test decides; it remembers the requests.

    It listens at 127.0.0.1, which its certificate names, and at 127.0.0.2, which it does not.
    """

    base: str = ""
    elsewhere: str = ""
    seen: list[web.Request] = field(default_factory=list)
    handler: Handler | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Remember and answer."""
        self.seen.append(request)
        await request.read()
        return web.Response(text="fine") if self.handler is None else await self.handler(request)


@pytest.fixture
async def server(settled: None, authority: pki.Authority) -> AsyncIterator[Server]:
    """A running server."""
    running = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = authority.issue("transport", server=True)
    context.load_cert_chain(pair.certificate, pair.key)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", running.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    await web.TCPSite(runner, "127.0.0.2", port, ssl_context=context).start()
    running.base, running.elsewhere = f"https://127.0.0.1:{port}", f"https://127.0.0.2:{port}"
    yield running
    await runner.cleanup()


@asynccontextmanager
async def transport(
    tls: ssl.SSLContext,
    *,
    proxies: Proxies | None = None,
    allow: bool = True,
    made: list[RequestMade] | None = None,
    timeout: aiohttp.ClientTimeout = PATIENT,
) -> AsyncIterator[Transport]:
    """A transport with its own session."""
    opened = Session.open(
        tls, proxies=proxies or Proxies(), allow_special_addresses=allow, timeout=timeout
    )
    async with opened as session:
        yield Transport(
            session,
            limiter=asyncio.Semaphore(2),
            user_agent="test/1",
            on_request=([] if made is None else made).append,
        )


@pytest.fixture
def tls(authority: pki.Authority) -> ssl.SSLContext:
    """Trust in the authority of the tests."""
    return tls_context(ca_bundle=authority.certificate.read_bytes())


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


@dataclass
class Tunnel:
    """An HTTP proxy that answers CONNECT; `opened` holds what it was asked for.

    Every name that it is asked for is the server of the test, but for those that end in .invalid.
    """

    url: str = ""
    port: int = 0
    opened: list[tuple[str, str]] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.writers.append(writer)
        self.tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        """End every connection and wait until it is gone."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for writer in self.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        target = head[0].split()[1]
        headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        self.opened.append((target, headers.get("Proxy-Authorization", "")))
        if target.endswith(".invalid:443"):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(far_writer)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pumped(reader, far_writer), _pumped(far_reader, writer))


async def _pumped(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(65536):
        sink.write(chunk)
        await sink.drain()


@pytest.fixture
async def tunnel(server: Server) -> AsyncIterator[Tunnel]:
    """A running proxy on loopback before the server."""
    running = Tunnel(port=int(server.base.rpartition(":")[2]))
    listening = await asyncio.start_server(running.accept, "127.0.0.1", 0)
    running.url = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield running
        await running.close()


NAMED = "https://kubernetes.default.svc"  # a name of the server's certificate


async def test_the_proxy_of_the_environment_is_used(
    tunnel: Tunnel, server: Server, tls: ssl.SSLContext
) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": f"http://me:pw@{tunnel.url}"})
    async with transport(tls, proxies=proxies) as sender:
        for _ in range(2):
            assert (await sender.get("discover", f"{NAMED}/dir")).status == 200
    assert tunnel.opened[0] == ("kubernetes.default.svc:443", "Basic bWU6cHc=")
    assert [request.path for request in server.seen] == ["/dir", "/dir"]
    assert "Proxy-Authorization" not in server.seen[0].headers


async def test_a_certificate_is_verified_through_a_proxy_too(
    tunnel: Tunnel, tls: ssl.SSLContext
) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": f"http://{tunnel.url}"})
    async with transport(tls, proxies=proxies) as sender:
        with pytest.raises(Unreachable, match="TLS certificate is not trusted"):
            await sender.get("discover", "https://acme.test/")


async def test_no_proxy_is_obeyed(tunnel: Tunnel, server: Server, tls: ssl.SSLContext) -> None:
    environ = {"HTTPS_PROXY": f"http://{tunnel.url}", "NO_PROXY": "127.0.0.0/8"}
    async with transport(tls, proxies=Proxies.read(environ)) as sender:
        assert (await sender.get("discover", server.base)).status == 200
    assert tunnel.opened == []


async def test_a_proxy_on_loopback_is_the_operators_choice_but_not_what_lies_behind(
    tunnel: Tunnel, server: Server, tls: ssl.SSLContext
) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": f"http://{tunnel.url}"})
    async with transport(tls, proxies=proxies, allow=False) as sender:
        for refused in (server.base, "https://169.254.169.254/", "https://a.localhost/"):
            with pytest.raises(Unreachable, match="connected to"):
                await sender.get("discover", refused)
        assert tunnel.opened == []
        assert (await sender.get("discover", NAMED)).status == 200
        with pytest.raises(Unreachable, match="the proxy answered 502"):
            await sender.get("discover", "https://nowhere.invalid/")


async def test_a_proxy_that_cannot_be_reached(tls: ssl.SSLContext) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": "http://127.0.0.1:1"})
    async with transport(tls, proxies=proxies) as sender:
        with pytest.raises(Unreachable, match=r"the proxy cannot be reached: connection refused"):
            await sender.get("discover", NAMED)


async def test_a_session_that_was_closed_is_unreachable(
    server: Server, tls: ssl.SSLContext
) -> None:
    async with transport(tls) as sender:
        assert (await sender.get("discover", server.base)).status == 200
    with pytest.raises(Unreachable, match="closed on this side"):
        await sender.get("discover", server.base)
