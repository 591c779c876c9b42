"""One Challenge and its surroundings, from caches and from what this process knows.

Asks the API server for one thing alone: an Order that the cache does not hold, before its Challenge
is taken for an orphan.
"""

from datetime import datetime

from controller.challenges.indexes import by_edited_ingress, edited_ingress
from controller.challenges.knowledge import Notebook
from controller.challenges.observed import Observed
from controller.challenges.publishing import Publisher
from controller.challenges.slots import Slots
from controller.cluster import Cluster
from controller.derived import is_controlled_by, strangeness
from controller.issuerref import find_issuer, is_ours
from controller.runtime.errors import NotFound
from controller.runtime.schedule import Key
from controller.solvers.fingerprint import fingerprint
from orderapi import states
from orderapi.challenge import HTTP01, Challenge
from orderapi.meta import controller_of
from orderapi.order import Order
from orderapi.resources import ORDER


async def observe(
    cluster: Cluster,
    notebook: Notebook,
    publisher: Publisher,
    slots: Slots,
    *,
    key: Key,
    began: datetime,
) -> Observed | None:
    """All that a decision may depend on; None for a Challenge that is gone, or not ours."""
    challenge = cluster.challenges.get(key.namespace, key.name)
    if challenge is None or not is_ours(challenge.spec.issuer_ref):
        return None
    uid = challenge.metadata.uid
    return Observed(
        challenge=challenge,
        now=cluster.clock.now(),
        began=began,
        order=await _order(cluster, challenge),
        issuer=find_issuer(cluster, challenge.spec.issuer_ref, key.namespace),
        slot_free=slots.free_for(uid, key.namespace),
        credentials_held=publisher.purse.get(uid, used_for=fingerprint(challenge.spec)) is not None,
        shared=_is_shared(cluster, challenge),
        standing=publisher.stands(challenge),
        obstacle=_obstacle(publisher, challenge),
        knowledge=notebook.of(uid),
    )


def _is_shared(cluster: Cluster, challenge: Challenge) -> bool:
    """Whether another Challenge in work has published the same value at the same name.

    Only one that an Order made counts: anybody may write a Challenge that says so. A route of its
    own is never shared.
    """
    if not _is_over(challenge) or _has_own_route(challenge):
        return False
    published = challenge.spec.dns_name, challenge.spec.key
    return any(
        (other.spec.dns_name, other.spec.key) == published
        and other.metadata.uid != challenge.metadata.uid
        and other.status.presented
        and not _is_over(other)
        and _edits_the_same(challenge, other)
        and _is_an_orders(cluster, other)
        for other in cluster.challenges.all()
    )


def _obstacle(publisher: Publisher, challenge: Challenge) -> str:
    """Where nothing is looked for, what is known to be in the way; elsewhere a check tells."""
    unlooked = challenge.spec.solver.wait_instead_of_self_check is not None
    return publisher.obstacle(challenge) if unlooked else ""


def _edits_the_same(one: Challenge, other: Challenge) -> bool:
    """Of HTTP-01: whether both paths are in one Ingress. Records of one name always are one."""
    return by_edited_ingress(one) == by_edited_ingress(other)


def _has_own_route(challenge: Challenge) -> bool:
    return challenge.spec.type == HTTP01 and not edited_ingress(challenge.spec)


def _is_an_orders(cluster: Cluster, challenge: Challenge) -> bool:
    """Whether an Order of ours that is in work controls it, and makes it as it is."""
    owner = controller_of(challenge)
    if owner is None:
        return False
    order = cluster.orders.get(challenge.metadata.namespace, owner.name)
    return (
        order is not None
        and order.metadata.deletion_timestamp is None
        and order.status.state not in states.FINAL
        and is_ours(order.spec.issuer_ref)
        and is_controlled_by(challenge, order)
        and not strangeness(challenge, order)
    )


def _is_over(challenge: Challenge) -> bool:
    deleting = challenge.metadata.deletion_timestamp is not None
    return deleting or challenge.status.state in states.FINAL


async def _order(cluster: Cluster, challenge: Challenge) -> Order | None:
    """The live Order that controls it, by uid."""
    owner, meta = controller_of(challenge), challenge.metadata
    if owner is None or owner.kind != ORDER.kind:
        return None
    order = cluster.orders.get(meta.namespace, owner.name)
    if order is None and not _is_over(challenge):
        try:
            order = await cluster.kube.get(ORDER, meta.namespace, owner.name)
        except NotFound:
            return None
        cluster.orders.feed(order)
    return order if order is not None and is_controlled_by(challenge, order) else None
