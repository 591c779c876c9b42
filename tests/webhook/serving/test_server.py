"""How the server begins and ends."""

import asyncio
import signal

import pytest

from tests.webhook.serving.build import SERVER_NAME
from tests.webhook.serving.connecting import NOW, Client, app, connected, hot, trusting
from webhook.serving.certificates import make_ca
from webhook.serving.listening import CannotListen
from webhook.serving.server import serve


async def test_requests_that_were_begun_are_answered_at_the_end() -> None:
    ca = make_ca(NOW)
    async with serve(app, "127.0.0.1:0", hot(ca)) as address:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(
            host, int(port), ssl=trusting(ca), server_hostname=SERVER_NAME
        )
        slow = asyncio.create_task(Client(reader, writer).ask("/0.3"))
        await asyncio.sleep(0.1)
    assert await slow == "HTTP/1.1 200 OK"
    writer.transport.abort()
    with pytest.raises(OSError, match=r"Connect|refused"):
        await asyncio.open_connection(host, int(port))


async def test_plain_http_on_all_addresses_and_signals_are_not_touched() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serve(app, ":0") as address:
        assert signal.getsignal(signal.SIGTERM) is before
        port = address.rpartition(":")[2]
        async with connected(f"127.0.0.1:{port}", None) as client:
            assert await client.ask() == "HTTP/1.1 200 OK"
        with pytest.raises(CannotListen, match=r"cannot listen on .* in use"):
            async with serve(app, f":{port}"):
                pass
