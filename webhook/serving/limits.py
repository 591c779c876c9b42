"""Heads of requests in bounded time and memory: uvicorn by itself waits for their end for ever."""

import asyncio
from asyncio import Transport
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 * 1024
"""Bytes."""
HEAD_TIME: Final = 5.0
"""Seconds from its first byte, or from the connection's beginning, to the head's end."""


class LimitedProtocol(HttpToolsProtocol):
    """Closes connections whose request line and headers are too long, or do not end."""

    _head = 0
    _in_head = True
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """The first request is awaited."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes more, of a head or of what follows one."""
        if self._in_head:
            self._head += len(data)
            if self._overdue is None:  # the first bytes on a connection that was kept
                self._await_head()
        super().data_received(data)
        if self._in_head and self._head > LONGEST_HEAD:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next head may follow."""
        self._in_head, self._head = True, 0
        super().on_message_complete()

    def _await_head(self) -> None:
        self._overdue = self.loop.call_later(HEAD_TIME, self._close)

    def _stop_waiting(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _close(self) -> None:
        self.transport.abort()
