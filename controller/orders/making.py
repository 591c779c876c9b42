"""Makes and removes the Challenges of an Order.

A Challenge has its finalizer from the start, so that no record is ever published that nobody takes
away. A name that is taken is adopted where the Challenge is this Order's, and never otherwise.
"""

import logging

from controller.accounts import expected_key
from controller.acme.client import Client
from controller.cluster import Cluster
from controller.derived import is_controlled_by
from controller.orders.actions import Planned
from controller.runtime import removing
from controller.runtime.errors import AlreadyExists, NotFound
from orderapi import names
from orderapi.challenge import Challenge, ChallengeSpec
from orderapi.meta import ObjectMeta, owner_reference
from orderapi.order import Order
from orderapi.resources import CHALLENGE, ORDER

logger = logging.getLogger(__name__)


async def create(cluster: Cluster, order: Order, planned: Planned, client: Client) -> bool:
    """Whether the Order has the Challenge now; False where a stranger holds its name."""
    wanted = _challenge(order, planned, client)
    try:
        made = await cluster.kube.create(CHALLENGE, wanted)
    except AlreadyExists:
        return await _adopt(cluster, order, wanted.metadata)
    cluster.challenges.feed(made)
    logger.info("challenge created", extra={"challenge": planned.name, "type": planned.type})
    cluster.recorder.event(
        ORDER,
        order,
        "Normal",
        names.EVENT_CREATED,
        f'Created Challenge resource "{planned.name}" for domain "{wanted.spec.dns_name}"',
    )
    return True


async def remove(cluster: Cluster, challenge: Challenge) -> None:
    """Delete it, if it is still that one."""
    await removing.remove(cluster.kube, CHALLENGE, challenge, cluster.challenges)


async def _adopt(cluster: Cluster, order: Order, meta: ObjectMeta) -> bool:
    try:
        found = await cluster.kube.get(CHALLENGE, meta.namespace, meta.name)
    except NotFound:
        return True
    cluster.challenges.feed(found)
    return is_controlled_by(found, order)


def _challenge(order: Order, planned: Planned, client: Client) -> Challenge:
    authorization, offered = planned.authorization, planned.offered
    return CHALLENGE.typed(
        Challenge(
            metadata=ObjectMeta(
                name=planned.name,
                namespace=order.metadata.namespace,
                owner_references=(owner_reference(ORDER, order),),
                finalizers=(names.FINALIZER,),
            ),
            spec=ChallengeSpec(
                url=offered.url,
                authorization_url=authorization.url,
                dns_name=authorization.identifier or "",
                wildcard=authorization.wildcard,
                type=planned.type,
                token=offered.token,
                key=expected_key(client, planned.type, offered.token),
                solver=planned.solver,
                issuer_ref=order.spec.issuer_ref,
            ),
        )
    )
