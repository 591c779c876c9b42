"""What a failure means for what happens next: the one table of what is tried again, and when.

    rateLimited, 429                       exactly when the CA says; it is not a failure
    5xx, no answer, badNonce, not ready    seconds, growing, with jitter
    our own check fails                    look again: often, then every 10 s, then every minute
    the CA broke its protocol              a minute, growing to an hour
    the account is unknown to the CA       half a minute, growing to ten minutes: it is made anew
    only a change of something helps       OnChange
    any other refusal                      the attempt is over; see `next_attempt` for the next
    anything unknown                       try again, seconds growing to a minute: never give up

Pure: time is an input, and jitter comes from its microseconds. Refuses to know rooms and to word
anything: reasons are what the failure says of itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from controller.acme.problem import (
    RATE_LIMITED,
    URN,
    AcmeError,
    Misconfigured,
    Problem,
    Unreachable,
    Violation,
)
from controller.runtime.errors import ApiError, Conflict, TooManyRequests, Unavailable
from controller.runtime.schedule import OnChange
from controller.solvers.errors import SolverError
from controller.solvers.timing import check_again_at
from orderapi.names import INVALID_REASONS

WAITS_FOR_CHANGE: Final = frozenset(
    {
        "badCSR",
        "badPublicKey",
        "badSignatureAlgorithm",
        "caa",
        "externalAccountRequired",
        "invalidProfile",
        "malformed",
        "rejectedIdentifier",
        "unsupportedIdentifier",
        "userActionRequired",
    }
)
"""Problem types that the same request meets again until somebody changes something."""

_SOON: Final = frozenset({"badNonce", "conflict", "orderNotReady", "serverInternal"})
_KINDS: Final = re.compile(re.escape(URN) + r"(\w+)")
_SUBKINDS: Final = re.compile(r"[\[:;] ?(" + "|".join(sorted(WAITS_FOR_CHANGE)) + r"): ")

_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Try again at this time (aware), not before."""

    time: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """This attempt is over, for this reason; it is never empty."""

    reason: str


Verdict: TypeAlias = RetryAt | OnChange | GiveUp


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFacts:
    """What is known of a failure, wherever it came from.

    `kind` is the CA's problem type without its prefix, `status` the HTTP status of its answer (0:
    none), `retry_at` the wish of whoever refused. `lasting`: only a change of something can help.
    `unseen_since`: our own check has looked for the published answer since then, and not found it.
    """

    message: str
    kind: str = ""
    status: int = 0
    retry_at: datetime | None = None
    lasting: bool = False
    violation: bool = False
    unseen_since: datetime | None = None


def facts_of(failure: Exception) -> FailureFacts:
    """The facts that an exception carries. One that is not known here is worth another try."""
    match failure:
        case Problem() as problem:
            return FailureFacts(
                message=problem.sentence(),
                kind=problem.kind,
                status=problem.status,
                retry_at=problem.retry_at,
            )
        case Unreachable() as unreachable:
            return FailureFacts(
                message=unreachable.sentence(),
                kind="unreachable",
                status=unreachable.status,
                retry_at=unreachable.retry_at,
            )
        case Violation() as violation:
            return FailureFacts(message=violation.sentence(), kind="violation", violation=True)
        case Misconfigured(kind="") as refused:
            return FailureFacts(message=refused.sentence(), kind="misconfigured", lasting=True)
        case Misconfigured() as refused:
            # Refused here in the CA's place, so it is told and read back as the CA's word would be.
            message = f"{URN}{refused.kind}: {refused.sentence()}"
            return FailureFacts(message=message, kind=refused.kind, lasting=True)
        case AcmeError() as other:
            return FailureFacts(message=other.sentence(), kind=other.kind, retry_at=other.retry_at)
        case SolverError() as unsolved:
            return FailureFacts(
                message=str(unsolved), kind=unsolved.cause, lasting=not unsolved.retryable
            )
        case _:
            return FailureFacts(message=str(failure) or type(failure).__name__)


def verdict(failure: Exception | FailureFacts, now: datetime, *, attempts: int) -> Verdict:
    """What happens after a failure at `now`; `attempts` counts failures in a row, this one too."""
    if isinstance(failure, ApiError):
        return _of_the_api_server(failure, now, attempts)
    facts = failure if isinstance(failure, FailureFacts) else facts_of(failure)
    if facts.unseen_since is not None:
        return RetryAt(check_again_at(facts.unseen_since, now))
    if facts.lasting and facts.kind not in WAITS_FOR_CHANGE:
        return OnChange()
    if is_rate_limit(facts):
        return RetryAt(facts.retry_at or now + _growing(attempts, _MINUTE, longest=_HOUR))
    if facts.kind == "accountDoesNotExist":
        return _back_off(facts, now, attempts, first=30 * _SECOND, longest=10 * _MINUTE)
    if facts.violation:
        return _back_off(facts, now, attempts, first=_MINUTE, longest=_HOUR)
    if facts.status >= 500 or facts.kind in _SOON:
        return _back_off(facts, now, attempts, first=_SECOND, longest=_MINUTE)
    if 400 <= facts.status < 500 or facts.kind in WAITS_FOR_CHANGE:
        return GiveUp(facts.message or "refused, and no reason was given")
    return _back_off(facts, now, attempts, first=_SECOND, longest=_MINUTE)


def is_rate_limit(facts: FailureFacts) -> bool:
    """Whether the CA asked for patience: a wait, not a failure."""
    return facts.kind == RATE_LIMITED or facts.status == 429


def problem_kind(reason: str) -> str:
    """The CA's problem type that a reason tells of, without its prefix; empty where there is none.

    A reason may tell of several names: the type that only a change helps against counts first, for
    while it is there no order with the same names can succeed.
    """
    kinds: Sequence[str] = _KINDS.findall(reason)
    if not kinds:
        return ""
    named = [*kinds, *_SUBKINDS.findall(reason)]
    return next((kind for kind in named if kind in WAITS_FOR_CHANGE), kinds[0])


def failure_kind(reason: str, message: str) -> str:
    """What a failed attempt failed of: the reason of a request that is refused for what it asks,
    else the CA's problem type in the message; empty where there is neither."""
    return reason if reason in INVALID_REASONS else problem_kind(message)


def waits_for_change(kind: str) -> bool:
    """Whether the same attempt fails again until somebody changes something."""
    return kind in WAITS_FOR_CHANGE or kind in INVALID_REASONS


def next_attempt(
    kind: str,
    failed_attempts: int,
    last_failure: datetime,
    *,
    minimum: timedelta | None = None,
    maximum: timedelta | None = None,
) -> datetime:
    """When a name set may be ordered again after `failed_attempts` in a row, the last of this kind.

    After 1, 4, 16 and 60 minutes, then hourly: at most five within an hour. `minimum` and
    `maximum`, where the operator gave them, take the place of the first and the last of these.
    What waits for a change is tried once a day all the same, or as seldom as any other: a CAA
    record that was mended, or a policy of the CA, changes no object here.
    """
    first = minimum if minimum is not None else _MINUTE
    longest = max(maximum if maximum is not None else _HOUR, first)
    delay = _growing(failed_attempts, first, longest=longest, factor=4)
    return last_failure + (max(delay, _DAY) if waits_for_change(kind) else delay)


def _of_the_api_server(failure: ApiError, now: datetime, attempts: int) -> Verdict:
    match failure:
        case Conflict():
            return RetryAt(now)
        case TooManyRequests(retry_after=seconds) if seconds > 0:
            return RetryAt(now + timedelta(seconds=seconds))
        case TooManyRequests() | Unavailable():
            return RetryAt(now + _jittered(_growing(attempts, _SECOND, longest=_MINUTE), now))
        case _:
            # A missing rule or a schema that refuses: somebody mends it, and nothing tells us when.
            return RetryAt(now + _jittered(_growing(attempts, _SECOND, longest=5 * _MINUTE), now))


def _back_off(
    facts: FailureFacts, now: datetime, attempts: int, *, first: timedelta, longest: timedelta
) -> RetryAt:
    own = now + _jittered(_growing(attempts, first, longest=longest), now)
    return RetryAt(own if facts.retry_at is None else max(own, facts.retry_at))


def _growing(
    attempts: int, first: timedelta, *, longest: timedelta, factor: float = 2
) -> timedelta:
    """`first` after one attempt, then times `factor` each, up to `longest`."""
    steps = min(max(attempts, 1) - 1, 10)
    return min(first * factor**steps, longest)


def _jittered(delay: timedelta, now: datetime) -> timedelta:
    """The delay, up to a quarter shorter: those who failed together do not come back together."""
    return delay * (1 - now.microsecond / 4_000_000)
