"""The API server as the rest of the program sees it: paths in, bytes or one of our errors out.

Requests go over one connection that is kept; a watch and a write have their own. It tries nothing
twice, but for a read whose kept connection the server had closed, and for what was refused with an
old token while there is a newer one.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse
from threading import Timer
from typing import Final, TypeVar

import msgspec

from kubectl_order.access.calls import (
    JSON,
    METADATA,
    METADATA_LIST,
    TABLE,
    Call,
    path_to,
    refusal,
)
from kubectl_order.access.connection import Connection
from kubectl_order.access.credentials import Credentials, renewed
from kubectl_order.access.dialing import BROKEN, CLOSED, LIMIT, Deadline, why
from kubectl_order.access.errors import BadConfig, Unauthorized, Unavailable
from kubectl_order.access.tls import tls_context
from kubectl_order.access.watching import Watch

__all__ = ["JSON", "METADATA", "METADATA_LIST", "TABLE", "Api", "Watch", "path_to"]

T = TypeVar("T")

PATIENCE: Final = 10.0
"""Seconds without an answer after which that is told."""

_LONGEST_KIND: Final = 100
_LONGEST_REFUSAL: Final = 1024 * 1024


class _ListMeta(msgspec.Struct, frozen=True, rename={"continue_": "continue"}):
    continue_: str = ""


class _List(msgspec.Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()


class Api:
    """One API server, for one thread; `close` may be called from any. Opens nothing before it is
    asked something.

    Every method raises ApiError: Unavailable for what no answer came to.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        timeout: float | None = None,
        trace: Callable[[str], None] | None = None,
        waiting: Callable[[str], None] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`timeout` is in seconds, for one request with its answer; None waits for ever, once the
        connection is there. `trace` is told each request in a line. `waiting` is told, once and
        from another thread, of an answer that takes longer than `patience` seconds. May be
        BadConfig."""
        self._credentials = credentials
        self._context = tls_context(credentials)
        self._timeout = timeout
        self._trace = trace
        self._waiting = waiting
        self._patience = patience
        self._kept: Connection | None = None
        self._watches: list[Watch] = []
        self._dated: tuple[datetime, float] | None = None

    @property
    def now(self) -> datetime:
        """The server's time in UTC, in whole seconds, by its last answer; before any, ours."""
        if self._dated is None:
            return datetime.now(UTC).replace(microsecond=0)
        date, received = self._dated
        return date + timedelta(seconds=int(time.monotonic() - received))

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = JSON
    ) -> bytes:
        """The JSON at a path."""
        return self._ask(Call(method="GET", path=path, query=query or {}, accept=accept))

    def pages(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        limit: int = 500,
        accept: str = JSON,
    ) -> Iterator[bytes]:
        """A list in parts of at most `limit` items. Gone where the server has forgotten the list
        while it was read (after some minutes): it has to be read anew."""
        asked = {**(query or {}), "limit": str(limit)}
        while True:
            page = self.get(path, asked, accept=accept)
            yield page
            try:
                token = msgspec.json.decode(page, type=_List).metadata.continue_
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise self._strange(f"GET {path}", "what is no list") from None
            if not token:
                return
            if token == asked.get("continue"):
                raise self._strange(f"GET {path}", "the same part of the list again")
            asked["continue"] = token

    def patch(
        self,
        path: str,
        body: bytes,
        *,
        content_type: str,
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """Change an object; the JSON of what it is then. It is never sent twice."""
        return self._ask(
            Call(method="PATCH", path=path, query=query or {}, body=body, content_type=content_type)
        )

    def watch(self, path: str, query: Mapping[str, str] | None = None, *, timeout: float) -> Watch:
        """What changes from now on, or from the `resourceVersion` in the query, until `timeout`
        seconds have passed, the server ends it, or it is closed. Gone where that version is too
        old."""
        asked = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(max(1, int(timeout))),
            **(query or {}),
        }
        call = Call(method="GET", path=path, query=asked)
        watch = Watch(self._opened, call, self._credentials, seconds=timeout)
        self._watches = [each for each in self._watches if not each.ended] + [watch]
        return watch

    def close(self) -> None:
        """Close the connection, and end all watches."""
        for watch in self._watches:
            watch.close()
        self._hang_up()

    def _ask(self, call: Call) -> bytes:
        return self._with_newer(lambda: self._answered(call, Deadline(self._timeout)))

    def _with_newer(self, action: Callable[[], T]) -> T:
        """Do it; where we are refused, and there are newer credentials, once more with those."""
        try:
            return action()
        except Unauthorized as refused:
            try:
                newer = renewed(self._credentials)
                context = tls_context(newer) if newer else None
            except BadConfig as error:
                raise Unauthorized(f"{refused}; {error}", status=401) from None
            if newer is None:
                raise
            self._credentials, self._context = newer, context
            return action()

    def _answered(self, call: Call, deadline: Deadline) -> bytes:
        """The whole answer."""
        with self._no_answer(call), self._told_when_slow(call):
            kept = self._kept
            if kept is not None and kept.usable_by(self._credentials) and call.body is None:
                with suppress(*CLOSED):
                    return self._body(kept, call, deadline)
            self._hang_up()
            self._kept = self._dialled(deadline)
            return self._body(self._kept, call, deadline)

    def _opened(self, call: Call) -> tuple[Connection, HTTPResponse]:
        """A connection of its own on which the answer to `call` has begun."""

        def opened() -> tuple[Connection, HTTPResponse]:
            deadline = Deadline(self._timeout)
            with self._no_answer(call):
                connection = self._dialled(deadline)
                try:
                    return connection, self._begun(connection, call, deadline)
                except BaseException:
                    connection.close()
                    raise

        return self._with_newer(opened)

    def _dialled(self, deadline: Deadline) -> Connection:
        limit = min(LIMIT, deadline.left or LIMIT)
        return Connection(self._credentials, self._context, limit=limit)

    def _body(self, connection: Connection, call: Call, deadline: Deadline) -> bytes:
        response = self._begun(connection, call, deadline)
        return b"".join(connection.pieces(response, deadline))

    def _begun(self, connection: Connection, call: Call, deadline: Deadline) -> HTTPResponse:
        """An answer that is a success, with its body still to come; else its error."""
        response = self._head(connection, call, deadline)
        if response.status // 100 != 2:
            raise refusal(
                call,
                self._credentials,
                status=response.status,
                body=connection.beginning(response, deadline, _LONGEST_REFUSAL),
                location=response.getheader("Location", ""),
            )
        kind = response.getheader("Content-Type", "")
        if "json" not in kind:
            raise self._strange(call.asked, f'"{kind[:_LONGEST_KIND]}" in place of JSON')
        return response

    def _head(self, connection: Connection, call: Call, deadline: Deadline) -> HTTPResponse:
        began = time.monotonic()
        outcome = "failed"
        try:
            response = connection.ask(call, deadline)
            outcome = str(response.status)
        finally:
            if self._trace is not None:
                took = (time.monotonic() - began) * 1_000
                url = self._credentials.server + call.target
                self._trace(f"{call.method} {url} {outcome} in {took:.0f} ms")
        with suppress(ValueError):
            date = parsedate_to_datetime(response.getheader("Date", ""))
            self._dated = date.astimezone(UTC), time.monotonic()
        return response

    @contextmanager
    def _no_answer(self, call: Call) -> Iterator[None]:
        """A connection that fails as the error that says so."""
        try:
            yield
        except BROKEN as error:
            raise Unavailable(
                f"the API server at {self._credentials.server} gives no answer to {call.asked}: "
                f"{why(error)}"
            ) from None

    @contextmanager
    def _told_when_slow(self, call: Call) -> Iterator[None]:
        """Whoever looks at it should know that it is not this program that thinks."""
        if self._waiting is None:
            yield
            return
        server = self._credentials.server
        sentence = f"still waiting for the API server at {server} to answer {call.asked}"
        timer = Timer(self._patience, self._waiting, [sentence])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _strange(self, asked: str, what: str) -> Unavailable:
        return Unavailable(
            f"the API server at {self._credentials.server} answers {asked} with {what}",
            hint="kubectl config view --minify",
        )

    def _hang_up(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
