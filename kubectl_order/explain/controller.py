"""A controller that is down: whatever else is found, nothing goes on without it. Pure.

Told by the Lease alone, and only where it says so: one that may not be read, or is not there (a
controller without leader election has none), is no evidence.
"""

from datetime import datetime, timedelta
from typing import Final

from kubectl_order.explain.about import expired, is_open, overdue
from kubectl_order.explain.words import dated, distance, sentence
from kubectl_order.facts import Chain, Leader
from kubectl_order.finding import Actor, Finding, Ref, Standing

LEASE: Final = "cert-manager-controller"
"""The name of the Lease, of this project's controller and of cert-manager's."""

GRACE: Final = timedelta(seconds=15)
"""How much longer than its duration a Lease may be silent: clocks differ, and leaders change."""

FOREIGN: Final = frozenset({"issuer-other-group"})
"""Causes where another controller must act."""


def is_down(leader: Leader, now: datetime) -> bool:
    """Whether nobody leads: the Lease was given back, or not renewed for too long."""
    if leader.renewed is None:
        return not leader.holder
    silent = now - leader.renewed
    return silent.total_seconds() > max(leader.seconds, 0) + GRACE.total_seconds()


def or_down(chain: Chain, found: Finding) -> Finding:
    """The finding; that the controller is down where it is, and something is open or due."""
    leader = chain.leader
    if not isinstance(leader, Leader) or not is_down(leader, chain.now):
        return found
    if found.cause in FOREIGN or not _is_wanted(chain, found):
        return found
    namespace = f'namespace "{leader.namespace}"'
    return Finding(
        cause="controller-down",
        on=Ref(kind="Lease", name=LEASE, namespace=leader.namespace),
        headline=f"The controller in {namespace} is down{_silent(chain, leader)}",
        evidence=(_told(chain, leader), f"Without it: {sentence(found.headline)}", *found.evidence),
        since=leader.renewed,
        who=Actor.ADMIN,
        fix=(
            f"Start the controller in {namespace}: look whether its pods are "
            f"there, and what the last ones said. Everything goes on by itself then."
        ),
        command=f"kubectl get pods -n {leader.namespace}",
        standing=Standing.WAITING if found.standing is Standing.MOVING else found.standing,
    )


def _is_wanted(chain: Chain, found: Finding) -> bool:
    """Whether there is anything for the controller to do."""
    if is_open(chain) or expired(chain) or overdue(chain):
        return True
    if chain.certificate is None:
        return found.cause in ("deletion-stuck", "not-yet-started")
    return found.standing is not Standing.FINE


def _silent(chain: Chain, leader: Leader) -> str:
    if leader.renewed is None:
        return ""
    return f": it gave its last sign of life {distance(leader.renewed, chain.now)}"


def _told(chain: Chain, leader: Leader) -> str:
    lease = f'Lease "{LEASE}" in namespace "{leader.namespace}"'
    if leader.renewed is None:
        return f"{lease} has no holder."
    if not leader.holder:
        return f"{lease} was given back at {dated(leader.renewed)}, and nobody has taken it."
    return (
        f'{lease} is held by "{leader.holder}", which renewed it last at {dated(leader.renewed)}; '
        f"that counts for {leader.seconds:g} s."
    )


def where(chain: Chain) -> str:
    """The command that shows the controller's pods, or else who leads."""
    if isinstance(chain.leader, Leader) and chain.leader.namespace:
        return f"kubectl get pods -n {chain.leader.namespace}"
    return f"kubectl get leases --all-namespaces --field-selector=metadata.name={LEASE}"
