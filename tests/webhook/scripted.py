"""An API server on loopback that does what a test says, and remembers what it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from webhook.credentials import Credentials
from webhook.kube import Kube

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class Scripted:
    """Answers by `handler`, which a test may change."""

    handler: Handler
    url: str = ""
    seen: list[web.BaseRequest] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def kube(self, *, timeout: float = 5.0, **credentials: Any) -> Kube:
        """A connection to it."""
        return Kube(
            Credentials(server=self.url, **credentials),
            user_agent="order-webhook/1",
            timeout=timeout,
        )

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.seen.append(request)
        self.bodies.append(await request.read())
        return await self.handler(request)


@asynccontextmanager
async def scripted(handler: Handler) -> AsyncIterator[Scripted]:
    """It runs until the block ends."""
    server = Scripted(handler)
    runner = web.ServerRunner(
        web.Server(server.answer, handler_cancellation=True), shutdown_timeout=0.1
    )
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


def says(body: object, code: int = 200) -> Handler:
    """Always the same JSON."""

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response(body, status=code)

    return handler


def status(code: int, reason: str, message: str = "it is so") -> dict[str, Any]:
    """meta/v1 Status."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }


def refuses(code: int, reason: str, message: str = "it is so") -> Handler:
    """Always the same Status."""
    return says(status(code, reason, message), code)


def discovery(kinds: dict[str, list[tuple[str, str]]], preferred: str) -> Handler:
    """Serves a group whose versions have these (name, kind)s; 404 for everything else."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        *_, group, version = ("", *request.path.strip("/").split("/"))
        if group == "apis":
            versions = [{"version": name} for name in (*kinds, "gone")]
            return web.json_response(
                {"versions": versions, "preferredVersion": {"version": preferred}}
            )
        if version not in kinds:
            return web.json_response({}, status=404)
        resources = [
            {"name": name, "kind": kind, "namespaced": True} for name, kind in kinds[version]
        ]
        return web.json_response({"resources": resources})

    return handler


async def following(kube: Kube, path: str, *, timeout: float) -> list[str]:
    """The changes of the object "a" of a collection, until the watch ends."""
    return [kind async for kind in kube.watch(path, name="a", timeout=timeout)]
