"""uvicorn on a socket of ours, for TLS with a HotContext or plain HTTP.

It takes no signals and no arguments of the process: who starts it ends it.
"""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import uvicorn

from webhook.serving.clients import checking
from webhook.serving.limits import LimitedProtocol
from webhook.serving.listening import listen, shown
from webhook.serving.tls import HotContext

KEEP_ALIVE: Final = 180
"""Seconds that an idle connection stays. The API server closes its own after 90 s; were we first,
a request might meet a connection that is being closed."""
MOST_CONNECTIONS: Final = 1_000
"""API servers open a few. Beyond it requests are answered with 503."""
GRACE: Final = 10
"""Seconds that requests have to end when the server ends."""


class _Server(uvicorn.Server):
    """Without signal handlers."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """None are."""
        yield


@asynccontextmanager
async def serve(
    app: Any,
    address: str,
    context: HotContext | None = None,
) -> AsyncIterator[str]:
    """Serve the ASGI application on `host:port` inside; gives the address in use.

    With a context that has a ClientCheck, names of clients are checked. Without a host it is
    served on all addresses, IPv4 and IPv6. Raises CannotListen. In the end nobody new is let in,
    and requests that were begun are answered.
    """
    listening = await listen(address)
    server = _Server(_config(app, context))
    server.config.load()
    server.config.ssl = context
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            if serving.done():
                await serving
                raise RuntimeError("the server ended before it began")
            await asyncio.sleep(0.005)
        yield shown(listening)
    finally:
        server.should_exit = True
        await serving


def _config(app: Any, context: HotContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_protocol(context),
        ws="none",
        lifespan="off",
        interface="asgi3",
        loop="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


def _protocol(context: HotContext | None) -> type[LimitedProtocol]:
    if context is None or context.clients is None:
        return LimitedProtocol
    # Their CAs may change; the names that are allowed do not.
    return checking(context.clients.allows)
