"""One question to one DNS server, in bounded time: over UDP, or TCP where the answer is too long.

Answers that do not belong to the question are waited past. Refuses to judge an answer: whatever the
server says is handed back, and only the lack of an answer is an error.
"""

import asyncio
import os
import struct
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from controller.solvers.lookup.servers import Server

UDP_PAYLOAD_BYTES = 1232
"""What fits into one packet on every path that matters (the DNS flag day's number)."""


class Silence(Exception):
    """No answer; the message completes "the server ..." ("timed out after 2 s")."""


def question(
    name: dns.name.Name, kind: dns.rdatatype.RdataType, *, recursive: bool
) -> dns.message.QueryMessage:
    """A query with a random id; `recursive` asks the server to find the answer elsewhere."""
    flags = dns.flags.RD if recursive else dns.flags.Flag(0)
    return dns.message.make_query(name, kind, use_edns=0, payload=UDP_PAYLOAD_BYTES, flags=flags)


async def exchange(
    server: Server, message: dns.message.Message, *, seconds: float, tcp: bool = False
) -> dns.message.Message:
    """The server's answer; raises Silence. A signature is not verified here (`tsig.verify`)."""
    try:
        async with asyncio.timeout(seconds):
            if not tcp:
                answer = await _over_udp(server, message)
                if not answer.flags & dns.flags.TC:
                    return answer
            return await _over_tcp(server, message)
    except TimeoutError as error:
        raise Silence(f"timed out after {seconds:g} s") from error
    except EOFError as error:
        raise Silence("closed the connection without an answer") from error
    except OSError as error:
        why = os.strerror(error.errno).lower() if error.errno else "network error"
        raise Silence(f"cannot be reached: {why}") from error


class _Packets(asyncio.DatagramProtocol):
    """What arrives at a socket: packets, and errors that the network reports."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[bytes | Exception] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.arrived.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        self.arrived.put_nowait(exc)


async def _over_udp(server: Server, message: dns.message.Message) -> dns.message.Message:
    # A connected socket: the kernel drops what others send, and hands over the peer's ICMP errors.
    transport, packets = await asyncio.get_running_loop().create_datagram_endpoint(
        _Packets, remote_addr=(server.address, server.port)
    )
    try:
        transport.sendto(message.to_wire())
        while True:
            arrived = await packets.arrived.get()
            if isinstance(arrived, Exception):
                raise arrived
            answer = _answer(arrived, message)
            if answer is not None:  # a forged or late packet does not end the wait
                return answer
    finally:
        transport.close()


async def _over_tcp(server: Server, message: dns.message.Message) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(server.address, server.port)
    try:
        wire = message.to_wire()
        writer.write(struct.pack("!H", len(wire)) + wire)  # RFC 1035 section 4.2.2
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        answer = _answer(await reader.readexactly(length), message)
    finally:
        writer.close()
    if answer is None:
        raise Silence("sent something that is no answer to the question")
    return answer


def _answer(wire: bytes, message: dns.message.Message) -> dns.message.Message | None:
    try:
        answer = dns.message.from_wire(wire, keyring=False)
    except dns.exception.DNSException:
        return None
    return answer if message.is_response(answer) else None


def shown(name: dns.name.Name) -> str:
    """A name as people write it, without the final dot."""
    return str(name).rstrip(".") or "."


def rcode_text(message: dns.message.Message) -> str:
    """The answer's return code by its usual name, such as NXDOMAIN."""
    return dns.rcode.to_text(message.rcode())


def is_referral(message: dns.message.Message) -> bool:
    """Whether the server knows nothing but who else to ask (RFC 1034 section 4.3.2 step 3b)."""
    kinds = {rrset.rdtype for rrset in message.authority}
    return (
        message.rcode() == dns.rcode.NOERROR
        and not message.answer
        and not message.flags & dns.flags.AA
        and dns.rdatatype.NS in kinds
        and dns.rdatatype.SOA not in kinds
    )


def is_definite(message: dns.message.Message) -> bool:
    """Whether the answer says what there is or that there is nothing; all else is no answer."""
    known = message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
    return known and not is_referral(message)
