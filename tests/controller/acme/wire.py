"""A TLS server on loopback whose answers a test decides, and a transport to reach it with."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from controller.acme.proxies import Proxies
from controller.acme.transport import RequestMade, Session, Transport
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


@asynccontextmanager
async def running_server(pair: pki.Pair) -> AsyncIterator[Server]:
    """The server on a free port, with that certificate."""
    running = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", running.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    await web.TCPSite(runner, "127.0.0.2", port, ssl_context=context).start()
    running.base, running.elsewhere = f"https://127.0.0.1:{port}", f"https://127.0.0.2:{port}"
    try:
        yield running
    finally:
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
