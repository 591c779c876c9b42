"""A small connection to the API server: JSON bytes in and out, errors as sentences.

It tries nothing twice, except that a refused token is read again. It knows no kinds.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from yarl import URL

from orderapi.validation.fault import quoted
from webhook.credentials import Bearer, Credentials, NoCredentials, tls_context
from webhook.decoding import Undecodable, decoded
from webhook.errors import ApiError, NotFound, Unavailable, from_answer
from webhook.streams import lines, whole

CONNECT_TIMEOUT: Final = 3.0
TIMEOUT: Final = 5.0

_CONNECTIONS: Final = 64
_LONGEST_NAME: Final = 253
_JSON: Final = "application/json"
_JSON_PATCH: Final = "application/json-patch+json"
# uvloop raises RuntimeError on a transport that was closed; parsers of answers raise ValueError.
_BROKEN: Final = (aiohttp.ClientError, TimeoutError, OSError, RuntimeError, ValueError)


def path_to(*segments: str) -> str:
    """`/api/v1/namespaces/a/secrets/b` from its six segments, each quoted.

    NotFound for a segment that no name can be, so that none leads to another path.
    """
    for segment in segments:
        if segment in (".", "..") or not 0 < len(segment) <= _LONGEST_NAME:
            raise NotFound(404, "NotFound", f"nothing can have the name {quoted(segment)}")
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


def selects(field: str, value: str) -> str:
    """The fieldSelector for objects whose field has this value, whatever is in it."""
    for special in "\\,=":
        value = value.replace(special, f"\\{special}")
    return f"{field}={value}"


class _Event(msgspec.Struct, frozen=True):
    """One line of a watch."""

    type: str
    object: msgspec.Raw


class _Call(NamedTuple):
    """One request: what it is called in errors, and what is sent."""

    verb: str
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes | None = None
    content_type: str = _JSON
    accept: str = _JSON

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


class Kube:
    """A connection to one API server; made inside a running event loop.

    All verbs raise ApiError. Paths are made by `path_to`. NoCredentials where the credentials are
    not well-formed.
    """

    def __init__(
        self, credentials: Credentials, *, user_agent: str, timeout: float = TIMEOUT
    ) -> None:
        """`timeout`: seconds that one request may take; for a watch, until its headers are here."""
        self._timeout = timeout
        self._server = credentials.server.rstrip("/")
        self._bearer = Bearer(credentials)
        tls = tls_context(credentials)
        self._options: dict[str, Any] = {"allow_redirects": False}
        if credentials.server_name:
            self._options["server_hostname"] = credentials.server_name
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=tls if tls is not None else False, limit=_CONNECTIONS, keepalive_timeout=30.0
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Unpacking takes more time than the packed bytes would save on a cluster's network.
            headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> "Kube":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = _JSON
    ) -> bytes:
        """What is at the path: an object, or a list."""
        return await self._send(_Call("get", "GET", path, query or {}, accept=accept))

    async def create(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Create it and give what the API server made of it; Conflict if the name is taken."""
        return await self._send(_Call("create", "POST", path, {}, msgspec.json.encode(body)))

    async def patch(self, path: str, patch: Sequence[Mapping[str, Any]]) -> bytes:
        """JSON patch (RFC 6902); Conflict where a test in it fails or a path is not there."""
        body = msgspec.json.encode(patch)
        return await self._send(_Call("patch", "PATCH", path, {}, body, _JSON_PATCH))

    async def watch(self, path: str, *, name: str, timeout: float) -> AsyncGenerator[str, None]:
        """Changes of one object of a collection: ADDED (the present one, at first), MODIFIED,
        DELETED.

        Ends when the API server ends it, or `timeout` seconds after it began and a little. To leave
        it early, use `contextlib.aclosing`.
        """
        query = {
            "watch": "true",
            "fieldSelector": selects("metadata.name", name),
            "timeoutSeconds": str(max(1, int(timeout))),
        }
        call = _Call("watch", "GET", path, query)
        try:
            async with await self._open(call, total=timeout + self._timeout) as response:
                if response.status >= 300:
                    raise from_answer(response.status, await whole(response.content), asked=call)
                with suppress(TimeoutError):  # it may be gone without a word: the end, too
                    async for line in lines(response.content):
                        yield _change(line, call)
        except _BROKEN as error:
            raise _no_answer(call, error) from error

    async def _send(self, call: _Call) -> bytes:
        status, answer = await self._once(call)
        if status == 401 and self._renewed(call):
            status, answer = await self._once(call)
        if status >= 300:
            raise from_answer(status, answer, asked=call)
        return answer

    async def _once(self, call: _Call) -> tuple[int, bytes]:
        try:
            async with await self._request(call, total=self._timeout) as response:
                return response.status, await whole(response.content)
        except _BROKEN as error:
            raise _no_answer(call, error) from error

    async def _open(self, call: _Call, *, total: float) -> aiohttp.ClientResponse:
        """The answer to a watch, once its headers have come."""
        async with asyncio.timeout(self._timeout):
            response = await self._request(call, total=total)
            if response.status == 401 and self._renewed(call):
                response.close()
                response = await self._request(call, total=total)
            return response

    async def _request(self, call: _Call, *, total: float) -> aiohttp.ClientResponse:
        headers = {"Accept": call.accept, "Content-Type": call.content_type}
        with _told(call):
            authorization = self._bearer.header()
        if authorization:
            headers["Authorization"] = authorization
        query = f"?{urlencode(call.query)}" if call.query else ""
        return await self._session.request(
            call.method,
            URL(f"{self._server}{call.path}{query}", encoded=True),
            data=call.body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=total, sock_connect=CONNECT_TIMEOUT),
            **self._options,
        )

    def _renewed(self, call: _Call) -> bool:
        with _told(call):
            return self._bearer.renew()


@contextmanager
def _told(call: _Call) -> Iterator[None]:
    try:
        yield
    except NoCredentials as error:
        raise ApiError(0, "NoCredentials", f"{call}: {error}") from None


def _no_answer(call: _Call, error: Exception) -> Unavailable:
    what = f": {error}" if str(error) else " in time"
    return Unavailable(0, type(error).__name__, f"{call}: no usable answer{what}")


def _change(line: bytes, call: _Call) -> str:
    try:
        event = decoded(line, _Event)
    except Undecodable as error:
        raise Unavailable(200, "Unreadable", f"{call}: a line does not decode: {error}") from None
    if event.type == "ERROR":
        raise from_answer(0, event.object, asked=call)
    return event.type
