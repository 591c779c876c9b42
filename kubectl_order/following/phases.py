"""Phases of an issuance: what has changed between two looks at it, and how it ended. Pure."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from kubectl_order.chain import revision_of
from kubectl_order.describe.states import of_request
from kubectl_order.describe.steps import steps
from kubectl_order.explain.about import is_issuing
from kubectl_order.facts import Chain, Subject, secrets_in
from kubectl_order.finding import Ref
from kubectl_order.report import Step, Top
from kubectl_order.text import redacted
from orderapi import states
from orderapi.certificate import Certificate
from orderapi.conditions import FALSE, TRUE, find
from orderapi.names import ISSUING, READY
from orderapi.order import Order

GONE: Final = "gone"
"""The word for an object that is not there any more."""

_ONE_WRITE: Final = timedelta(seconds=2)
"""How far apart two times may be that one write has set."""


class Change(Top):
    """What `kubectl order watch -o json` prints, one on each line.

    `before` is null for an object that was not there, or not looked at. `after` is its state in one
    word, `gone` once it is deleted; `reason` says why it waits or failed.
    """

    kind: str = "OrderChange"
    time: datetime
    ref: Ref
    before: str | None
    after: str
    reason: str

    def refs(self) -> tuple[Ref, ...]:
        return (self.ref,)


class Ending(Enum):
    """How an issuance ended."""

    DONE = "done"
    FAILED = "failed"


def present(chain: Chain) -> tuple[Change, ...]:
    """How each object of the chain stands now."""
    return _safe(tuple(_change(chain, None, step) for step in steps(chain)), chain)


def changes(before: Chain, after: Chain) -> tuple[Change, ...]:
    """What has changed: states, the reasons for them, objects that came or went. No tokens."""
    old = {step.ref: step for step in steps(before)}
    new = {step.ref: step for step in steps(after)}
    came = (
        _change(after, old.get(ref), step)
        for ref, step in new.items()
        if _said(old.get(ref)) != _said(step)
    )
    went = (
        Change(time=after.now, ref=ref, before=step.state, after=GONE, reason="")
        for ref, step in old.items()
        if ref not in new
    )
    return _safe((*went, *came), before, after)


def ending(chain: Chain, subject: Subject) -> Ending | None:
    """How the issuance ended that the subject is about; None while it is under way.

    That of a Certificate has when it is Ready and nothing new is being issued, or when its last
    attempt failed; that of a request or an Order when it has come to its end, and a success is in
    the Secret.
    """
    if chain.certificate is not None and isinstance(subject, Certificate):
        return _of_certificate(chain.certificate)
    word = of_request(chain.request)[0] if chain.request is not None else ""
    if isinstance(subject, Order) and chain.order is not None:
        word = chain.order.status.state if word != "issued" else states.VALID
    if word in ("failed", "denied", "invalid") or word in states.FAILED:
        return Ending.FAILED
    if word not in ("issued", states.VALID):
        return None
    return Ending.DONE if _is_stored(chain) else None


def has_failed(certificate: Certificate) -> bool:
    """Whether the last attempt failed, and no other is under way.

    An issuance that is held back sets the same condition without being a failure; only a failure
    writes its time at the same moment.
    """
    status = certificate.status
    issuing = find(status.conditions, ISSUING)
    if issuing is None or issuing.status != FALSE or status.last_failure_time is None:
        return False
    ended = issuing.last_transition_time
    return ended is None or abs(ended - status.last_failure_time) <= _ONE_WRITE


def _of_certificate(certificate: Certificate) -> Ending | None:
    if is_issuing(certificate):
        return None
    if has_failed(certificate):
        return Ending.FAILED
    ready = find(certificate.status.conditions, READY)
    seen = (None, certificate.metadata.generation)
    if ready is not None and ready.status == TRUE and ready.observed_generation in seen:
        return Ending.DONE
    return None


def _is_stored(chain: Chain) -> bool:
    """Whether what the request brought is in the Secret, or nobody waits for it."""
    if chain.certificate is None or chain.request is None:
        return True
    revision = chain.certificate.status.revision or 0
    return revision >= revision_of(chain.request) or not is_issuing(chain.certificate)


def _change(chain: Chain, before: Step | None, step: Step) -> Change:
    return Change(
        time=chain.now,
        ref=step.ref,
        before=before.state if before is not None else None,
        after="deleting" if step.deleting is not None else step.state,
        reason=step.reason,
    )


def _said(step: Step | None) -> tuple[str, str, bool] | None:
    return None if step is None else (step.state, step.reason, step.deleting is not None)


def _safe(found: tuple[Change, ...], *chains: Chain) -> tuple[Change, ...]:
    return redacted(found, tuple(secret for chain in chains for secret in secrets_in(chain)))
