"""A front before a real CA that breaks what a test tells it to break, and remembers what it saw.

It forwards each request with its Host, so that the CA builds URLs which lead through the front and
accepts signatures over them. Faults are injected by a part of the path; each serves one request.
It takes away the CA's own Retry-After, so that tests are quick where they are not about it. It does
not check signatures: the CA behind it does.
"""

import base64
import json
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from devcluster.pki import Pair

HOP_BY_HOP = ("Transfer-Encoding", "Connection", "Keep-Alive", "Content-Length", "Date")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the client."""

    status: int
    body: bytes = b""
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)


Forward = Callable[[], Awaitable[Reply]]
Fault = Callable[[Forward], Awaitable[Reply]]


class HangUp(Exception):
    """The front closes the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that reached the front, with the payload of its JWS and the answer's status."""

    method: str
    path: str
    payload: Any
    status: int


class Front:
    """A running front; `directory_url` is what a client is given."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.directory_url = f"{base}/dir"
        self.calls: list[Call] = []
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)

    def inject(self, part: str, *faults: Fault) -> None:
        """Serve the next requests whose path begins with `part` by these faults, one each."""
        self._faults[part].extend(faults)

    def queue_for(self, path: str) -> deque[Fault]:
        """The faults that wait for a request to this path."""
        waiting = (faults for part, faults in self._faults.items() if path.startswith(part))
        return next((faults for faults in waiting if faults), deque())

    def to(self, part: str, *, method: str = "POST") -> list[Call]:
        """The calls to paths that begin with `part`, but for those whose nonce was refused."""
        return [c for c in self.calls if c.method == method and c.path.startswith(part)]


def answering(
    status: int, body: bytes | object = b"", *, content_type: str = "text/html", **headers: str
) -> Fault:
    """This answer, and the CA never hears of the request."""

    async def fault(_: Forward) -> Reply:
        return _reply(status, body, content_type, headers)

    return fault


def after_the_work(
    status: int, body: bytes | object = b"", *, content_type: str = "text/html", **headers: str
) -> Fault:
    """The CA does what it was asked to, and this answer takes the place of its own."""

    async def fault(forward: Forward) -> Reply:
        real = await forward()
        if _is_bad_nonce(real):
            return real
        return _reply(status, body, content_type, headers)

    return fault


def problem(status: int, kind: str, detail: str = "injected", **headers: str) -> Fault:
    """A problem document of that ACME type, and the CA never hears of the request."""
    document = {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail}
    return answering(status, document, content_type="application/problem+json", **headers)


def changed(
    *,
    headers: Mapping[str, str | None] = {},
    json_members: Mapping[str, object] = {},
    keep: int = 0,
) -> Fault:
    """The CA's answer with other headers (None: without), other members, or cut to `keep` bytes."""

    async def fault(forward: Forward) -> Reply:
        real = await forward()
        if _is_bad_nonce(real):
            return real
        for name, value in headers.items():
            real.headers.popall(name, None)
            if value is not None:
                real.headers[name] = value
        body = real.body
        if json_members:
            body = json.dumps({**json.loads(body), **json_members}).encode()
        return replace(real, body=body[:keep] if keep else body)

    return fault


async def hung_up(_: Forward) -> Reply:
    """No answer at all."""
    raise HangUp


async def intact(forward: Forward) -> Reply:
    """The CA's answer as it is."""
    return await forward()


@asynccontextmanager
async def running_front(upstream: str, ca: ssl.SSLContext, pair: Pair) -> AsyncIterator[Front]:
    """A front on a free port of loopback before the CA at `upstream` (scheme and host)."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=ca), auto_decompress=False
    ) as session:
        application = web.Application()
        runner = web.AppRunner(application)
        server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_context.load_cert_chain(pair.certificate, pair.key)
        front = Front("")
        application.router.add_route("*", "/{path:.*}", _handler(front, session, upstream))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context).start()
        front.base = f"https://127.0.0.1:{runner.addresses[0][1]}"
        front.directory_url = f"{front.base}/dir"
        try:
            yield front
        finally:
            await runner.cleanup()


def _handler(
    front: Front, session: aiohttp.ClientSession, upstream: str
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        content = await request.read()
        refused = False

        async def forward() -> Reply:
            headers = {k: v for k, v in request.headers.items() if k not in HOP_BY_HOP}
            async with session.request(
                request.method,
                upstream + request.path_qs,
                data=content or None,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                received = CIMultiDict(answer.headers)
                for name in (*HOP_BY_HOP, "Retry-After"):
                    received.popall(name, None)
                reply = Reply(answer.status, await answer.read(), received)
            nonlocal refused
            refused = _is_bad_nonce(reply)
            return reply

        queue = front.queue_for(request.path)
        fault = queue.popleft() if queue else intact
        try:
            reply = await fault(forward)
        except HangUp:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if refused:
            queue.appendleft(fault)  # the client comes again, and the test means that request
        if not _is_bad_nonce(reply):
            front.calls.append(Call(request.method, request.path, _payload(content), reply.status))
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    return handle


def _reply(
    status: int, body: bytes | object, content_type: str, headers: Mapping[str, str]
) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    named["Content-Type"] = content_type
    return Reply(status, content, named)


def _payload(content: bytes) -> Any:
    if not content.startswith(b"{"):
        return None
    text = json.loads(content)["payload"]
    decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return json.loads(decoded) if decoded else None


def _is_bad_nonce(reply: Reply) -> bool:
    return reply.status == 400 and b"acme:error:badNonce" in reply.body
