"""What DNS says about a name: each check by itself, from recursive and authoritative servers."""

import ipaddress
import secrets
from collections.abc import Iterator, Sequence
from typing import Final

from kubectl_order.live.lookup import Answer, Lookup, Server, Unanswered
from kubectl_order.live.subject import Subject, answers_http
from kubectl_order.live.verdicts import failed, passed, unknown
from kubectl_order.report import Check
from orderapi import challenge as api

_SHOWN: Final = 4
_MOST_LABELS: Final = 64


def addresses(subject: Subject, lookup: Lookup) -> Iterator[Check]:
    """A and AAAA each: there, and public. A CA prefers IPv6 where both are there."""
    if subject.is_address or subject.wildcard or not answers_http(subject):
        return
    found: list[str] = []
    for kind in ("A", "AAAA"):
        try:
            answer = lookup.ask(subject.name, kind)
        except Unanswered as error:
            yield unknown(kind, subject.name, str(error))
            continue
        found += answer.values
        yield from _of_kind(kind, subject.name, answer)
    if not found:
        fix = f"Publish an A or AAAA record for {subject.name} that leads to the router."
        yield failed("addresses", subject.name, "neither an A nor an AAAA record", fix)


def _of_kind(kind: str, name: str, answer: Answer) -> Iterator[Check]:
    private = [value for value in answer.values if not ipaddress.ip_address(value).is_global]
    if answer.code not in ("NOERROR", "NXDOMAIN"):
        fix = "Mend the zone or its servers: the CA's resolver will meet the same."
        yield failed(kind, name, f"answered {answer.code}", fix)
    elif private:
        told = f"{_some(private)}: not public; is this the view from inside?"
        yield unknown(kind, name, told, "A public CA cannot reach it; a CA of your own may.")
    elif answer.values:
        yield passed(kind, name, _some(answer.values))


def caa(subject: Subject, lookup: Lookup) -> Iterator[Check]:
    """Whether CAA records let this CA issue (RFC 8659), by this account and method (RFC 8657)."""
    if subject.is_address:
        return
    try:
        owner, records = _caa_of(subject.name, lookup)
    except Unanswered as error:
        yield unknown("CAA", subject.name, str(error), "A CA that gets no answer does not issue.")
        return
    if not records:
        yield passed("CAA", subject.name, "no CAA record at it or above it: every CA may issue")
        return
    yield _allowed(subject, owner, records)


def _caa_of(name: str, lookup: Lookup) -> tuple[str, tuple[str, ...]]:
    """The nearest CAA records at the name or above it, and whose they are."""
    labels = name.split(".")[:_MOST_LABELS]
    for first in range(len(labels)):
        parent = ".".join(labels[first:])
        answer = lookup.ask(parent, "CAA")
        if answer.code not in ("NOERROR", "NXDOMAIN"):
            raise Unanswered(
                f"the question for the CAA records of {parent} was answered {answer.code}"
            )
        if answer.values:
            return parent, answer.values
    return name, ()


def _allowed(subject: Subject, owner: str, records: Sequence[str]) -> Check:
    parsed = [_property(record) for record in records]
    tags = {tag for tag, _ in parsed}
    tag = "issuewild" if subject.wildcard and "issuewild" in tags else "issue"
    values = [value for name, value in parsed if name == tag]
    told = f"{owner} has {_some(records)}"
    if not values:
        return passed("CAA", subject.shown, f"{told}: nothing about issuing")
    if not subject.identities:
        return unknown("CAA", subject.shown, f"{told}; what the CA calls itself is not known")
    fitting = [value for value in values if value.partition(";")[0].strip() in subject.identities]
    wanted = subject.identities[0]
    if not fitting:
        fix = f'Add a CAA record to {owner}: 0 {tag} "{wanted}".'
        return failed("CAA", subject.shown, f"{told}: none names {wanted}", fix)
    reasons = [why for value in fitting if (why := _narrowed(subject, value))]
    if len(reasons) == len(fitting):
        fix = f"Change the parameters of that record at {owner}."
        return failed("CAA", subject.shown, f"{told}: {reasons[0]}", fix)
    return passed("CAA", subject.shown, f"{told}: {wanted} may issue")


def _property(record: str) -> tuple[str, str]:
    """Tag and value of a CAA record in presentation form: `0 issue "ca.test; a=b"`."""
    _, _, rest = record.partition(" ")
    tag, _, value = rest.partition(" ")
    return tag.lower(), value.strip('"')


def _narrowed(subject: Subject, value: str) -> str:
    """Why the record does not hold for this account and method; empty where it does."""
    parameters = {
        key.strip().lower(): text.strip()
        for key, _, text in (part.partition("=") for part in value.split(";")[1:])
    }
    account, methods = parameters.get("accounturi"), parameters.get("validationmethods")
    if account and subject.account and account != subject.account:
        return "its accounturi is another account than the issuer's"
    if methods and subject.type and subject.type.lower() not in methods.lower().split(","):
        return f"its validationmethods leave out {subject.type.lower()}"
    return ""


def dnssec(subject: Subject, lookup: Lookup) -> Iterator[Check]:
    """Whether a validating resolver refuses what is there: then the CA's does too."""
    if subject.is_address:
        return
    kind = "TXT" if subject.type == api.DNS01 else "A"
    name = f"_acme-challenge.{subject.name}" if kind == "TXT" else subject.name
    try:
        answer = lookup.ask(name, kind)
        if answer.code != "SERVFAIL":
            yield passed("DNSSEC", name, f"the resolver answers {answer.code}")
            return
        unsigned = lookup.ask(name, kind, unvalidated=True)
    except Unanswered as error:
        yield unknown("DNSSEC", name, str(error))
        return
    if unsigned.code == "SERVFAIL":
        fix = "Look at the zone's servers: they, or the way to them, are broken."
        yield failed("DNSSEC", name, "SERVFAIL, with and without validation", fix)
    else:
        told = f"SERVFAIL with validation, {unsigned.code} without: the signatures are wrong"
        yield failed("DNSSEC", name, told, "Mend the signatures or the DS record of the zone.")


def delegation(subject: Subject, lookup: Lookup) -> Iterator[Check]:
    """Where `_acme-challenge` leads, and whether that is a wildcard's doing."""
    if subject.type != api.DNS01:
        return
    name = f"_acme-challenge.{subject.name}"
    try:
        aliases = lookup.ask(name, "TXT").aliases
        if not aliases:
            yield passed("delegation", name, "no CNAME: the record is in its own zone")
            return
        strange = lookup.ask(f"kubectl-order-{secrets.token_hex(4)}.{subject.name}", "TXT").aliases
    except Unanswered as error:
        yield unknown("delegation", name, str(error))
        return
    told = f"CNAME to {' and then '.join(aliases)}"
    if strange[:1] == aliases[:1]:
        fix = f"Give {name} a record of its own: the wildcard of {subject.name} answers for it."
        yield failed("delegation", name, f"{told}, as every name below {subject.name}", fix)
    elif _follows(subject):
        yield passed("delegation", name, told)
    else:
        fix = "Set cnameStrategy: Follow in the solver, or remove the CNAME."
        yield failed("delegation", name, f"{told}, and the solver does not follow it", fix)


def _follows(subject: Subject) -> bool:
    dns01 = subject.challenge.spec.solver.dns01 if subject.challenge is not None else None
    return dns01 is not None and dns01.cname_strategy == "Follow"


def records(subject: Subject, lookup: Lookup) -> Iterator[Check]:
    """The TXT record at every authoritative server of its zone, and what else is left there."""
    if subject.type != api.DNS01 or subject.challenge is None:
        return
    name = f"_acme-challenge.{subject.name}"
    try:
        aliases = lookup.ask(name, "TXT").aliases
        owner = aliases[-1] if aliases else name
        servers = lookup.authorities(lookup.zone_of(owner))
    except Unanswered as error:
        yield unknown("TXT", name, str(error))
        return
    if not servers:
        yield unknown("TXT", name, "the name servers of the zone have no address from here")
    others: set[str] = set()
    for server in servers:
        check, left = _at(server, owner, subject, subject.challenge.spec.key, lookup)
        others |= left
        yield check
    if others:
        told = f"{len(others)} other TXT value{'s' if len(others) > 1 else ''}"
        fix = "They do no harm; remove those that no certificate is being issued for."
        yield unknown("left-over TXT", owner, told, fix)


def _at(
    server: Server, owner: str, subject: Subject, value: str, lookup: Lookup
) -> tuple[Check, set[str]]:
    """What one server has, and the values that are not the one looked for."""
    try:
        answer = lookup.ask_at(server, owner, "TXT")
    except Unanswered as error:
        if not ipaddress.ip_address(server.address).is_global:
            return unknown("TXT", owner, f"{server}: {error}; its address is not public"), set()
        fix = "Mend that server, or take it out of the zone's NS records: the CA may ask it."
        return failed("TXT", owner, f"{server}: {error}", fix), set()
    others = set(answer.values) - {value}
    if value in answer.values:
        return passed("TXT", owner, f"{server}: has the value"), others
    told = f"{server}: {answer.code if answer.code != 'NOERROR' else 'not the value'}"
    if not subject.open:
        return passed("TXT", owner, f"{told}; the challenge is over, none is needed"), others
    fix = "Wait for the zone transfer, or look why this server is behind."
    return failed("TXT", owner, told, fix), others


def _some(values: Sequence[str]) -> str:
    more = len(values) - _SHOWN
    return ", ".join(values[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
