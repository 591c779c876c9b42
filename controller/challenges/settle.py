"""Writes how a Challenge stands, and tells its owner. The only writer of its status and finalizers.

Every write is bound to the version that was read. When that is no longer the newest, the newest is
read, and the decision is made anew: what was done is kept in the notebook meanwhile.
"""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from controller.challenges.actions import Explain, Settle
from controller.challenges.observed import Knowledge, Observed
from controller.challenges.unwind import FINALIZERS
from controller.cluster import Cluster
from controller.reasons import diagnosed
from controller.runtime.errors import Conflict, NotFound
from controller.runtime.patches import guard, status_patch
from controller.solvers.fingerprint import fingerprint
from orderapi import names, states
from orderapi.challenge import Challenge, ChallengeStatus
from orderapi.resources import CHALLENGE
from orderapi.times import whole_second

logger = logging.getLogger(__name__)


async def presented(cluster: Cluster, seen: Observed) -> None:
    """Write that the answer is published, and by what."""
    challenge = seen.challenge
    status = msgspec.structs.replace(
        challenge.status,
        presented=True,
        presented_at=whole_second(seen.presented_at),
        presented_solver=fingerprint(challenge.spec),
        processing=True,
        state=states.PENDING,
        reason="",
        diagnosis=None,
    )
    if await _write(cluster, challenge, status):
        note = f"Presented challenge using {challenge.spec.type} challenge mechanism"
        cluster.recorder.event(CHALLENGE, challenge, "Normal", names.EVENT_PRESENTED, note)


async def explain(cluster: Cluster, challenge: Challenge, what: Explain, known: Knowledge) -> None:
    """Write why the Challenge waits, or that nothing is wrong any more."""
    told = diagnosed(
        challenge.status.diagnosis, known.attempts, what.cause, what.reason, until=what.until
    )
    status = msgspec.structs.replace(
        challenge.status,
        reason=what.reason,
        state=challenge.status.state or states.PENDING,
        diagnosis=told if what.reason else None,
    )
    if await _write(cluster, challenge, status):
        logger.info("challenge waits", extra={"reason": what.reason})
        if what.event:
            cluster.recorder.event(CHALLENGE, challenge, "Warning", what.event, what.reason)


async def settle(cluster: Cluster, challenge: Challenge, what: Settle, known: Knowledge) -> None:
    """Write the end of the Challenge, and why."""
    failed = what.state != states.VALID
    status = msgspec.structs.replace(
        challenge.status,
        state=what.state,
        reason=what.reason,
        processing=False,
        diagnosis=diagnosed(challenge.status.diagnosis, known.attempts, what.cause, what.reason)
        if failed
        else None,
    )
    if not await _write(cluster, challenge, status):
        return
    logger.info("challenge ended", extra={"state": what.state, "reason": what.reason})
    if not failed:
        name, kind = challenge.spec.dns_name, challenge.spec.type
        note = f'Domain "{name}" verified with "{kind}" validation'
        cluster.recorder.event(CHALLENGE, challenge, "Normal", names.EVENT_DOMAIN_VERIFIED, note)
    elif what.cause != "order":
        cluster.recorder.event(CHALLENGE, challenge, "Warning", names.EVENT_FAILED, what.reason)


async def taken_away(cluster: Cluster, challenge: Challenge) -> bool:
    """Write, on one that is kept for people to read, that its answer is published no more."""
    status = msgspec.structs.replace(challenge.status, presented=False, processing=False)
    return await _write(cluster, challenge, status)


async def release(cluster: Cluster, challenge: Challenge) -> bool:
    """Take our finalizers off, the old one too; others stay."""
    meta = challenge.metadata
    kept = [name for name in meta.finalizers if name not in FINALIZERS]
    patch = {"metadata": {**guard(challenge), "finalizers": kept or None}}
    done = await _patch(cluster, challenge, patch, subresource="")
    if done and meta.deletion_timestamp is not None and not kept:
        cluster.challenges.drop(challenge)
    return done


async def _write(cluster: Cluster, challenge: Challenge, status: ChallengeStatus) -> bool:
    """Whether it is written; if not, the cache holds the newest version for another decision."""
    patch = status_patch(challenge, status)
    return not patch or await _patch(cluster, challenge, patch, subresource="status")


async def _patch(
    cluster: Cluster, challenge: Challenge, patch: Mapping[str, Any], *, subresource: str
) -> bool:
    where = challenge.metadata.namespace, challenge.metadata.name
    try:
        answer = await cluster.kube.patch(CHALLENGE, *where, patch, subresource=subresource)
    except NotFound:
        cluster.challenges.drop(challenge)
        return False
    except Conflict:
        await _look_again(cluster, challenge)
        return False
    cluster.challenges.feed(answer)
    return True


async def _look_again(cluster: Cluster, challenge: Challenge) -> None:
    where = challenge.metadata.namespace, challenge.metadata.name
    try:
        newest = await cluster.kube.get(CHALLENGE, *where)
    except NotFound:
        cluster.challenges.drop(challenge)
    else:
        cluster.challenges.feed(newest)
