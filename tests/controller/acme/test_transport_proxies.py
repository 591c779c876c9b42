"""Requests through an HTTP proxy: whose choice it is, and what it does not open."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from controller.acme.problem import Unreachable
from controller.acme.proxies import Proxies
from tests.controller.acme.wire import Server, transport

NAMED = "https://kubernetes.default.svc"  # a name of the server's certificate


@dataclass
class Tunnel:
    """An HTTP proxy that answers CONNECT; `opened` holds what it was asked for.

    Every name that it is asked for is the server of the test, but for those that end in .invalid.
    """

    url: str = ""
    port: int = 0
    opened: list[tuple[str, str]] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.writers.append(writer)
        self.tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        """End every connection and wait until it is gone."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for writer in self.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        target = head[0].split()[1]
        headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        self.opened.append((target, headers.get("Proxy-Authorization", "")))
        if target.endswith(".invalid:443"):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(far_writer)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_pumped(reader, far_writer), _pumped(far_reader, writer))


async def _pumped(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(65536):
        sink.write(chunk)
        await sink.drain()


@pytest.fixture
async def tunnel(server: Server) -> AsyncIterator[Tunnel]:
    """A running proxy on loopback before the server."""
    running = Tunnel(port=int(server.base.rpartition(":")[2]))
    listening = await asyncio.start_server(running.accept, "127.0.0.1", 0)
    running.url = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield running
        await running.close()


async def test_the_proxy_of_the_environment_is_used(
    tunnel: Tunnel, server: Server, tls: ssl.SSLContext
) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": f"http://me:pw@{tunnel.url}"})
    async with transport(tls, proxies=proxies) as sender:
        for _ in range(2):
            assert (await sender.get("discover", f"{NAMED}/dir")).status == 200
    assert tunnel.opened[0] == ("kubernetes.default.svc:443", "Basic bWU6cHc=")
    assert [request.path for request in server.seen] == ["/dir", "/dir"]
    assert "Proxy-Authorization" not in server.seen[0].headers


async def test_a_certificate_is_verified_through_a_proxy_too(
    tunnel: Tunnel, tls: ssl.SSLContext
) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": f"http://{tunnel.url}"})
    async with transport(tls, proxies=proxies) as sender:
        with pytest.raises(Unreachable, match="TLS certificate is not trusted"):
            await sender.get("discover", "https://acme.test/")


async def test_no_proxy_is_obeyed(tunnel: Tunnel, server: Server, tls: ssl.SSLContext) -> None:
    environ = {"HTTPS_PROXY": f"http://{tunnel.url}", "NO_PROXY": "127.0.0.0/8"}
    async with transport(tls, proxies=Proxies.read(environ)) as sender:
        assert (await sender.get("discover", server.base)).status == 200
    assert tunnel.opened == []


async def test_a_proxy_on_loopback_is_the_operators_choice_but_not_what_lies_behind(
    tunnel: Tunnel, server: Server, tls: ssl.SSLContext
) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": f"http://{tunnel.url}"})
    async with transport(tls, proxies=proxies, allow=False) as sender:
        for refused in (server.base, "https://169.254.169.254/", "https://a.localhost/"):
            with pytest.raises(Unreachable, match="connected to"):
                await sender.get("discover", refused)
        assert tunnel.opened == []
        assert (await sender.get("discover", NAMED)).status == 200
        with pytest.raises(Unreachable, match="the proxy answered 502"):
            await sender.get("discover", "https://nowhere.invalid/")


async def test_a_proxy_that_cannot_be_reached(tls: ssl.SSLContext) -> None:
    proxies = Proxies.read({"HTTPS_PROXY": "http://127.0.0.1:1"})
    async with transport(tls, proxies=proxies) as sender:
        with pytest.raises(Unreachable, match=r"the proxy cannot be reached: connection refused"):
            await sender.get("discover", NAMED)
