"""Issuers that are missing, of somebody else, or not ready; and what keeps them. Pure.

An issuer speaks where it can be read, else the request, the Order or a Challenge that waits for it
and repeats it. What it says is told apart by `kinds`.
"""

import re
from collections.abc import Iterator
from typing import Final

from kubectl_order.explain.about import (
    Said,
    has_ended,
    is_given_up,
    is_open,
    issuer_at,
    issuer_is_foreign,
    issuer_named,
    issuer_owner,
    ref,
    said,
    said_by,
    shown,
    subject,
)
from kubectl_order.explain.kinds import KINDS, Kind
from kubectl_order.explain.words import clause, distance, one_line, sentence, time_at
from kubectl_order.facts import Absent, Chain
from kubectl_order.finding import Actor, Finding, Ref, Standing, kubectl
from orderapi import states
from orderapi.conditions import TRUE, find
from orderapi.defaults import issuer_kind
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.names import READY

_ONE_NAMESPACE: Final = "this controller runs for one namespace only"
_NOT_FOUND: Final = re.compile(r'Referenced "\w*" not found')
_NOT_THERE: Final = "does not exist, or is not of type acme"
_NOT_READY: Final = re.compile(
    r'(?:Cluster)?Issuer "[^"]*" (?:is not ready: (.+)|is (not of type .+))'
)
_ACCOUNT: Final = re.compile(r"The account of the issuer cannot be used: (.+)")
_SILENT: Final = "Referenced issuer does not have a Ready status condition"
_NEXT: Final = re.compile(r" It is tried again (?:by itself|when the [\w ]+ changes?)\.$")


def namespaced(chain: Chain) -> Finding | None:
    """A ClusterIssuer is named, and the controller looks at one namespace only."""
    told = said(chain.request) if _is_wanted(chain) else None
    if told is None or _ONE_NAMESPACE not in told.text:
        return None
    at = issuer_at(chain)
    return Finding(
        cause="clusterissuer-with-namespaced-controller",
        on=told.on,
        headline=(f"{shown(at)} is not looked at: the controller runs for one namespace only"),
        evidence=(sentence(told.text),),
        since=told.since,
        who=Actor.YOU,
        fix=(
            f'Name an Issuer of namespace "{chain.namespace}" in spec.issuerRef, or have the '
            f"controller run for all namespaces."
        ),
        command=f"kubectl get issuers.cert-manager.io -n {chain.namespace}",
        standing=Standing.WAITING,
    )


def missing(chain: Chain) -> Finding | None:
    """There is no such issuer."""
    if not _is_wanted(chain) or issuer_is_foreign(chain):
        return None
    at, told = issuer_at(chain), said(chain.request)
    is_told = told is not None and _NOT_FOUND.search(told.text) is not None
    readable = isinstance(chain.issuer, Issuer | ClusterIssuer)
    if not isinstance(chain.issuer, Absent) and (readable or not is_told):
        return None
    known = issuer_kind(issuer_named(chain)) in ("Issuer", "ClusterIssuer")
    return Finding(
        cause="issuer-missing",
        on=at,
        headline=f"{shown(at)} does not exist"
        if known
        else f'There is no kind "{at.kind}" of issuers: spec.issuerRef.kind must be Issuer or '
        f"ClusterIssuer",
        evidence=_evidence(told) if is_told else (),
        since=told.since if told is not None and is_told else None,
        who=issuer_owner(chain),
        fix=_make_it(chain, at) if known else "Correct spec.issuerRef.kind of the Certificate.",
        command=f"kubectl get issuers.cert-manager.io,clusterissuers.cert-manager.io "
        f"-n {chain.namespace}",
        standing=Standing.WAITING,
    )


def not_ready(chain: Chain) -> Finding | None:
    """The issuer is there, and cannot sign."""
    if not _is_wanted(chain) or issuer_is_foreign(chain):
        return None
    issuer = chain.issuer
    if isinstance(issuer, Issuer | ClusterIssuer):
        at, ready = ref(issuer), find(issuer.status.conditions, READY)
        if ready is None:
            return _new(chain, at, "has not been looked at by a controller yet")
        seen = ready.observed_generation
        if seen is not None and seen < issuer.metadata.generation:
            return _new(chain, at, "was changed, and is being looked into")
        if ready.status != TRUE:
            return _of_kind(chain, at, said_by(at, ready))
    told = next(_repeated(chain, readable=isinstance(issuer, Issuer | ClusterIssuer)), None)
    return _of_kind(chain, issuer_at(chain), told) if told is not None else None


def other_group(chain: Chain) -> Finding | None:
    """The issuer is another controller's."""
    request = chain.request
    if request is None or has_ended(request) or is_given_up(chain) or not issuer_is_foreign(chain):
        return None
    named, at, told = issuer_named(chain), ref(request), said(request)
    return Finding(
        cause="issuer-other-group",
        on=at,
        headline=(
            f'CertificateRequest "{at.name}" waits for the controller of {named.kind or "Issuer"} '
            f'"{named.name}" of group "{named.group}", which is not this one'
        ),
        evidence=_evidence(told),
        since=told.since if told is not None else request.metadata.creation_timestamp,
        who=Actor.ADMIN,
        fix=f'Look whether the controller of group "{named.group}" runs, and what it says.',
        command=kubectl("describe", at),
        standing=Standing.WAITING,
    )


def _is_wanted(chain: Chain) -> bool:
    """Whether what is under way needs the issuer, or soon will."""
    if not is_open(chain):
        return False
    order = chain.order
    return order is None or order.status.state not in states.FINAL or is_given_up(chain)


def _repeated(chain: Chain, *, readable: bool) -> Iterator[Said]:
    """What the issuer said, by those who wait for it: the whole of it only where it cannot be
    read."""
    order = chain.order
    told: list[Said | None] = [said(chain.request)] if order is None else []
    if order is not None:
        told.append(Said(ref(order), "", order.status.reason, order.metadata.creation_timestamp))
        told += [
            Said(ref(one), "", one.status.reason, one.metadata.creation_timestamp)
            for one in chain.challenges
            if one.status.state not in states.FINAL
        ]
    for one in told:
        text = _repeated_in(one.text, readable=readable) if one is not None else ""
        if one is not None and text:
            yield Said(one.on, "", text, one.since)


def _repeated_in(text: str, *, readable: bool) -> str:
    line = _NEXT.sub("", one_line(text, 4_000))
    found = _NOT_READY.search(line)
    if found is not None:
        return (found[2] or "") if readable else (found[1] or found[2])
    if not readable and (line == _SILENT or _NOT_THERE in line):
        return line
    found = _ACCOUNT.search(line)
    return found[1] if found is not None else ""


def _of_kind(chain: Chain, at: Ref, told: Said) -> Finding:
    kind = next(each for each in KINDS if each.fits(told.reason, told.text))
    on = told.on
    says = f"{told.reason}: {told.text}" if told.reason else told.text
    until = time_at(told.text)
    return Finding(
        cause=kind.cause,
        on=at,
        headline=f"{shown(at)} is not ready: {kind.why(told.text) or _why(told)}",
        evidence=(f'{on.kind} "{on.name}" says: {sentence(says or "nothing")}',),
        since=told.since,
        until=until,
        who=_who(chain, kind),
        fix=kind.fix,
        command=kind.command(told.text, at, chain.namespace),
        standing=Standing.WAITING,
    )


def _who(chain: Chain, kind: Kind) -> Actor:
    return kind.who or issuer_owner(chain)


def _new(chain: Chain, at: Ref, what: str) -> Finding:
    issuer = chain.issuer
    created = (
        issuer.metadata.creation_timestamp if isinstance(issuer, Issuer | ClusterIssuer) else None
    )
    made = f"It was made {distance(created, chain.now)}." if created is not None else ""
    return Finding(
        cause="issuer-new",
        on=at,
        headline=f"{shown(at)} {what}",
        evidence=(made,) if made else (),
        since=created,
        who=Actor.NOBODY,
        fix=(
            "Wait; where it stays so, look whether the controller serves this namespace and this "
            "type of issuer."
        ),
        command=kubectl("describe", at),
        standing=Standing.WAITING,
    )


def _make_it(chain: Chain, at: Ref) -> str:
    other = "ClusterIssuer" if at.kind == "Issuer" else "Issuer"
    return (
        f"Create {shown(at)}, or correct spec.issuerRef of what names it ({subject(chain)}); where "
        f"{other} is meant, spec.issuerRef.kind must say so."
    )


def _evidence(told: Said | None) -> tuple[str, ...]:
    if told is None or not told.text:
        return ()
    return (f'{told.on.kind} "{told.on.name}" says: {sentence(told.text)}',)


def _why(told: Said) -> str:
    return clause(told.text) or clause(told.reason) or "it does not say why"


RULES: Final = (namespaced, missing, not_ready, other_group)
