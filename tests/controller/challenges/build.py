"""Challenges and what surrounds them, with sensible defaults."""

from datetime import datetime
from typing import Any

from controller.acme import messages
from controller.acme.problem import Problem
from controller.challenges.observed import (
    Checked,
    CleanUps,
    Knowledge,
    Observed,
    Sighting,
    Step,
    Trouble,
)
from controller.solvers.fingerprint import fingerprint
from controller.verdict import FailureFacts, facts_of
from orderapi.challenge import Challenge
from orderapi.issuer import AnyIssuer
from orderapi.order import Order
from tests.controller.orders.build import (
    NOW,
    a_challenge,
    an_issuer,
    placed,
    shown_authorization,
)

ORDER = placed()
FINGERPRINT = fingerprint(a_challenge(ORDER).spec)


def presented(*, at: datetime = NOW, **status: Any) -> Challenge:
    """A Challenge whose answer is published."""
    filled: dict[str, Any] = {
        "presented": True,
        "presented_at": at,
        "presented_solver": FINGERPRINT,
        "processing": True,
        "state": "pending",
    }
    return a_challenge(ORDER, **{**filled, **status})


def seen(
    challenge: Challenge,
    *,
    now: datetime = NOW,
    began: datetime | None = None,
    order: Order | None = ORDER,
    issuer: AnyIssuer | None = None,
    no_issuer: bool = False,
    slot_free: bool = True,
    credentials_held: bool = False,
    shared: bool = False,
    standing: bool = True,
    **known: Any,
) -> Observed:
    """An Observed; what is known as given."""
    return Observed(
        challenge=challenge,
        now=now,
        began=began or now,
        order=order,
        issuer=None if no_issuer else issuer or an_issuer(),
        slot_free=slot_free,
        credentials_held=credentials_held,
        shared=shared,
        standing=standing,
        knowledge=Knowledge(**known),
    )


def checked(evidence: str = "ns1: no such name", *, at: datetime = NOW) -> Checked:
    """A check that has not found the answer."""
    return Checked(passed=False, evidence=evidence, at=at)


def found(*, at: datetime = NOW) -> Checked:
    """A check that has found the answer."""
    return Checked(passed=True, evidence="ns1: has the value", at=at)


def a_sighting(
    status: str = "pending",
    *,
    own: str = "",
    at: datetime = NOW,
    polls: int = 1,
    error: Problem | None = None,
    retry_at: datetime | None = None,
) -> Sighting:
    """The authorization as the CA showed it; `own` is the status of the DNS-01 challenge."""
    shown = shown_authorization(0, status, error=error)
    challenges = tuple(
        messages.Challenge(
            url=one.url,
            type=one.type,
            status=own if own and one.type == "dns-01" else one.status,
            error=one.error,
        )
        for one in shown.challenges
    )
    authorization = messages.Authorization(
        url=shown.url,
        status=status,
        identifier=shown.identifier,
        challenges=challenges,
        retry_at=retry_at,
    )
    return Sighting(authorization=authorization, at=at, polls=polls)


def a_trouble(
    step: Step, failure: Exception | FailureFacts, *, attempts: int = 1, at: datetime = NOW
) -> Trouble:
    """A step that failed."""
    facts = failure if isinstance(failure, FailureFacts) else facts_of(failure)
    return Trouble(step=step, facts=facts, attempts=attempts, at=at)


def clean_ups(
    tries: int, *, first_at: datetime = NOW, last_at: datetime = NOW, hopeless: bool = False
) -> CleanUps:
    """Tries to clean up that failed."""
    return CleanUps(
        tries=tries, first_at=first_at, last_at=last_at, message="down.", hopeless=hopeless
    )
