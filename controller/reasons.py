"""What Orders and Challenges tell people in their status, within the API's bounds. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orderapi.diagnosis import Attempt, Diagnosis, diagnosis
from orderapi.times import whole_second

LONGEST: Final = 4096
"""Bytes that a status reason may have."""


def bounded(reason: str) -> str:
    """The reason, cut to 4,096 bytes at a character's end."""
    encoded = reason.encode()
    if len(encoded) <= LONGEST:
        return reason
    return encoded[: LONGEST - 3].decode(errors="ignore") + "…"


def ended(sentence: str) -> str:
    """The sentence with a period at its end."""
    return sentence if sentence.endswith(".") else f"{sentence}."


def diagnosed(
    before: Diagnosis | None,
    attempts: Sequence[Attempt],
    cause: str,
    message: str,
    *,
    until: datetime | None = None,
) -> Diagnosis:
    """The new diagnosis; the attempts are those of this process, or else those told before."""
    earlier = before.attempts if before is not None else ()
    return diagnosis(
        cause,
        message,
        next_retry_time=whole_second(until) if until is not None else None,
        attempts=attempts or earlier,
    )
