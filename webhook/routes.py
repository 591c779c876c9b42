"""What is served where: /validate by TLS; probes and metrics by plain HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from webhook.admission import CLOSE, Admission, Send
from webhook.bodies import Receive, Scope

PATH: Final = "/validate"
_NUMBERS: Final = "text/plain; version=0.0.4; charset=utf-8"

Trouble: TypeAlias = Callable[[], Awaitable[str]]
"""Why this replica cannot be counted on, for people; empty where it can."""


class Front:
    """What API servers reach: the endpoint, and Starlette for all that is not it."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._others = Starlette(routes=[Route(PATH, admission, methods=["POST"])])
        self._others.router.redirect_slashes = False
        self._ending = False

    def end(self) -> None:
        """From now on each client is asked to come back by a new connection, which leads it to
        another replica."""
        self._ending = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._ending:
            send = _closing(send)
        # Before Starlette, whose layers each answer would pay for.
        if scope["path"] == PATH and scope["method"] == "POST":
            await self._admission(scope, receive, send)
        else:
            await self._others(scope, receive, send)


def _closing(send: Send) -> Send:
    async def closing(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), CLOSE]}
        await send(message)

    return closing


def health(trouble: Trouble, page: Callable[[], bytes]) -> Starlette:
    """/livez, /readyz and /metrics."""

    async def live(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        found = await trouble()
        return PlainTextResponse(f"{found or 'ok'}\n", status_code=503 if found else 200)

    async def numbers(request: Request) -> Response:
        return Response(await asyncio.to_thread(page), media_type=_NUMBERS)

    return Starlette(
        routes=[Route("/livez", live), Route("/readyz", ready), Route("/metrics", numbers)]
    )
