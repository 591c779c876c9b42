"""The addresses of a host as DNS has them now; CNAMEs are followed by the server that is asked.

Refuses to use the system's hosts file and search domains: the CA has none of them.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from controller import egress
from controller.egress import Address
from controller.solvers.errors import LookupFailed
from controller.solvers.http01.quoting import printable
from controller.solvers.http01.verdicts import Finding, Obstacle, Stage
from controller.solvers.lookup import servers
from controller.solvers.lookup.exchange import shown
from controller.solvers.lookup.resolver import Resolver, system_servers

MOST_ADDRESSES = 8
"""Of one name: its owner does not choose how much this controller sends."""

FLAG = "--acme-http01-solver-nameservers"
KINDS = (dns.rdatatype.A, dns.rdatatype.AAAA)
NAME_LENGTH = 253

CREATE_RECORD = (
    "Create an A or AAAA record that leads to the router; where the public DNS has one, name DNS "
    "servers that know it in --acme-http01-solver-nameservers"
)
BROKEN_ZONE = (
    "SERVFAIL mostly means that the zone's servers do not answer or that its DNSSEC is broken, "
    "which the CA meets too"
)


@dataclass(frozen=True, slots=True)
class Found:
    """Addresses, at least one and at most eight, and what else a person should know of them."""

    addresses: tuple[Address, ...]
    notes: tuple[str, ...] = ()


class Names:
    """Finds addresses through the given servers ("ip:port"; those of the system when empty).

    Raises Misconfigured when one of them cannot be read.
    """

    def __init__(self, nameservers: Sequence[str], *, allow: bool) -> None:
        self._endpoints = tuple(servers.parse(text, field=FLAG) for text in nameservers)
        self._allow = allow

    async def addresses(self, host: str) -> Found:
        """Those of the host, which may be an address itself; raises Obstacle when there is none."""
        if (literal := as_address(host)) is not None:
            return Found((literal,))
        try:
            egress.check_name(host, self._allow)
            name = dns.name.from_text(host)
            resolver = await self._resolver()
        except egress.EgressRefused as refused:
            raise Obstacle(Stage.DNS, Finding.UNTRIED, f"not looked up: {refused}") from refused
        except (dns.exception.DNSException, UnicodeError) as error:
            raise Obstacle(Stage.DNS, Finding.FAILED, "not a name that DNS can hold") from error
        except LookupFailed as failed:
            raise _unknown([failed]) from failed
        said = await asyncio.gather(*(_ask(resolver, name, kind) for kind in KINDS))
        return found_in(name, said)

    async def _resolver(self) -> Resolver:
        """Anew each time: the system's servers may have changed."""
        if not self._endpoints:
            return Resolver(system_servers())
        # The operator chose these servers; they may be anywhere.
        given = [await servers.addresses(endpoint, allow=True) for endpoint in self._endpoints]
        return Resolver(tuple(dict.fromkeys(chain.from_iterable(given))))


def as_address(host: str) -> Address | None:
    """The address that the host is written as, if it is one; brackets of a URL do not matter."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def found_in(name: dns.name.Name, said: Sequence[dns.message.Message | LookupFailed]) -> Found:
    """What the answers to both questions come to; raises Obstacle when they hold no address.

    One question that failed is no obstacle where the other found addresses: CAs go on with those.
    """
    answers = [one for one in said if isinstance(one, dns.message.Message)]
    failures = [one for one in said if isinstance(one, LookupFailed)]
    # In turn from each family, so that many addresses of one do not keep the other from a look.
    turns = zip_longest(*map(_addresses, answers))
    every = [address for turn in turns for address in turn if address is not None]
    if every:
        notes = [*_over(len(every)), *(f"DNS: {_words(failed)}" for failed in failures)]
        return Found(tuple(every[:MOST_ADDRESSES]), tuple(notes))
    if failures:
        raise _unknown(failures)
    raise Obstacle(Stage.DNS, Finding.FAILED, _nothing(name, answers), CREATE_RECORD)


async def _ask(
    resolver: Resolver, name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> dns.message.Message | LookupFailed:
    try:
        return await resolver.lookup(name, kind)
    except LookupFailed as failed:
        return failed


def _unknown(failures: Sequence[LookupFailed]) -> Obstacle:
    broken = any(failed.servfail for failed in failures)
    finding = Finding.FAILED if broken else Finding.SILENT
    words = "; ".join(dict.fromkeys(map(_words, failures)))
    return Obstacle(Stage.DNS, finding, words, BROKEN_ZONE if broken else "")


def _words(failed: LookupFailed) -> str:
    return str(failed).removesuffix(".")


def _over(count: int) -> list[str]:
    over = count - MOST_ADDRESSES
    return [f"{over} more of its {count} addresses not tried"] if over > 0 else []


def _addresses(answer: dns.message.Message) -> list[Address]:
    """The addresses anywhere in the answer, those behind CNAMEs included, in a stable order."""
    data = chain.from_iterable(answer.answer)
    texts = {one.address for one in data if isinstance(one, A | AAAA)}
    return sorted(map(ipaddress.ip_address, texts), key=int)


def _nothing(name: dns.name.Name, answers: Sequence[dns.message.Message]) -> str:
    """What was answered instead of an address, of the name that CNAMEs end at."""
    end = _end(name, answers)
    alias = f"an alias of {printable(shown(end), NAME_LENGTH)}, and " if end != name else ""
    subject = "there is " if not alias else "of that there is "
    if any(answer.rcode() == dns.rcode.NXDOMAIN for answer in answers):
        return f"{alias}{subject}no such name (NXDOMAIN)"
    return f"{alias}{subject}neither an A nor an AAAA record"


def _end(name: dns.name.Name, answers: Sequence[dns.message.Message]) -> dns.name.Name:
    aliases = {
        rrset.name: data.target
        for answer in answers
        for rrset in answer.answer
        if rrset.rdtype == dns.rdatatype.CNAME
        for data in rrset
    }
    for _ in range(len(aliases)):  # a circle ends here too
        name = aliases.get(name, name)
    return name
