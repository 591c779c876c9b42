"""One connection pool to one API server: requests out, bodies or our errors in.

It owns credentials, time-outs and the count of requests. It knows neither kinds nor what verbs
mean, and it tries nothing twice.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple, NoReturn

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from controller.runtime.authorization import Authorization
from controller.runtime.clock import SystemClock
from controller.runtime.credentials import Credentials, load_certificate, tls_context
from controller.runtime.errors import Unavailable, from_answer
from controller.runtime.schedule import Key

TIMEOUT = 30.0
"""Seconds that one request may take; for a watch, until its first byte."""

_CONNECT_TIMEOUT = 10.0
_LONGEST_LINE = 32 * 1024 * 1024
# uvloop raises RuntimeError on a transport that was closed; parsers of answers raise ValueError.
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError, RuntimeError, ValueError)

Observe = Callable[[str, str, int, float], None]
Reload = Callable[[], Awaitable[Credentials]]


class Call(NamedTuple):
    """One request: its verb and resource as rules and metrics name them, and where it goes."""

    verb: str
    resource: str
    key: Key
    method: str
    path: str
    content_type: str = "application/json"

    def __str__(self) -> str:
        return f"{self.verb} {self.resource} {self.key}".rstrip()


class Transport:
    """Sends calls, and reports each to `observe(verb, resource, code or 0, seconds)`."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        user_agent: str,
        reload: Reload | None = None,
        observe: Observe | None = None,
    ) -> None:
        self._server = credentials.server.rstrip("/")
        self._observe = observe
        self._tls = tls_context(credentials)
        self._authorization = Authorization(
            credentials,
            reload=reload,
            on_renewal=self._show_certificate,
            clock=SystemClock(),
        )
        self._options: dict[str, Any] = {}
        if credentials.proxy:
            self._options["proxy"] = credentials.proxy
        if credentials.server_name:
            self._options["server_hostname"] = credentials.server_name
        self._session = aiohttp.ClientSession(
            # Every watch holds a connection for minutes: a limit would starve the requests.
            connector=aiohttp.TCPConnector(
                ssl=self._tls if self._tls is not None else False, limit=0, keepalive_timeout=30.0
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT, sock_connect=_CONNECT_TIMEOUT),
            # Unpacking takes more time than the packed bytes would save on a cluster's network.
            headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def send(self, call: Call, body: bytes | None = None) -> bytes:
        """The body of a 2xx answer; no answer within 30 s is Unavailable."""
        headers = await self._headers(call)
        started = time.perf_counter()
        code = 0
        try:
            async with self._session.request(
                call.method, self._url(call), data=body, headers=headers, **self._options
            ) as response:
                code = response.status
                answer = await response.read()
        except _BROKEN as error:
            raise self._no_answer(call, error) from error
        finally:
            self._count(call, code, started)
        if code >= 300:
            self._refuse(call, response, answer)
        return answer

    async def lines(self, call: Call, *, timeout: float) -> AsyncGenerator[bytes, None]:
        """The lines of an answer as they come, until it ends, for `timeout` seconds at most."""
        headers = await self._headers(call)
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=_CONNECT_TIMEOUT)
        started = time.perf_counter()
        code = 0
        try:
            try:
                async with asyncio.timeout(TIMEOUT):
                    response = await self._session.request(
                        call.method,
                        self._url(call),
                        headers=headers,
                        timeout=limits,
                        **self._options,
                    )
                    code = response.status
            finally:
                self._count(call, code, started)
            async with response:
                if code >= 300:
                    self._refuse(call, response, await response.read())
                async for line in split(response.content.iter_any()):
                    yield line
        except _BROKEN as error:
            raise self._no_answer(call, error) from error

    async def _headers(self, call: Call) -> CIMultiDict[str]:
        headers = CIMultiDict({"Accept": "application/json", "Content-Type": call.content_type})
        authorization = await self._authorization.header()
        if authorization:
            headers["Authorization"] = authorization
        return headers

    def _url(self, call: Call) -> URL:
        return URL(self._server + call.path, encoded=True)

    def _show_certificate(self, credentials: Credentials) -> None:
        if self._tls is not None:
            load_certificate(self._tls, credentials)

    def _count(self, call: Call, code: int, started: float) -> None:
        if self._observe is not None:
            self._observe(call.verb, call.resource, code, time.perf_counter() - started)

    def _refuse(self, call: Call, response: aiohttp.ClientResponse, answer: bytes) -> NoReturn:
        if response.status == 401:
            self._authorization.refused()
        raise from_answer(
            response.status,
            answer,
            asked=str(call),
            retry_after=_seconds(response.headers.get("Retry-After", "")),
        )

    def _no_answer(self, call: Call, error: Exception) -> Unavailable:
        what = str(error) or "no answer in time"
        return Unavailable(
            0, type(error).__name__, f"{call}: the API server at {self._server}: {what}"
        )


async def split(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines without their ends, from chunks cut anywhere; ValueError beyond 32 MiB in one line."""
    pending = b""
    async for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield pending + line
            pending = b""
        pending += rest
        if len(pending) > _LONGEST_LINE:
            raise ValueError("a line of more than 32 MiB")


def _seconds(retry_after: str) -> float:
    # The API server sends whole seconds, never a date.
    return float(retry_after) if retry_after.isdigit() else 0.0
