"""Bodies of answers, whole or line by line, within limits."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, Protocol

MAX_BYTES: Final = 16 * 1024 * 1024
"""In one body that is read whole, or in one line."""


class Content(Protocol):
    """What aiohttp gives as `response.content`."""

    def iter_any(self) -> AsyncIterator[bytes]: ...


async def whole(content: Content) -> bytes:
    """All of it; ValueError beyond 16 MiB."""
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError("it has more than 16 MiB")
    return bytes(body)


async def lines(content: Content) -> AsyncGenerator[bytes, None]:
    """The lines that are not blank, as they come; ValueError beyond 16 MiB in one.

    What is left when the body ends is a line too: the reader shall see that it is broken.
    """
    pending = b""
    async for chunk in content.iter_any():
        *ended, pending = (pending + chunk).split(b"\n")
        for line in ended:
            if line.strip():
                yield line
        if len(pending) > MAX_BYTES:
            raise ValueError("a line of it has more than 16 MiB")
    if pending.strip():
        yield pending
