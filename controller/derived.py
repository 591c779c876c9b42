"""What an Order makes of an authorization, and whether a Challenge is just that. Pure.

An owner reference alone proves nothing: whoever may create Challenges can write one. A Challenge is
believed where its name and every field repeat what the Order's status, written by the controller,
says; so that there is at most one by each authorization.
"""

from collections.abc import Sequence

from controller.solvers.errors import Misconfigured
from controller.solvers.http01.overrides import overridden
from orderapi import defaults, names
from orderapi.challenge import Challenge
from orderapi.choice import same
from orderapi.meta import controller_of
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.solver import Solver


def is_controlled_by(challenge: Challenge, order: Order) -> bool:
    """Whether that very Order, by uid, controls the Challenge."""
    owner = controller_of(challenge)
    return (
        owner is not None
        and owner.kind == "Order"
        and owner.uid == order.metadata.uid
        and challenge.metadata.namespace == order.metadata.namespace
    )


def strangeness(challenge: Challenge, order: Order) -> str:
    """In what the Challenge differs from what the Order makes; empty where in nothing."""
    spec = challenge.spec
    if _issuer(spec.issuer_ref) != _issuer(order.spec.issuer_ref):
        return "it names another issuer than its Order"
    urls = [one.url for one in order.status.authorizations]
    if spec.authorization_url not in urls:
        return "its authorization is none of its Order's"
    index = urls.index(spec.authorization_url)
    authorization = order.status.authorizations[index]
    if challenge.metadata.name != names.challenge_name(order.metadata.name, index):
        return "it is not called as its Order calls the Challenge of its authorization"
    named = authorization.identifier, bool(authorization.wildcard)
    if named != (spec.dns_name, bool(spec.wildcard)):
        return "its name is not that of its authorization"
    offered = [(one.type.upper(), one.url, one.token) for one in authorization.challenges]
    if (spec.type, spec.url, spec.token) not in offered:
        return "it is not among the challenges that the CA offered for its authorization"
    return ""


def is_allowed(solver: Solver, order: Order, solvers: Sequence[Solver]) -> bool:
    """Whether the solver is one of the issuer's `solvers`, as the Order's annotations change it."""
    if solver in solvers and solver.http01 is None:
        return True
    effective: list[Solver] = []
    for one in solvers:
        try:
            effective.append(as_overridden(one, order))
        except Misconfigured:
            continue  # no Challenge is made with it
    return same(solver, effective)


def as_overridden(solver: Solver, order: Order) -> Solver:
    """The solver as the Order's annotations change it; Misconfigured where they contradict."""
    return overridden(solver, order.metadata.annotations, order.metadata.namespace)


def _issuer(ref: IssuerRef) -> tuple[str, str, str]:
    return defaults.issuer_group(ref), defaults.issuer_kind(ref), ref.name
