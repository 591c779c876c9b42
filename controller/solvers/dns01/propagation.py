"""Whether a TXT value can be seen by those who will look for it. Asks anew each time.

Authoritative: every address of every name server of the zone is asked directly, on port 53 as the
protocol has it, since the CA's resolvers may come to any of them. Recursive: the given resolvers
are asked, for networks where the authoritative ones cannot be reached. All questions go out at once
and each is given two seconds. Refuses to wait and to repeat.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import dns.message
import dns.name
import dns.rdatatype

from controller import egress
from controller.solvers.dns01.statements import Heard, Statement, statement_of
from controller.solvers.dns01.zone import find_zone
from controller.solvers.errors import LookupFailed
from controller.solvers.lookup.exchange import Silence, exchange, question, shown
from controller.solvers.lookup.resolver import QUERY_SECONDS, Resolver
from controller.solvers.lookup.servers import Server

MAX_NAME_SERVERS = 16
MAX_ADDRESSES = 8
"""Of one name server. Both bounds keep a zone from choosing how much this controller sends."""

ADDRESS_KINDS = (dns.rdatatype.A, dns.rdatatype.AAAA)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A server to ask, under the name that people know it by."""

    server: Server
    who: str
    voice: str
    recursive: bool


@dataclass(frozen=True, slots=True)
class Authorities:
    """Asks a zone's own servers, on `port`; `allow` lets special addresses pass."""

    resolver: Resolver
    port: int
    allow: bool

    async def hear(self, name: dns.name.Name, value: str) -> tuple[Statement, ...]:
        """What each of them says; raises LookupFailed when they cannot be found."""
        zone = await find_zone(name, self.resolver.lookup)
        answer = await self.resolver.lookup(zone, dns.rdatatype.NS)
        names = sorted(_data(answer, dns.rdatatype.NS))
        if not names:
            raise LookupFailed(f"Zone {shown(zone)} names no name servers.")
        asked = (self._hear_one(server, name, value) for server in names[:MAX_NAME_SERVERS])
        return tuple(said for heard in await asyncio.gather(*asked) for said in heard)

    async def _hear_one(self, server: str, name: dns.name.Name, value: str) -> Sequence[Statement]:
        label = server.rstrip(".")
        addresses, failures = await self._addresses(server)
        if not addresses:
            words = "; ".join(failures) or "has no address"
            return [Statement(label, server, Heard.NOTHING, words)]
        heard = [self._hear_address(address, server, name, value) for address in addresses]
        return await asyncio.gather(*heard)

    async def _hear_address(
        self, address: str, server: str, name: dns.name.Name, value: str
    ) -> Statement:
        target = Server(address, self.port)
        who = f"{server.rstrip('.')} ({target})"
        try:
            egress.check(address, self.allow)
        except egress.EgressRefused as refused:
            return Statement(who, server, Heard.NOTHING, f"not asked: {refused}")
        return await _hear(_Asked(target, who, server, recursive=False), name, value)

    async def _addresses(self, server: str) -> tuple[list[str], list[str]]:
        """Its addresses, and why a look-up failed where one did."""
        name = dns.name.from_text(server)
        looked_up = await asyncio.gather(
            *(self.resolver.lookup(name, kind) for kind in ADDRESS_KINDS), return_exceptions=True
        )
        found: list[str] = []
        failures: list[str] = []
        for kind, answer in zip(ADDRESS_KINDS, looked_up, strict=True):
            match answer:
                case LookupFailed():
                    failures.append(str(answer).rstrip("."))
                case BaseException():
                    raise answer
                case _:
                    found += sorted(_data(answer, kind))
        return found[:MAX_ADDRESSES], failures


async def hear_recursive(
    servers: Sequence[Server], name: dns.name.Name, value: str
) -> tuple[Statement, ...]:
    """What the recursive servers say. They are one voice: silence of some is no failure."""
    asked = (_Asked(server, str(server), "", recursive=True) for server in servers)
    return tuple(await asyncio.gather(*(_hear(each, name, value) for each in asked)))


async def _hear(asked: _Asked, name: dns.name.Name, value: str) -> Statement:
    message = question(name, dns.rdatatype.TXT, recursive=asked.recursive)
    try:
        answer = await exchange(asked.server, message, seconds=QUERY_SECONDS)
    except Silence as silence:
        return Statement(asked.who, asked.voice, Heard.NOTHING, str(silence))
    return statement_of(answer, value, who=asked.who, voice=asked.voice)


def _data(answer: dns.message.Message, kind: dns.rdatatype.RdataType) -> set[str]:
    """The records of that type in the answer, those behind a CNAME included, as text."""
    return {data.to_text() for rrset in answer.answer if rrset.rdtype == kind for data in rrset}
