"""/healthz, /readyz and /metrics over plain HTTP, for probes and Prometheus.

Nothing here changes anything, and no answer holds anything secret.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from controller.listening import listen, shown
from controller.runtime.informer import Informer
from controller.runtime.metrics import Metrics
from controller.runtime.worker import Worker

LONGEST_QUIET = 600.0
"""Seconds without a word from the API server about one resource after which we are not healthy."""

Troubles = Callable[[], Sequence[str]]


ENDING = "this process was told to end"


class Health:
    """What is wrong, if anything, in sentences.

    `missing`: what is not there yet, in sentences; whoever brings it about takes it out.
    """

    def __init__(
        self,
        *,
        informers: Sequence[Informer[Any]],
        workers: Sequence[Worker],
        longest_quiet: float = LONGEST_QUIET,
    ) -> None:
        self._informers = informers
        self._workers = workers
        self._longest_quiet = longest_quiet
        self._ending = False
        self.missing: set[str] = set()

    def end(self) -> None:
        """The process was told to end: it is not to be counted on, and no more wrong for that."""
        self._ending = True

    def sick(self) -> list[str]:
        """Reasons to be restarted: watches that hear nothing, loops that are no more."""
        now = asyncio.get_running_loop().time()
        quiet = [
            f"nothing was heard of {informer.name} for {now - informer.heard_at:.0f} s"
            for informer in self._informers
            if now - informer.heard_at > self._longest_quiet
        ]
        workers = () if self._ending else self._workers
        return quiet + [f"{w.name} does not work any more" for w in workers if not w.alive]

    def unready(self) -> list[str]:
        """Reasons not to be counted on yet. Who does not lead may be ready."""
        unlisted = [
            f"{i.name} are not listed yet" for i in self._informers if not i.synced.is_set()
        ]
        return unlisted + sorted(self.missing) + [ENDING] * self._ending


@asynccontextmanager
async def serving(address: str, *, metrics: Metrics, health: Health) -> AsyncIterator[str]:
    """Serve on `host:port` inside; gives the address in use. Empty or "0": nothing is served.

    Without a host it is served on all addresses, IPv4 and IPv6. Raises CannotListen.
    """
    if address in ("", "0"):
        yield ""
        return
    runner = web.AppRunner(_application(metrics, health), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        listening = await listen(address)
        await web.SockSite(runner, listening).start()
        yield shown(listening)
    finally:
        await runner.cleanup()


def _application(metrics: Metrics, health: Health) -> web.Application:
    def probe(troubles: Troubles) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            found = troubles()
            text = "\n".join(found) if found else "ok"
            return web.Response(text=text + "\n", status=503 if found else 200)

        return answer

    async def numbers(request: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        # With many Certificates the page takes most of a second: not in the event loop.
        return web.Response(body=await asyncio.to_thread(metrics.page), headers=kind)

    application = web.Application()
    application.router.add_get("/healthz", probe(health.sick))
    application.router.add_get("/livez", probe(health.sick))
    application.router.add_get("/readyz", probe(health.unready))
    application.router.add_get("/metrics", numbers)
    return application
