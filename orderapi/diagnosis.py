"""The diagnosis: why an object is not there yet, in words, with the last attempts.

It is written for people and never read by a decision. It is bounded: five attempts, 4 KiB of JSON.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from orderapi.wire import Wire

MAX_ATTEMPTS: Final = 5
MAX_BYTES: Final = 4096

_CUT: Final = "…"


class Attempt(Wire):
    """One try and how it ended."""

    time: datetime
    """When the attempt ended."""
    outcome: str
    """How it ended, as one word for programs, for instance the CA's problem type."""
    message: str = ""
    """What was tried and what came back, as a sentence."""


class Diagnosis(Wire):
    """What keeps an object from being done."""

    cause: str
    """What is wrong, as one word for programs: a problem type of the CA, or a part that failed."""
    message: str = ""
    """What is wrong, on what it was seen, and who must act, as a sentence."""
    next_retry_time: datetime | None = None
    """When the next attempt is made; absent while only a change of something can help."""
    attempts: tuple[Attempt, ...] = ()
    """The last attempts, newest last, at most five."""


def diagnosis(
    cause: str,
    message: str,
    *,
    next_retry_time: datetime | None = None,
    attempts: Sequence[Attempt] = (),
) -> Diagnosis:
    """A Diagnosis within the bounds: the newest five attempts, texts cut where 4 KiB of JSON would
    be passed."""
    full = Diagnosis(
        cause=cause,
        message=message,
        next_retry_time=next_retry_time,
        attempts=tuple(attempts[-MAX_ATTEMPTS:]),
    )
    budget = MAX_BYTES
    bounded = full
    while len(msgspec.json.encode(bounded)) > MAX_BYTES:
        budget //= 2
        bounded = _cut_to(full, budget)
    return bounded


def _cut_to(full: Diagnosis, characters: int) -> Diagnosis:
    return msgspec.structs.replace(
        full,
        cause=_shortened(full.cause, characters),
        message=_shortened(full.message, characters),
        attempts=tuple(
            msgspec.structs.replace(
                attempt,
                outcome=_shortened(attempt.outcome, characters // MAX_ATTEMPTS),
                message=_shortened(attempt.message, characters // MAX_ATTEMPTS),
            )
            for attempt in full.attempts
        ),
    )


def _shortened(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: max(characters - 1, 0)] + _CUT
