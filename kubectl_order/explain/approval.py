"""Requests that nobody has approved, and those that were denied. Pure."""

from datetime import timedelta
from typing import Final

from kubectl_order.explain.about import (
    conditions,
    has_ended,
    is_given_up,
    issuer_is_foreign,
    issuer_named,
    ref,
    said,
    said_by,
)
from kubectl_order.explain.words import clause, distance, sentence
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Standing, kubectl, plugin
from orderapi.conditions import find, is_true
from orderapi.defaults import issuer_group
from orderapi.names import APPROVED, DENIED, READY, REASON_DENIED

SOON: Final = timedelta(seconds=20)
"""How long an approver may take without a word."""

NOT_APPROVED: Final = "until it is Approved"
"""Both controllers say so of a request that waits for approval."""


def denied(chain: Chain) -> Finding | None:
    """Somebody has denied the request."""
    request = chain.request
    if request is None or is_given_up(chain):
        return None
    ready = find(request.status.conditions, READY)
    by_ready = ready is not None and ready.reason == REASON_DENIED
    if not is_true(request.status.conditions, DENIED) and not by_ready:
        return None
    condition = find(request.status.conditions, DENIED) or ready
    if condition is None:
        return None
    at, told = ref(request), said_by(ref(request), condition)
    why = clause(told.text) or clause(told.reason) or "no reason was given"
    subject = ref(chain.certificate) if chain.certificate is not None else at
    return Finding(
        cause="denied",
        on=at,
        headline=f'CertificateRequest "{at.name}" was denied: {why}',
        evidence=(
            f"Condition {condition.type} has the reason {clause(told.reason) or 'Denied'}, which "
            f"names who denied it.",
            *((f"It says: {sentence(told.text)}",) if told.text else ()),
        ),
        since=told.since or request.status.failure_time,
        who=Actor.ADMIN,
        fix=(
            "Ask whoever runs the approver which requests it approves; change the Certificate or "
            "its policy, and begin a new attempt."
        ),
        command=plugin("retry", subject)
        if chain.certificate is not None
        else kubectl("describe", at),
        standing=Standing.FAILED,
    )


def approval_pending(chain: Chain) -> Finding | None:
    """Nobody has approved the request."""
    request = chain.request
    if request is None or has_ended(request) or is_true(conditions(request), APPROVED):
        return None
    told = said(request)
    created = request.metadata.creation_timestamp
    waits = told is not None and NOT_APPROVED in told.text
    if chain.order is not None or not (
        waits or (created is not None and chain.now - created > SOON)
    ):
        return None
    at = ref(request)
    group = issuer_group(issuer_named(chain)) if issuer_is_foreign(chain) else ""
    whose = f', which is for an issuer of group "{group}"' if group else ""
    made = f" It was made {distance(created, chain.now)}." if created is not None else ""
    return Finding(
        cause="approval-pending",
        on=at,
        headline=f'Nobody has approved CertificateRequest "{at.name}"{whose}',
        evidence=(f"It has neither of the conditions Approved and Denied.{made}",),
        since=created,
        who=Actor.ADMIN,
        fix=_approve(group),
        command=kubectl("describe", at),
        standing=Standing.WAITING,
    )


def _approve(group: str) -> str:
    right = f', and it needs the verb approve for signers of group "{group}"' if group else ""
    return (
        f"Whoever approves requests in this cluster must set the condition Approved; where that "
        f"is the controller, its --controllers must not leave the approver out{right}."
    )


RULES: Final = (denied, approval_pending)
