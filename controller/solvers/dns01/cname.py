"""Where a name really leads: its CNAMEs, one after the other (RFC 1034 section 3.6.2).

A CNAME that a wildcard makes up is not followed: a record written at the name itself takes the
wildcard's place there, while one at the wildcard's target would land in somebody else's zone.
Refuses to take an error for the absence of a CNAME.
"""

import secrets
from dataclasses import dataclass

import dns.message
import dns.name
import dns.rdatatype

from controller.solvers.errors import LookupFailed
from controller.solvers.lookup.exchange import shown
from controller.solvers.lookup.resolver import Lookup

MAX_ALIASES = 10


@dataclass(frozen=True, slots=True)
class Followed:
    """Where the chain ends (`name`), what it went through, and a note for people."""

    name: dns.name.Name
    through: tuple[dns.name.Name, ...] = ()
    note: str = ""


async def follow(name: dns.name.Name, lookup: Lookup) -> Followed:
    """Follow at most ten CNAMEs; a loop, a longer chain or a failed look-up is LookupFailed."""
    through: list[dns.name.Name] = []
    while True:
        target = alias_in(await lookup(name, dns.rdatatype.CNAME), name)
        if target is None:
            return Followed(name, tuple(through), _told(through, name))
        if await _made_up(name, target, lookup):
            note = f"the CNAME to {shown(target)} is a wildcard's and is not followed"
            return Followed(
                name, tuple(through), "; ".join(filter(None, (_told(through, name), note)))
            )
        through.append(name)
        if target in through:
            raise LookupFailed(
                f"The CNAMEs of {shown(through[0])} lead in a circle: {_chain(through, target)}."
            )
        if len(through) >= MAX_ALIASES:
            raise LookupFailed(
                f"{shown(through[0])} leads through more than {MAX_ALIASES} CNAMEs: "
                f"{_chain(through[:3], target)} and so on."
            )
        name = target


def alias_in(answer: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    """The target of the name's CNAME, a DNAME's synthesized one included; None without one."""
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.CNAME and rrset.name == name:
            return dns.name.from_text(str(rrset[0].target))
    return None


async def _made_up(name: dns.name.Name, target: dns.name.Name, lookup: Lookup) -> bool:
    """Whether a sibling that nobody can have created has the same CNAME.

    A real CNAME beside a wildcard with the same target cannot be told apart this way; it is then
    not followed either, and the check's evidence says so.
    """
    sibling = dns.name.Name((f"_no-such-{secrets.token_hex(8)}".encode(), *name.labels[1:]))
    return alias_in(await lookup(sibling, dns.rdatatype.CNAME), sibling) == target


def _told(through: list[dns.name.Name], name: dns.name.Name) -> str:
    return f"{shown(through[0])} is an alias of {shown(name)}" if through else ""


def _chain(through: list[dns.name.Name], target: dns.name.Name) -> str:
    return " → ".join(shown(name) for name in (*through, target))
