"""The words that people read in an Order's reason. Pure.

A sentence says what was tried, on what, what came back, and what happens next. It holds no time
that moves by itself, so that it is written once and not at every try.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from controller.acme import messages
from controller.orders.identifiers import shown
from controller.orders.observed import Step, Trouble
from controller.reasons import ended
from controller.verdict import is_rate_limit
from orderapi import defaults
from orderapi.challenge import Challenge
from orderapi.names import PROBLEM_URN
from orderapi.references import IssuerRef

MISMATCH: Final = (
    "The CA handed out a certificate for another key than the one in the signing request: it had "
    "given this order to another request for the same names before. The request fails, and the "
    "next one gets an order of its own."
)

_SHOWN: Final = 3
_TRIED: Final[dict[Step, str]] = {
    "account": "The account of the issuer cannot be used",
    "create": "Failed to create Order",
    "read": "Failed to read the Order at the CA",
    "authorizations": "Failed to fetch authorization",
    "finalize": "Failed to finalize Order",
    "download": "Failed to retrieve signed certificate",
}


def tried(step: Step, message: str) -> str:
    """What was tried and what came back."""
    return f"{_TRIED[step]}: {message}"


def held_up(trouble: Trouble, until: datetime | None) -> str:
    """Why the Order waits after a failure that is no end."""
    told = tried(trouble.step, trouble.facts.message)
    if until is None:
        return f"{ended(told)} It is tried again when the issuer changes."
    if is_rate_limit(trouble.facts):
        return f"The CA asks to wait until {stamp(until)}; then it is tried again. {told}"
    return f"{ended(told)} It is tried again by itself."


def no_issuer(ref: IssuerRef, namespace: str) -> str:
    """Why an Order whose issuer is not there waits."""
    kind = defaults.issuer_kind(ref)
    where = "" if kind == "ClusterIssuer" else f' in namespace "{namespace}"'
    return f'{kind} "{ref.name}"{where} does not exist, or is not of type acme: create or mend it.'


def unsolvable(refusals: Sequence[str], ref: IssuerRef) -> str:
    """Why no Challenge was made, and what to do."""
    issuer = f'{defaults.issuer_kind(ref)} "{ref.name}"'
    return (
        f"Failed to determine a valid solver configuration for the set of domains on the Order: "
        f"{_some(refusals)}. Edit spec.acme.solvers of {issuer}; the Order then goes on by itself."
    )


def name_taken(challenge: str) -> str:
    """Why a Challenge is not made."""
    return (
        f'Challenge "{challenge}" exists and is not controlled by this Order: delete it, and the '
        f"Order makes its own."
    )


def not_made(challenge: str, refusal: str) -> str:
    """Why a Challenge is not made: the API server, a quota or a policy refuses it."""
    return f'Challenge "{challenge}" could not be created: {refusal}. It is tried again by itself.'


def slow(challenges: Sequence[Challenge]) -> str:
    """What Challenges wait for that have been open for long; empty where they do not say."""
    return _some(
        [
            f'Waiting for Challenge "{one.metadata.name}" for "{name_of(one)}": {one.status.reason}'
            for one in challenges
            if one.status.reason
        ]
    )


def working(status: str) -> str:
    """Why an Order waits whose CA takes its time."""
    if status == "processing":
        return "The CA has the signing request and has not issued the certificate yet."
    return f'All names are authorized, but the CA still says that the order is "{status}".'


def lost(url: str, message: str) -> str:
    """The recorded order is not at the CA.

    Without the URN: another order would be placed, so nobody has to change anything first.
    """
    plain = message.replace(PROBLEM_URN, "")
    return f"The CA no longer knows this order ({url}); it answered: {plain}"


def expired(waited: str, expires: datetime) -> str:
    """The order's time ran out before its names were proved."""
    waited = waited or "its challenges were not done by then."
    return f"The order expired at the CA at {stamp(expires)}: {waited}"


def failed_challenges(order: messages.Order | None, challenges: Sequence[Challenge]) -> str:
    """Why an Order failed of which Challenges failed; the CA's word on the order comes last."""
    told = [
        f'Challenge "{one.metadata.name}" for "{name_of(one)}" failed: '
        f"{one.status.reason or 'it is ' + one.status.state}"
        for one in challenges
    ]
    error = order.error if order is not None else None
    if error is not None and (not error.detail or error.detail not in " ".join(told)):
        told.append(f"the CA on the order: {error.sentence()}")
    return _some(told, limit=10)


def invalid(
    order: messages.Order, authorizations: Iterable[messages.Authorization], *, doing: str = ""
) -> str:
    """Why the CA made an order invalid, as far as it says so anywhere."""
    told = [doing] if doing else []
    if order.error is not None:
        told.append(order.error.sentence())
    told += [text for one in authorizations if (text := _refused(one))]
    if not told:
        told = ["it gave no reason, neither with the order nor with an authorization"]
    return f"The CA made the order invalid: {_some(told, limit=10)}"


def name_of(challenge: Challenge) -> str:
    """The name that a Challenge is for, as it stands in the certificate."""
    return shown(challenge.spec.dns_name, wildcard=challenge.spec.wildcard)


def stamp(time: datetime) -> str:
    """A time as the API writes it: UTC, whole seconds."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _refused(authorization: messages.Authorization) -> str:
    """What the CA has against one name; empty where that is nothing."""
    if authorization.status in ("pending", "valid"):
        return ""
    name = shown(authorization.identifier.value, wildcard=authorization.wildcard)
    errors = [one.error.sentence() for one in authorization.challenges if one.error is not None]
    return f'the authorization for "{name}" is {authorization.status}' + "".join(
        f": {error}" for error in errors
    )


def _some(texts: Sequence[str], *, limit: int = _SHOWN) -> str:
    more = len(texts) - limit
    return "; ".join(texts[:limit]) + (f"; and {more} more" if more > 0 else "")
