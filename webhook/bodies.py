"""The body of a request, read in bounded time and memory."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

from webhook import review

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

MOST_HELD: Final = 32 * 1024 * 1024
"""Bytes of all bodies that have come in part: four of the longest."""


class Gone(Exception):
    """The client went away before its request was complete."""


class Bodies:
    """Reads them; all that wait for their ends hold no more than `most` bytes together."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._held = 0

    async def read(self, scope: Scope, receive: Receive, until: float) -> bytes:
        """The whole body before `until` (time of the loop); Malformed or Gone."""
        review.check_content_type(_header(scope, b"content-type"))
        try:
            async with asyncio.timeout_at(until):
                body, more = await _part(receive)
                # A large one comes in parts, the others in one.
                if more:
                    return await self._rest(bytearray(body), receive)
        except TimeoutError:
            raise review.Malformed("the body did not come in time", code=408) from None
        review.check_length(body)
        return body

    async def _rest(self, body: bytearray, receive: Receive) -> bytes:
        counted, more = 0, True
        try:
            while more:
                self._held += len(body) - counted
                counted = len(body)
                self._check(body)
                part, more = await _part(receive)
                body += part
            review.check_length(body)
            return bytes(body)
        finally:
            self._held -= counted

    def _check(self, body: bytearray) -> None:
        review.check_length(body)
        if self._held > self._most:
            raise review.Malformed("too many large reviews at once; try again", code=503)


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


def _header(scope: Scope, wanted: bytes) -> bytes:
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value)
    return b""
