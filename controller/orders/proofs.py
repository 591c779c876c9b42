"""Which Challenges an Order needs, which it has, and which it must not keep. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from controller.derived import as_overridden, is_allowed, strangeness
from controller.orders.actions import Planned
from controller.orders.identifiers import shown
from controller.solvers.errors import Misconfigured
from orderapi import names, states
from orderapi.challenge import Challenge
from orderapi.choice import Chosen, NoSolver, choose
from orderapi.order import Authorization, Order
from orderapi.solver import Solver


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """How the names of an Order stand.

    `remove`: not what the Order makes, or with a solver that the issuer no longer has.
    `plan`: to be made. `refusals`: why none can be made, a sentence each. `open`: not ended, or on
    their way out.
    """

    remove: tuple[Challenge, ...] = ()
    plan: tuple[Planned, ...] = ()
    refusals: tuple[str, ...] = ()
    open: tuple[Challenge, ...] = ()


def review(order: Order, challenges: Sequence[Challenge], solvers: Sequence[Solver]) -> Proofs:
    """The proofs of an Order whose authorizations are stored."""
    wanted = {one.url: one for one in order.status.authorizations if not _proved(one)}
    kept, surplus = _sorted_out(order, challenges, wanted)
    stale = [
        one
        for one in kept.values()
        if not _is_final(one) and not is_allowed(one.spec.solver, order, solvers)
    ]
    leaving = [one for one in challenges if _deleting(one) and one.spec.authorization_url in wanted]
    blocked = {one.spec.authorization_url for one in leaving}
    plans = [
        _plan(order, index, one, solvers)
        for index, one in enumerate(order.status.authorizations)
        if one.url in wanted and one.url not in kept and one.url not in blocked
    ]
    return Proofs(
        remove=(*surplus, *stale),
        plan=tuple(plan for plan in plans if isinstance(plan, Planned)),
        refusals=tuple(plan for plan in plans if isinstance(plan, str)),
        open=(*(one for one in kept.values() if not _is_final(one)), *leaving),
    )


def failed(order: Order, challenges: Sequence[Challenge]) -> tuple[Challenge, ...]:
    """The Challenges of the Order that ended without success and are there to stay."""
    return tuple(
        one
        for one in challenges
        if one.status.state in states.FAILED and not _deleting(one) and not strangeness(one, order)
    )


def _sorted_out(
    order: Order, challenges: Sequence[Challenge], wanted: dict[str, Authorization]
) -> tuple[dict[str, Challenge], list[Challenge]]:
    """One Challenge by each authorization URL that needs one, and those that are too many."""
    kept: dict[str, Challenge] = {}
    surplus: list[Challenge] = []
    for one in challenges:
        if _deleting(one):
            continue
        url = one.spec.authorization_url
        if url in wanted and url not in kept and not strangeness(one, order):
            kept[url] = one
        else:
            surplus.append(one)
    return kept, surplus


def _plan(
    order: Order, index: int, authorization: Authorization, solvers: Sequence[Solver]
) -> Planned | str:
    """The Challenge to make, or why none can be made."""
    chosen = choose(
        solvers,
        name=authorization.identifier or "",
        wildcard=authorization.wildcard,
        labels=order.metadata.labels,
        offered=frozenset(offer.type for offer in authorization.challenges),
    )
    match chosen:
        case NoSolver(reason):
            return reason
        case Chosen(solver, kind):
            try:
                solver = as_overridden(solver, order)
            except Misconfigured as contradiction:
                name = shown(authorization.identifier, wildcard=authorization.wildcard)
                return f"the solver for {name} cannot be used: {contradiction}".rstrip(".")
            return Planned(
                name=names.challenge_name(order.metadata.name, index),
                authorization=authorization,
                offered=next(o for o in authorization.challenges if o.type.upper() == kind),
                type=kind,
                solver=solver,
            )


def _proved(authorization: Authorization) -> bool:
    return authorization.initial_state == states.VALID


def _is_final(challenge: Challenge) -> bool:
    return challenge.status.state in states.FINAL


def _deleting(challenge: Challenge) -> bool:
    return challenge.metadata.deletion_timestamp is not None
