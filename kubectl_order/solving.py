"""Who answers a challenge and why that one, and what a CA said in a reason. Pure.

`solver_of` explains the choice that `orderapi.choice` makes; `problem_in` reads a CA's problem
document back out of the sentences that this controller and cert-manager make of it. Refuses to
judge either.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from kubectl_order.facts import Absent, Chain, Unread
from kubectl_order.report import Problem, Solver
from orderapi import solver as api
from orderapi.challenge import Challenge
from orderapi.choice import Fit, Misfit, digest, weigh
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.names import (
    HTTP01_OVERRIDE_INGRESS_CLASS,
    HTTP01_OVERRIDE_INGRESS_CLASS_NAME,
    HTTP01_OVERRIDE_INGRESS_NAME,
    HTTP01_PARENT_REF_NAME,
    PROBLEM_URN,
)
from orderapi.order import Order

MOST_OTHERS: Final = 5
"""Other solvers that the sentence tells of."""

_OVERRIDES: Final = (
    HTTP01_OVERRIDE_INGRESS_CLASS,
    HTTP01_OVERRIDE_INGRESS_CLASS_NAME,
    HTTP01_OVERRIDE_INGRESS_NAME,
    HTTP01_PARENT_REF_NAME,
)
_NOT_PROVIDERS: Final = frozenset({"cname_strategy", "nameservers"})

_HEAD: Final = re.compile(rf"(?:(?<!\d)([1-5]\d\d) )?{PROBLEM_URN}([A-Za-z0-9_-]{{1,64}}):?\s*")
_END: Final = re.compile(
    r"[.;]? Our own (?:HTTP-01 |DNS-01 )?check (?:had |was |could )"
    r"|\.? It is tried again (?:by itself|when )"
    r'|; (?:Challenge "|Waiting for Challenge "|the CA on the order: |the authorization for ")'
    r"|; and \d+ more$"
    rf"|; (?:[1-5]\d\d )?{PROBLEM_URN}"
)
"""Where the CA's words end in a reason, and others begin."""
_SEE: Final = re.compile(r" \(see https://\S+\)$")
_BETWEEN: Final = re.compile(r"; (?=(?:\S+: )?[A-Za-z][A-Za-z0-9]*: )")
_CLAUSE: Final = re.compile(r"(?:\S+: )?[A-Za-z][A-Za-z0-9]*: ")


def problem_in(text: str) -> Problem | None:
    """The first problem document that a reason tells of; None where it tells of none. Total."""
    head = _HEAD.search(text)
    if head is None:
        return None
    rest = text[head.end() :]
    end = _END.search(rest)
    detail, subproblems = _parted(rest[: end.start()] if end is not None else rest)
    status = int(head[1]) if head[1] else None
    return Problem(type=head[2], status=status, detail=detail, subproblems=subproblems)


def solver_of(chain: Chain, challenge: Challenge) -> Solver | None:
    """Who answers the challenge, and why that one; None where its spec names no solver at all."""
    own = challenge.spec.solver
    if own.http01 is None and own.dns01 is None:
        return None
    what = described(own)
    match chain.issuer:
        case None | Unread():
            return Solver(number=None, what=what, why="the issuer may not be read")
        case Absent():
            return Solver(number=None, what=what, why="the issuer does not exist")
        case Issuer() | ClusterIssuer() as issuer:
            acme = issuer.spec.acme
            solvers = acme.solvers if acme is not None else ()
    found = weighed(challenge, chain.order, solvers)
    index = _place(challenge, chain.order, solvers, found)
    if index is None:
        return Solver(number=None, what=what, why="the issuer has no such solver now")
    why = _why(found, index)
    if digest(solvers[index]) != digest(own):
        why += "; annotations of the Certificate change it"
    return Solver(number=index + 1, what=what, why=why)


def weighed(
    challenge: Challenge, order: Order | None, solvers: Sequence[api.Solver]
) -> tuple[Fit | Misfit, ...]:
    """How the issuer's solvers fit the challenge's name; without the Order's word, all that the
    challenge itself says: its own type is offered, and there are no labels."""
    spec = challenge.spec
    offered = frozenset({spec.type})
    labels: dict[str, str] = {}
    if order is not None:
        labels = order.metadata.labels
        for one in order.status.authorizations:
            if one.url == spec.authorization_url and one.challenges:
                offered = frozenset(offer.type for offer in one.challenges)
    return weigh(
        solvers, name=spec.dns_name, wildcard=spec.wildcard, labels=labels, offered=offered
    )


def described(solver: api.Solver) -> str:
    """What a solver is, in a few words: `dns01 rfc2136 at 10.0.0.1:53, TSIG key "order"`."""
    parts = [_by_dns(solver.dns01)] if solver.dns01 is not None else []
    parts += [_by_http(solver.http01)] if solver.http01 is not None else []
    if solver.wait_instead_of_self_check:
        parts.append(f"waits {solver.wait_instead_of_self_check} in place of the self-check")
    return ", ".join(parts)


def providers(dns01: api.Dns01) -> tuple[str, ...]:
    """The DNS providers that a solver names, as the API calls them (`route53`)."""
    return tuple(
        field.encode_name
        for field in msgspec.structs.fields(dns01)
        if field.name not in _NOT_PROVIDERS and getattr(dns01, field.name) is not None
    )


def _parted(words: str) -> tuple[str, tuple[str, ...]]:
    """The detail and the subproblems of a problem's words, ours or cert-manager's."""
    words = words.strip()
    detail, several, listed = words.partition(", subproblems:")
    if several:
        clauses = [" ".join(one.split()) for one in listed.split(PROBLEM_URN)]
        return detail, tuple(one for one in clauses if one)
    see = _SEE.search(words)
    body, link = (words[: see.start()], see[0]) if see is not None else (words, "")
    detail, opening, inside = body.removesuffix(".").partition(" [")
    if opening and inside.endswith("]") and _CLAUSE.match(inside):
        return detail + link, tuple(_BETWEEN.split(inside[:-1]))
    return words, ()


def _place(
    challenge: Challenge,
    order: Order | None,
    solvers: Sequence[api.Solver],
    found: Sequence[Fit | Misfit],
) -> int | None:
    """Where the challenge's solver stands in the list: of equal ones the best."""
    own = challenge.spec.solver
    same = [index for index, one in enumerate(solvers) if digest(one) == digest(own)]
    if not same and own.http01 is not None and _is_overridden(order):
        same = [
            index
            for index, one in enumerate(solvers)
            if one.http01 is not None and one.selector == own.selector
        ]
    return max(same, key=lambda index: (_score(found[index]), -index), default=None)


def _is_overridden(order: Order | None) -> bool:
    return order is not None and any(order.metadata.annotations.get(key) for key in _OVERRIDES)


def _score(found: Fit | Misfit) -> tuple[int, ...]:
    return found.score if isinstance(found, Fit) else ()


def _why(found: Sequence[Fit | Misfit], index: int) -> str:
    """The sentence: what of the selector fits, then the others, each with what it lacks."""
    chosen = found[index]
    others = [(number, one) for number, one in enumerate(found, start=1) if number != index + 1]
    if isinstance(chosen, Misfit):
        return f"it was chosen before; by its selector now it {chosen.why}"
    own = chosen.why if chosen.why.startswith("fits") else f"its selector {chosen.why}"
    own += ", the longest that fits" if chosen.zone and others else ""
    if not others:
        return f"it is the only solver, and {own}"
    told = [
        f"solver {number} {one.why}{_behind(chosen, one, later=number > index)}"
        for number, one in others[:MOST_OTHERS]
    ]
    more = len(others) - MOST_OTHERS
    told += [f"and {more} more fit less or not at all"] if more > 0 else []
    return f"{own}; {', '.join(told)}"


def _behind(chosen: Fit, other: Fit | Misfit, *, later: bool) -> str:
    if isinstance(other, Misfit) or other.score != chosen.score:
        return ""
    return " too, and comes later" if later else " too"


def _by_dns(dns01: api.Dns01) -> str:
    named = ", ".join(providers(dns01)) or "without a provider"
    if (rfc2136 := dns01.rfc2136) is not None:
        key = f'TSIG key "{rfc2136.tsig_key_name}"' if rfc2136.tsig_key_name else "unsigned"
        named += f" at {rfc2136.nameserver}, {key}"
    if (webhook := dns01.webhook) is not None:
        named += f" {webhook.group_name}/{webhook.solver_name}"
    follow = (dns01.cname_strategy or "").lower() == "follow"
    return f"dns01 {named}{', CNAMEs followed' if follow else ''}"


def _by_http(http01: api.Http01) -> str:
    if (route := http01.gateway_http_route) is not None:
        parents = ", ".join(
            f'{ref.kind or "Gateway"} "{f"{ref.namespace}/" if ref.namespace else ""}{ref.name}"'
            for ref in route.parent_refs
        )
        return f"http01 HTTPRoute at {parents or 'no parent'}"
    ingress = http01.ingress
    if ingress is None:
        return "http01 without a route"
    if ingress.name:
        return f'http01 by a path in Ingress "{ingress.name}"'
    of_class = ingress.ingress_class_name or ingress.class_
    return f'http01 Ingress of class "{of_class}"' if of_class else "http01 Ingress without a class"
