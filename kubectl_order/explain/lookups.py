"""DNS look-ups that failed, for whichever challenge: zones, aliases, servers that do not answer.

Reads the words of this controller and of cert-manager. Pure.
"""

import re
from typing import Final

from kubectl_order.explain.told import Row, Told, by_table
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding


def read(told: Told) -> Finding | None:
    """The look-up that failed."""
    return by_table(_ROWS, told, told.words)


def servfail(told: Told, name: str, words: str) -> Finding:
    """The servers of a name fail, or DNSSEC does."""
    return told.finding(
        "dns-servfail",
        f"DNS fails for {name}: {clause(words)}",
        who=Actor.DNS,
        fix=f"Mend the zone of {name}: its name servers do not answer, or its DNSSEC is broken (DS "
        f"record at the parent, signatures that have expired). The CA meets the same.",
        command=told.look(),
    )


def not_answered(told: Told, name: str, words: str) -> Finding:
    """The recursive servers that the controller asks say nothing, or do not want to."""
    flags = "--dns01-recursive-nameservers and --acme-http01-solver-nameservers"
    refused = words.endswith("answered REFUSED")
    return told.finding(
        "dns-lookup-failed",
        f"{name} could not be looked up: {clause(words)}",
        who=Actor.ADMIN,
        fix=f"Name recursive DNS servers that answer the controller in {flags}, or in "
        f"dns01.nameservers of the solver: this one answers for its own zones only, or not to "
        f"everybody."
        if refused
        else f"Let the controller reach its DNS servers, or name others: {flags}, or "
        f"dns01.nameservers of the solver.",
        command=told.look(),
    )


def _looked_up(told: Told, found: re.Match[str]) -> Finding:
    name, words = found["name"], found["words"]
    alias = "is an alias of" in told.text or (
        found["type"] == "CNAME" and bool(told.kind) and name not in (told.record, told.dns_name)
    )
    if alias and name != told.record:
        return told.finding(
            "cname-unresolvable",
            f"{told.record} is an alias of {name}, which cannot be looked up: {clause(words)}",
            who=Actor.DNS,
            fix=f"Mend the zone of {name}, or the CNAME at {told.record} that leads there.",
            command=told.look(),
        )
    if "SERVFAIL" in words:
        return servfail(told, name, words)
    return not_answered(told, name, words)


def _no_zone(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "zone-not-found",
        f"No DNS zone holds {found['name'].rstrip('.')}: the domain is not registered, or not "
        f"delegated",
        who=Actor.DNS,
        fix=f"Register and delegate the domain, or correct {told.name} in the Certificate.",
        command=told.look(),
    )


def _circle(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "cname-loop",
        f"The CNAMEs of {found['name'].rstrip('.')} lead nowhere: {clause(found['words'])}",
        who=Actor.DNS,
        fix=f"Have the CNAME at {told.record} lead to a name that has none, in few steps.",
        command=told.look(),
    )


def _go_loop(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "cname-loop",
        f"The CNAMEs of {found['name'].rstrip('.')} lead in a circle: to {found['target']}",
        who=Actor.DNS,
        fix=f"Have the CNAME at {told.record} lead to a name that has none, in few steps.",
        command=told.look(),
    )


def _go_servfail(told: Told, found: re.Match[str]) -> Finding:
    return servfail(told, found["name"].rstrip("."), found[0])


def _no_name_servers(told: Told, found: re.Match[str]) -> Finding:
    return servfail(told, found["name"], "the zone names no name servers")


_ROWS: Final[tuple[Row, ...]] = (
    (r"No zone was found for (?P<name>\S+):", _no_zone),
    ((r"Could not find the SOA record in the DNS tree for the domain '(?P<name>[^']+)'"), _no_zone),
    (r"The CNAMEs of (?P<name>\S+) lead in a circle: (?P<words>[^;]+)", _circle),
    (r"(?P<name>\S+) leads through (?P<words>more than \d+ CNAMEs: [^;]+)", _circle),
    (
        (r'Found recursive CNAME record to "(?P<target>[^"]+)" when looking up "(?P<name>[^"]+)"'),
        _go_loop,
    ),
    (
        (r"The (?P<type>[A-Z]+) record of (?P<name>\S+) could not be looked up: (?P<words>.+)"),
        _looked_up,
    ),
    (r"Zone (?P<name>\S+) names no name servers", _no_name_servers),
    (r"NS \S+ returned (?:SERVFAIL|REFUSED) for (?P<name>[^\s,;]+)", _go_servfail),
    (r"lookup (?P<name>\S+) on \S+: server misbehaving", _go_servfail),
    (
        r"(?P<words>/\S+ names no DNS server)",
        lambda told, found: not_answered(told, told.name, found["words"]),
    ),
)
