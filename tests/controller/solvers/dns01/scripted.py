"""A DNS server whose answers a test writes: real sockets, UDP and TCP, on a port of loopback.

It checks no zone and no signature, and has no wildcard, cache or update: what the answer function
returns is sent. None is silence; bytes go out as they are.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from controller.solvers.lookup.servers import Server
from devcluster.process import free_port

Answer = Callable[[dns.message.Message], dns.message.Message | bytes | None]
Zone = dict[tuple[str, str], list[str]]


@dataclass
class Scripted:
    """A running server and the questions it has got ("udp www.example.com. TXT")."""

    server: Server
    answer: Answer
    asked: list[str] = field(default_factory=list)

    def respond(self, wire: bytes, protocol: str) -> bytes | None:
        query = dns.message.from_wire(wire, keyring=False, continue_on_error=True)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{protocol} {question.name} {kind}")
        answer = self.answer(query)
        return answer.to_wire(max_size=65535) if isinstance(answer, dns.message.Message) else answer


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, scripted: Scripted) -> None:
        self._scripted = scripted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        answer = self._scripted.respond(data, "udp")
        if answer is not None:
            self._transport.sendto(answer, address)


@asynccontextmanager
async def scripted(
    answer: Answer, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Scripted]:
    """A server that answers so, until the block ends."""
    running = Scripted(Server(host, port or free_port()), answer)
    endpoint = (host, running.server.port)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Udp(running), local_addr=endpoint
    )

    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        reply = running.respond(await reader.readexactly(length), "tcp")
        if reply is not None:
            writer.write(struct.pack("!H", len(reply)) + reply)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(over_tcp, *endpoint)
    try:
        yield running
    finally:
        transport.close()
        listener.close()
        await listener.wait_closed()


def reply(
    query: dns.message.Message,
    *answer: str,
    authority: tuple[str, ...] = (),
    rcode: str = "NOERROR",
    authoritative: bool = True,
) -> dns.message.Message:
    """An answer to the query with records in zone file form ("www 60 IN A 192.0.2.1")."""
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.from_text(rcode))
    if authoritative:
        response.flags |= dns.flags.AA
    response.answer = [_rrset(line) for line in answer]
    response.authority = [_rrset(line) for line in authority]
    return response


def _rrset(line: str) -> dns.rrset.RRset:
    name, ttl, _, kind, *data = line.split()
    return dns.rrset.from_text(name, int(ttl), "IN", kind, " ".join(data))


def zone(origin: str, records: Zone) -> Answer:
    """Answers for one zone: records by (name, type), negative ones with its SOA; else REFUSED."""
    soa = f"{origin} 60 IN SOA ns1.{origin} hostmaster.{origin} 1 3600 600 86400 1"

    def answer(query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name, kind = str(question.name).lower(), dns.rdatatype.to_text(question.rdtype)
        if not question.name.is_subdomain(dns.name.from_text(origin)):
            return reply(query, rcode="REFUSED", authoritative=False)
        if (name, kind) == (origin, "SOA"):
            return reply(query, soa)
        alias = records.get((name, "CNAME"), []) if kind != "CNAME" else []
        found = [f"{name} 60 IN {kind} {data}" for data in records.get((name, kind), [])]
        if found or alias:
            return reply(query, *found, *(f"{name} 60 IN CNAME {target}" for target in alias))
        known = name == origin or any(owner.endswith(name) for owner, _ in records)
        return reply(query, authority=(soa,), rcode="NOERROR" if known else "NXDOMAIN")

    return answer
