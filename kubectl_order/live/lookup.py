"""Questions to DNS: through recursive servers, and to the authoritative servers of a zone directly.

An answer that cannot be had is an `Unanswered` with a sentence. Nothing is cached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.nameserver
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

TIMEOUT: Final = 3.0
"""Seconds that one server has for its answer."""

MOST_SERVERS: Final = 12
"""Addresses of authoritative servers that are asked."""


class Unanswered(Exception):
    """Nobody said; the message is who was asked and what came back."""


@dataclass(frozen=True, slots=True)
class Server:
    """An authoritative server: its name, and one of its addresses."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said: the return code in words (NOERROR, NXDOMAIN, SERVFAIL …), and the records.

    `values` are those of the type that was asked for, `aliases` the targets of CNAMEs that led
    there, in order.
    """

    code: str
    values: tuple[str, ...]
    aliases: tuple[str, ...] = ()


class Lookup:
    """Asks the system's recursive servers, or those given as `address` or `address:port`."""

    def __init__(self, nameservers: Sequence[str] = ()) -> None:
        self._given = tuple(_endpoint(each) for each in nameservers)

    def ask(self, name: str, kind: str, *, unvalidated: bool = False) -> Answer:
        """What the first recursive server that answers says; Unanswered where none does.

        `unvalidated` asks for what is there even where its DNSSEC signatures are wrong.
        """
        query = dns.message.make_query(_name(name), kind)
        if unvalidated:
            query.flags |= dns.flags.CD
        told = []
        for address, port in self._servers():
            try:
                return _read(_sent(query, address, port), kind)
            except Unanswered as error:
                told.append(str(error))
        raise Unanswered("; ".join(told) or "there is no recursive DNS server to ask")

    def ask_at(self, server: Server, name: str, kind: str) -> Answer:
        """What that authoritative server says of itself."""
        query = dns.message.make_query(_name(name), kind)
        query.flags &= ~dns.flags.RD
        return _read(_sent(query, server.address, 53), kind)

    def zone_of(self, name: str) -> str:
        """The zone that the name is in, by the nearest SOA record above it."""
        labels = _name(name).to_text().rstrip(".").split(".")
        for first in range(len(labels)):
            parent = ".".join(labels[first:])
            if self.ask(parent, "SOA").values:
                return parent
        raise Unanswered(f"no zone has {name}: no SOA record at it or above it")

    def authorities(self, zone: str) -> tuple[Server, ...]:
        """The authoritative servers of a zone, every address of each."""
        found: list[Server] = []
        for name in sorted(self.ask(zone, "NS").values):
            for kind in ("A", "AAAA"):
                found += [Server(name.rstrip("."), one) for one in self.ask(name, kind).values]
        return tuple(found[:MOST_SERVERS])

    def _servers(self) -> Sequence[tuple[str, int]]:
        if self._given:
            return self._given
        try:
            system = dns.resolver.Resolver()
        except dns.exception.DNSException as error:
            raise Unanswered(f"the system names no recursive DNS server: {error}") from None
        return [
            (one, system.port) if isinstance(one, str) else (one.address, one.port)
            for one in system.nameservers
            if isinstance(one, str | dns.nameserver.Do53Nameserver)
        ]


def _sent(query: dns.message.Message, address: str, port: int) -> dns.message.Message:
    where = address if port == 53 else f"{address}:{port}"
    try:
        return dns.query.udp_with_fallback(query, address, timeout=TIMEOUT, port=port)[0]
    except dns.exception.Timeout:
        raise Unanswered(f"{where} did not answer within {TIMEOUT:.0f} s") from None
    except (OSError, EOFError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unanswered(f"{where} cannot be reached: {why}") from None
    except (dns.exception.DNSException, ValueError) as error:
        raise Unanswered(f"{where} answered what cannot be read: {error}") from None


def _read(message: dns.message.Message, kind: str) -> Answer:
    wanted = dns.rdatatype.from_text(kind)
    values = [
        _text(data, kind) for rrset in message.answer if rrset.rdtype == wanted for data in rrset
    ]
    aliases = [
        data.target.to_text().rstrip(".")
        for rrset in message.answer
        if rrset.rdtype == dns.rdatatype.CNAME
        for data in rrset
    ]
    return Answer(dns.rcode.to_text(message.rcode()), tuple(values), tuple(aliases))


def _text(data: object, kind: str) -> str:
    """A record as text; the strings of a TXT record as one (RFC 8555 section 8.4)."""
    strings = getattr(data, "strings", None)
    if kind == "TXT" and strings is not None:
        return b"".join(strings).decode(errors="backslashreplace")
    return str(data)


def _name(name: str) -> dns.name.Name:
    try:
        return dns.name.from_text(name)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise Unanswered(f"{name} is no name of DNS: {error}") from None


def _endpoint(text: str) -> tuple[str, int]:
    """`address`, `address:port` or `[address]:port`."""
    host, _, port = text.rpartition(":")
    if host and port.isdigit() and (host.startswith("[") or ":" not in host):
        return host.strip("[]"), int(port)
    return text.strip("[]"), 53
