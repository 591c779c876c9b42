"""Clients of a server with TLS, and what it serves."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from devcluster import pki
from tests.webhook.serving.build import NAMES, SERVER_NAME
from webhook.openssl import load
from webhook.serving.certificates import Ca, Pair, make_leaf, pem
from webhook.serving.clients import ClientCheck
from webhook.serving.status import Status
from webhook.serving.tls import HotContext

NOW = datetime.now(UTC)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers after as long as the path says."""
    await asyncio.sleep(float(scope["path"].strip("/") or 0) if "." in scope["path"] else 0)
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
    )
    await send({"type": "http.response.body", "body": b"ok"})


def trusting(ca: Ca, pair: Pair | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem(ca.certificate).decode())
    if pair:
        load(context, *pair)
    return context


class Client:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, path: str = "/") -> str:
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert await self.reader.readexactly(2) == b"ok"
        return head.decode().splitlines()[0]

    def serial(self) -> int:
        der = self.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(der).serial_number


@asynccontextmanager
async def connected(
    address: str, tls: ssl.SSLContext | None, name: str = SERVER_NAME
) -> AsyncIterator[Client]:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(
        host, int(port), ssl=tls, server_hostname=name if tls else None
    )
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def hot(ca: Ca, clients: ClientCheck | None = None, names: tuple[str, ...] = NAMES) -> HotContext:
    context = HotContext(clients)
    context.serve(make_leaf(ca, names, NOW))
    return context


async def refused(address: str, tls: ssl.SSLContext) -> bool:
    """With TLS 1.3 a client hears of it when it reads."""
    try:
        async with connected(address, tls) as client:
            await client.ask()
    except (OSError, asyncio.IncompleteReadError):
        return True
    return False


def client_of(authority: pki.Authority, name: str) -> Pair:
    made = authority.issue(name)
    return Pair(made.certificate.read_bytes(), made.key.read_bytes())


class Fixed:
    """Stands as it is told."""

    def __init__(self, context: HotContext, now: Status) -> None:
        self.context = context
        self.now = now

    def status(self) -> Status:
        return self.now
