"""The zone that a name is in, by its SOA record (RFC 1034 section 4.2).

Refuses to guess: an answer other than "there is" or "there is not" ends the search with an error.
"""

import dns.message
import dns.name
import dns.rdatatype

from controller.solvers.dns01.cname import alias_in
from controller.solvers.errors import LookupFailed
from controller.solvers.lookup.exchange import shown
from controller.solvers.lookup.resolver import Lookup

ALIASES = frozenset({dns.rdatatype.CNAME, dns.rdatatype.DNAME})


async def find_zone(name: dns.name.Name, lookup: Lookup) -> dns.name.Name:
    """The closest zone at or above the name; LookupFailed when there is none below the root."""
    candidate = name
    while candidate != dns.name.root:
        zone = await _zone_of(candidate, lookup)
        if zone == dns.name.root:
            break
        if zone is not None:
            return zone
        candidate = candidate.parent()
    raise LookupFailed(
        f"No zone was found for {shown(name)}: DNS knows none of the names above it. Check that "
        f"the domain is registered and delegated."
    )


async def _zone_of(name: dns.name.Name, lookup: Lookup) -> dns.name.Name | None:
    try:
        return zone_in(await lookup(name, dns.rdatatype.SOA), name)
    except LookupFailed:
        # A resolver goes to an alias's target for the SOA, and fails where the target is broken.
        # The alias itself is no zone (RFC 1034 section 3.6.2), wherever it leads.
        if await _is_alias(name, lookup):
            return None
        raise


async def _is_alias(name: dns.name.Name, lookup: Lookup) -> bool:
    try:
        return alias_in(await lookup(name, dns.rdatatype.CNAME), name) is not None
    except LookupFailed:
        return False


def zone_in(answer: dns.message.Message, name: dns.name.Name) -> dns.name.Name | None:
    """The zone of `name` as far as the answer to its SOA question tells, or None: ask its parent.

    The SOA of a negative answer (RFC 2308 section 2) names the zone without climbing. Where the
    name is an alias, that SOA would be the zone of the alias's target, and is not looked at.
    """
    for rrset in answer.answer:
        if rrset.rdtype == dns.rdatatype.SOA and rrset.name == name:
            return name
    if any(rrset.rdtype in ALIASES for rrset in answer.answer):
        return None
    for rrset in answer.authority:
        if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
            return rrset.name
    return None
