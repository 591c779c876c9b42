"""A client that sends a head without an end does not hold the server up."""

import asyncio

import pytest

from tests.webhook.serving.connecting import app, connected
from webhook.serving.limits import HEAD_TIME, LONGEST_HEAD
from webhook.serving.server import serve

BEGUN = b"POST /validate HTTP/1.1\r\nHost: a\r\nx: "


async def test_a_head_without_an_end_is_cut() -> None:
    async with serve(app, "127.0.0.1:0") as address:
        reader, writer = await _opened(address, BEGUN)
        writer.write(b"a" * 2 * LONGEST_HEAD)
        assert await _closed(reader)
        writer.transport.abort()
        await _answers(address)


async def test_a_long_head_passes() -> None:
    async with serve(app, "127.0.0.1:0") as address:
        head = BEGUN + b"a" * (LONGEST_HEAD - len(BEGUN) - 100) + b"\r\nContent-Length: 0\r\n\r\n"
        reader, writer = await _opened(address, head)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.transport.abort()


@pytest.mark.parametrize("sent", [b"", BEGUN], ids=["nothing", "half a head"])
async def test_a_silent_client_is_closed(sent: bytes) -> None:
    async with serve(app, "127.0.0.1:0") as address:
        reader, writer = await _opened(address, sent)
        async with connected(address, None) as kept:
            assert await kept.ask() == "HTTP/1.1 200 OK"
            async with asyncio.timeout(HEAD_TIME + 3):
                assert await _closed(reader)
            assert await kept.ask() == "HTTP/1.1 200 OK"  # between requests one may be silent
        writer.transport.abort()


async def _opened(address: str, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def _closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


async def _answers(address: str) -> None:
    async with connected(address, None) as client:
        assert await client.ask() == "HTTP/1.1 200 OK"
