"""Dynamic updates (RFC 2136): one TXT record more, one less, at the server that the solver names.

An update names exactly one record, so values that others put at the same name stay. Adding what is
there and removing what is gone both succeed. Refuses to touch any other record and to retry.
"""

import logging
from dataclasses import dataclass
from typing import Literal

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from controller.solvers.credentials import Credentials
from controller.solvers.dns01 import refusal
from controller.solvers.dns01.record import TTL_SECONDS, txt
from controller.solvers.dns01.tsig import SigningKey, signing_key, verify
from controller.solvers.dns01.zone import find_zone
from controller.solvers.errors import LookupFailed, Misconfigured, Unreachable, UpdateRefused
from controller.solvers.lookup import servers
from controller.solvers.lookup.exchange import (
    Silence,
    exchange,
    is_definite,
    is_referral,
    question,
    rcode_text,
    shown,
)
from controller.solvers.lookup.resolver import Lookup
from controller.solvers.lookup.servers import Server
from orderapi.solver import Rfc2136

logger = logging.getLogger(__name__)

UPDATE_SECONDS = 5.0

Change = Literal["add", "remove"]


@dataclass(frozen=True, slots=True)
class Written:
    """What an update was about: record, zone and server, as people write them."""

    record: str
    zone: str
    server: str


class _CannotTell(Exception):
    """The server does not answer questions about zones; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Primary:
    """The server that a solver names, and its key. `lookup` finds zones that it does not tell."""

    servers: tuple[Server, ...]
    key: SigningKey | None
    tcp: bool
    lookup: Lookup

    async def change(self, change: Change, name: dns.name.Name, value: str) -> Written:
        """Make one change; raises LookupFailed, Unreachable or UpdateRefused."""
        zone = await self._zone(name)
        attempt = self._attempt(name, zone)
        answer, alone = await self._send(_update(zone, change, name, value), attempt)
        if answer.rcode() != dns.rcode.NOERROR:
            untouched = alone and refusal.is_plain(answer)
            raise UpdateRefused(refusal.update_refusal(answer, attempt), nothing_written=untouched)
        if self.key is not None and not answer.had_tsig:
            raise UpdateRefused(refusal.unsigned_answer(attempt))
        logger.info(
            "dns record changed",
            extra={
                "change": change,
                "record": str(name),
                "zone": str(zone),
                "server": attempt.server,
            },
        )
        return Written(attempt.record, attempt.zone, attempt.server)

    async def _zone(self, name: dns.name.Name) -> dns.name.Name:
        """The zone as the server itself has it: it may hold one that others do not see."""
        try:
            return await find_zone(name, self._ask)
        except _CannotTell as hidden:
            logger.debug("zone not told by server", extra={"said": str(hidden)})
            return await find_zone(name, self.lookup)

    async def _ask(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message:
        attempt = self._attempt(name, None)
        answer, _ = await self._send(question(name, kind, recursive=False), attempt)
        if is_definite(answer):
            return answer
        if is_referral(answer):
            raise LookupFailed(
                f"DNS server {attempt.server} does not hold the zone of {attempt.record}: it "
                f"refers to {_referred(answer)}. Name that zone's primary in rfc2136.nameserver."
            )
        raise _CannotTell(rcode_text(answer))

    async def _send(
        self, message: dns.message.Message, attempt: refusal.Attempt
    ) -> tuple[dns.message.Message, bool]:
        """The answer of the first of the server's addresses that gives one.

        And whether no other was sent the message before: a silent one may have acted on it.
        """
        said: list[str] = []
        for server in self.servers:
            try:
                return await self._send_to(server, message), not said
            except Silence as silence:
                said.append(f"{server} {silence}")
            except refusal.TSIG_ERRORS as error:
                raise UpdateRefused(
                    refusal.signature_refusal(error, attempt),
                    nothing_written=not said and isinstance(error, dns.tsig.PeerError),
                ) from error
        raise Unreachable(
            f"The change of {attempt.record} was not confirmed: over "
            f"{'TCP' if self.tcp else 'UDP'}, DNS server {'; '.join(said)}."
        )

    async def _send_to(self, server: Server, message: dns.message.Message) -> dns.message.Message:
        if self.key is not None:
            message.use_tsig(self.key.key)
        answer = await exchange(server, message, seconds=UPDATE_SECONDS, tcp=self.tcp)
        if self.key is not None:
            verify(answer, message, self.key)
        return answer

    def _attempt(self, name: dns.name.Name, zone: dns.name.Name | None) -> refusal.Attempt:
        server = " / ".join(map(str, self.servers))
        return refusal.Attempt(server, shown(name), shown(zone) if zone else "", self.key)


async def primary(
    solver: Rfc2136, credentials: Credentials, *, allow: bool, lookup: Lookup
) -> Primary:
    """The solver's server, resolved and checked, and its key; raises SolverError."""
    key = signing_key(solver, credentials)
    endpoint = servers.parse(solver.nameserver, field="rfc2136.nameserver")
    match (solver.protocol or "UDP").upper():
        case "UDP":
            tcp = False
        case "TCP":
            tcp = True
        case _:
            raise Misconfigured(f'rfc2136.protocol is "{solver.protocol}"; known are UDP and TCP.')
    return Primary(await servers.addresses(endpoint, allow=allow), key, tcp, lookup)


def _update(
    zone: dns.name.Name, change: Change, name: dns.name.Name, value: str
) -> dns.update.UpdateMessage:
    message = dns.update.UpdateMessage(zone)
    if change == "add":
        message.add(name, TTL_SECONDS, txt(value))
    else:
        message.delete(name, txt(value))  # class NONE: this record alone (RFC 2136 section 2.5.4)
    return message


def _referred(answer: dns.message.Message) -> str:
    rrsets = [rrset for rrset in answer.authority if rrset.rdtype == dns.rdatatype.NS]
    return ", ".join(sorted(data.to_text().rstrip(".") for rrset in rrsets for data in rrset)[:4])
