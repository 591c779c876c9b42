"""When the next attempt may be made: after a failure, and within the budget of requests. Pure.

A failure is classified by what the Issuing condition tells of it: its reason where the request was
refused for what it asks, else the CA's problem type in its message.
A change of the Certificate's spec or of its issuer, or the issuer's becoming ready, ends the wait
after a failure; nothing ends that of the budget.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.certificates.observed import Observed
from controller.certificates.planning import issuer_seen
from controller.certificates.triggers import short_form
from controller.verdict import failure_kind, next_attempt, waits_for_change
from orderapi import attempts
from orderapi.conditions import find
from orderapi.names import ISSUER_SEEN, ISSUING, READY

FAILED: Final = "The certificate request has failed to complete and will be retried: "
"""How the message of a failed issuance begins."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`, told in a sentence."""

    until: datetime
    sentence: str


def after_failure(seen: Observed) -> Wait | None:
    """The wait that the last failed issuance calls for; None where there is none, or it is over."""
    status = seen.certificate.status
    if status.last_failure_time is None or _lifted(seen, status.last_failure_time):
        return None
    failure = last_failure(seen)
    kind = failure_kind(_reason(seen), failure)
    time = next_attempt(
        kind,
        status.failed_issuance_attempts or 1,
        status.last_failure_time,
        minimum=seen.wishes.minimum_backoff,
        maximum=seen.wishes.maximum_backoff,
    )
    if time <= seen.now:
        return None
    change = "when the Certificate or its issuer changes, or " if waits_for_change(kind) else ""
    return Wait(
        time,
        f"The last attempt failed: {failure.rstrip('. ')}. The next one is made {change}at "
        f"{short_form(time)}.",
    )


def for_budget(seen: Observed) -> Wait | None:
    """The wait until another request for these names may be made."""
    names = attempts.names_digest(seen.certificate.spec)
    time = attempts.free_at(seen.attempts, names, seen.now)
    if time is None:
        return None
    return Wait(
        time,
        f"{len(seen.attempts)} requests were made within an hour, which is as many as a CA should "
        f"get. The next one is made at {short_form(time)}.",
    )


def longest(seen: Observed) -> Wait | None:
    """The one of both waits that ends last."""
    waits = [wait for wait in (after_failure(seen), for_budget(seen)) if wait is not None]
    return max(waits, key=lambda wait: wait.until, default=None)


def last_failure(seen: Observed) -> str:
    """What the last failed issuance told, without the words around it."""
    issuing = find(seen.certificate.status.conditions, ISSUING)
    message = issuing.message if issuing is not None else ""
    return message.removeprefix(FAILED) if message.startswith(FAILED) else "no reason is known"


def _reason(seen: Observed) -> str:
    issuing = find(seen.certificate.status.conditions, ISSUING)
    return issuing.reason if issuing is not None else ""


def _lifted(seen: Observed, failed_at: datetime) -> bool:
    issuing = find(seen.certificate.status.conditions, ISSUING)
    tried = issuing.observed_generation if issuing is not None else None
    if tried is not None and tried != seen.certificate.metadata.generation:
        return True
    issuer = seen.issuer
    ready = find(issuer.status.conditions, READY) if issuer is not None else None
    if issuer is None or ready is None or ready.status != "True":
        return False
    if ready.observed_generation not in (None, issuer.metadata.generation):
        return False
    if ready.last_transition_time is not None and ready.last_transition_time > failed_at:
        return True
    with_issuer = [made.request.metadata.annotations.get(ISSUER_SEEN) for made in seen.coming]
    return any(with_ not in (None, issuer_seen(issuer)) for with_ in with_issuer)
