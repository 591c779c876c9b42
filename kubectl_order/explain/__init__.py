"""Facts in, one finding out: what a certificate waits for, why, until when, who must act. Pure.

A rule looks at a chain and speaks, or does not. RULES are in the order of what is deepest: the
first that speaks tells the root cause. That the controller is down goes before all of them, that a
certificate is late is added to each.

    deletion      what is to go, and stays
    certificates  what a person must change before anything is tried
    approval, requests, admission, issuers     what keeps an attempt from becoming an Order
    orders        what keeps an Order from its certificate: solvers, DNS, HTTP, the CA
    attempts      what is left of an attempt that failed
    flight, secrets, timing                    nothing is in its way, or nothing tells what
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from kubectl_order.explain import (
    admission,
    approval,
    attempts,
    certificates,
    controller,
    deletion,
    flight,
    issuers,
    orders,
    requests,
    secrets,
    timing,
)
from kubectl_order.explain.bounds import bounded
from kubectl_order.explain.ending import ended
from kubectl_order.facts import Chain
from kubectl_order.finding import Finding

__all__ = ["RULES", "Rule", "explain"]

Rule: TypeAlias = Callable[[Chain], Finding | None]

RULES: Final[tuple[Rule, ...]] = (
    *deletion.RULES,
    *certificates.OBSTACLES,
    *attempts.WAITS,
    *admission.RULES,
    *attempts.REFUSED,
    *flight.NEW,
    *approval.RULES,
    *requests.INVALID,
    *issuers.RULES,
    *orders.RULES,
    *requests.FAILED,
    *attempts.FAILURES,
    *certificates.AHEAD,
    *flight.RULES,
    *timing.RULES,
    *secrets.RULES,
)


def explain(chain: Chain) -> Finding:
    """The root cause. Total: there is one for every chain, whatever its objects hold."""
    chain = bounded(chain)
    found = next((told for rule in RULES if (told := rule(chain)) is not None), None)
    return ended(chain, controller.or_down(chain, found or timing.fine(chain)))
