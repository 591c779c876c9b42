"""A watch: what changes, as the API server tells it, one JSON document a line."""

from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPResponse
from threading import Event
from typing import Final

import msgspec

from kubectl_order.access.calls import Call, refusal
from kubectl_order.access.connection import Connection
from kubectl_order.access.credentials import Credentials
from kubectl_order.access.dialing import BROKEN, Deadline
from kubectl_order.access.errors import ApiError, Unavailable

_LONGEST: Final = 16 * 1024 * 1024
"""Bytes of one line; etcd takes no object of more than 1.5 MiB."""

Begin = Callable[[Call], tuple[Connection, HTTPResponse]]


class _Change(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _Code(msgspec.Struct, frozen=True):
    code: int = 500


class Watch(Iterator[tuple[str, bytes]]):
    """Pairs of ADDED, MODIFIED, DELETED or BOOKMARK, and the object (JSON).

    It is begun with the first `next`, which may raise ApiError; so may an ERROR of the server
    (Gone) later. It ends by itself when the time is over or the connection is lost: list, and watch
    anew.
    """

    def __init__(
        self, begin: Begin, call: Call, credentials: Credentials, *, seconds: float
    ) -> None:
        self._begin = begin
        self._call = call
        self._credentials = credentials
        self._seconds = seconds
        self._connection: Connection | None = None
        self._closing = Event()
        self._events = self._read()
        self.ended = False

    def __next__(self) -> tuple[str, bytes]:
        """The next change; waits for it."""
        return next(self._events)

    def close(self) -> None:
        """End it from any thread; whoever waits for the next change finds the end."""
        self._closing.set()
        if self._connection is not None:
            self._connection.interrupt()

    def _read(self) -> Iterator[tuple[str, bytes]]:
        try:
            deadline = Deadline(self._seconds)
            if self._closing.is_set():
                return
            self._connection, response = self._begin(self._call)
            try:
                for line in lines(self._connection.pieces(response, deadline)):
                    if self._closing.is_set():
                        return
                    yield self._event(line)
            except BROKEN:
                return
        except ApiError:
            if not self._closing.is_set():
                raise
        finally:
            self.ended = True
            if self._connection is not None:
                self._connection.close()

    def _event(self, line: bytes) -> tuple[str, bytes]:
        try:
            event = msgspec.json.decode(line, type=_Change)
            content = bytes(event.object)
            if event.type != "ERROR":
                return event.type, content
            code = msgspec.json.decode(content, type=_Code).code
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._strange("a line that is no change") from None
        raise refusal(self._call, self._credentials, status=code, body=content)

    def _strange(self, what: str) -> Unavailable:
        return Unavailable(
            f"the API server at {self._credentials.server} sends {what} to {self._call.asked}"
        )


def lines(pieces: Iterable[bytes], *, longest: int = _LONGEST) -> Iterator[bytes]:
    """The lines in a stream that is cut anywhere, without their ends and without empty ones; what
    comes after the last end is left out. Unavailable for a line of more than `longest` bytes."""
    pending = bytearray()
    for piece in pieces:
        searched = len(pending)
        pending += piece
        while (end := pending.find(b"\n", searched)) >= 0:
            line = bytes(pending[:end])
            del pending[: end + 1]
            searched = 0
            if line.strip():
                yield line
        if len(pending) > longest:
            raise Unavailable(
                f"the API server sends a line of more than {longest // 1024 // 1024} MiB to a watch"
            )
