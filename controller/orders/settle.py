"""Writes how an Order stands, and tells its owner. The only writer of an Order's status.

Every write is bound to the version that was read. When that is no longer the newest, the newest is
read, and the decision is made anew: what the CA taught is kept in the notebook meanwhile.
"""

import logging
from datetime import datetime

import msgspec

from controller.cluster import Cluster
from controller.orders import sentences
from controller.orders.actions import Explain, Fail, Record
from controller.orders.observed import Knowledge
from controller.pki import csr, leaf
from controller.pki.faults import Unreadable
from controller.reasons import diagnosed
from controller.runtime.errors import Conflict, NotFound
from controller.runtime.patches import status_patch
from orderapi import names, states
from orderapi.diagnosis import Diagnosis, diagnosis
from orderapi.order import Order, OrderStatus
from orderapi.resources import ORDER
from orderapi.times import whole_second

logger = logging.getLogger(__name__)


async def record(cluster: Cluster, order: Order, what: Record) -> None:
    """Write where the order is. The URLs are written once; an Order that has one keeps it."""
    status = msgspec.structs.replace(
        order.status,
        url=order.status.url or what.url,
        finalize_url=order.status.finalize_url or what.finalize_url,
        authorizations=what.authorizations,
        state=what.state,
    )
    if await _write(cluster, order, status):
        logger.info("order recorded", extra={"url": status.url, "state": status.state})


async def explain(cluster: Cluster, order: Order, what: Explain, known: Knowledge) -> None:
    """Write why the Order waits, or that nothing is wrong any more."""
    told: Diagnosis | None = None
    if what.reason:
        told = diagnosed(
            order.status.diagnosis, known.attempts, what.cause, what.reason, until=what.until
        )
    status = msgspec.structs.replace(
        order.status, reason=what.reason, state=what.state, diagnosis=told
    )
    if await _write(cluster, order, status):
        logger.info("order waits", extra={"reason": what.reason, "state": what.state})
        if what.event:
            cluster.recorder.event(ORDER, order, "Warning", what.event, what.reason)


async def fail(cluster: Cluster, order: Order, what: Fail, known: Knowledge, now: datetime) -> None:
    """Write that the Order ended without a certificate, and why."""
    status = msgspec.structs.replace(
        order.status,
        state=what.state,
        reason=what.reason,
        failure_time=whole_second(now),
        diagnosis=diagnosed(order.status.diagnosis, known.attempts, what.cause, what.reason),
    )
    if await _write(cluster, order, status):
        logger.warning("order failed", extra={"reason": what.reason, "state": what.state})
        cluster.recorder.event(ORDER, order, "Warning", names.EVENT_FAILED, what.reason)


async def complete(cluster: Cluster, order: Order, certificate: bytes) -> None:
    """Write the certificate; one for another key too, with a reason, for it to fail the request."""
    strange = "" if _fits(order, certificate) else sentences.MISMATCH
    status = msgspec.structs.replace(
        order.status,
        state=states.VALID,
        certificate=certificate,
        reason=strange,
        diagnosis=diagnosis("mismatch", strange) if strange else None,
    )
    if not await _write(cluster, order, status):
        return
    if strange:
        logger.warning("order completed for another key")
        cluster.recorder.event(ORDER, order, "Warning", names.EVENT_FAILED, strange)
    else:
        logger.info("order completed")
        cluster.recorder.event(
            ORDER, order, "Normal", names.EVENT_ORDER_VALID, "Order completed successfully"
        )


async def _write(cluster: Cluster, order: Order, status: OrderStatus) -> bool:
    """Whether it is written; if not, the cache holds the newest version for another decision."""
    patch = status_patch(order, status)
    if not patch:
        return True
    where = order.metadata.namespace, order.metadata.name
    try:
        answer = await cluster.kube.patch(ORDER, *where, patch, subresource="status")
    except NotFound:
        cluster.orders.drop(order)
        return False
    except Conflict:
        return await _look_again(cluster, order)
    cluster.orders.feed(answer)
    return True


async def _look_again(cluster: Cluster, order: Order) -> bool:
    try:
        newest = await cluster.kube.get(ORDER, order.metadata.namespace, order.metadata.name)
    except NotFound:
        cluster.orders.drop(order)
    else:
        cluster.orders.feed(newest)
    return False


def _fits(order: Order, certificate: bytes) -> bool:
    """Whether the certificate is for the key that signed the request."""
    try:
        asked = csr.read_csr(order.spec.request).public_key_digest
        return leaf.read_chain(certificate).public_key_digest == asked
    except Unreadable:
        return False
