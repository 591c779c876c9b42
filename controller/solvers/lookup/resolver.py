"""Look-ups through recursive servers: one after the other, until one gives a definite answer.

Keeps no answer: the next look-up asks again, so a record that has just appeared is seen. SERVFAIL
and REFUSED are never taken for "there is no such record".
"""

from collections.abc import Awaitable, Callable, Sequence

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from controller.solvers.errors import LookupFailed
from controller.solvers.lookup.exchange import (
    Silence,
    exchange,
    is_definite,
    is_referral,
    question,
    rcode_text,
    shown,
)
from controller.solvers.lookup.servers import Server

QUERY_SECONDS = 2.0
RESOLV_CONF = "/etc/resolv.conf"

Lookup = Callable[[dns.name.Name, dns.rdatatype.RdataType], Awaitable[dns.message.Message]]
"""Gives a definite answer (NOERROR or NXDOMAIN) or raises LookupFailed."""


class Resolver:
    """Asks the given servers, for the length of one operation."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._servers = list(servers)

    async def lookup(
        self, name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> dns.message.Message:
        """The first definite answer; LookupFailed names every server and what it said."""
        said: list[str] = []
        servfail = False
        for server in tuple(self._servers):
            try:
                answer = await exchange(
                    server, question(name, kind, recursive=True), seconds=QUERY_SECONDS
                )
            except Silence as silence:
                said.append(f"{server} {silence}")
                self._ask_last(server)
                continue
            if is_definite(answer):
                return answer
            said.append(f"{server} {_indefinite(answer)}")
            servfail = servfail or answer.rcode() == dns.rcode.SERVFAIL
        raise LookupFailed(
            f"The {dns.rdatatype.to_text(kind)} record of {shown(name)} could not be looked up: "
            f"{'; '.join(said)}.",
            servfail=servfail,
        )

    def _ask_last(self, server: Server) -> None:
        """Wait for a dead server once, not at each of the look-ups that follow."""
        self._servers.remove(server)
        self._servers.append(server)


def system_servers(path: str = RESOLV_CONF) -> tuple[Server, ...]:
    """The servers that the operating system uses, read anew each time."""
    try:
        configured = dns.resolver.Resolver(filename=path)
    except (dns.exception.DNSException, OSError) as error:
        raise LookupFailed(f"{path} names no DNS server.") from error
    return tuple(Server(str(address), configured.port) for address in configured.nameservers)


def _indefinite(answer: dns.message.Message) -> str:
    if is_referral(answer):
        return "refers to other servers: it does not look up names for us"
    return f"answered {rcode_text(answer)}"
