"""Everything that can be done next about a Challenge: a closed set of small frozen values."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do until something changes."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until that time, or a change; None: a change alone.

    `for_secrets`: a change of the Secrets that the solver names counts as well.
    """

    until: datetime | None
    for_secrets: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """Publish the answer."""


@dataclass(frozen=True, slots=True)
class Record:
    """Write that the answer is published."""


@dataclass(frozen=True, slots=True)
class Check:
    """Look, as the CA will, whether the answer can be seen."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Tell the CA to look."""


@dataclass(frozen=True, slots=True)
class ReadAuthorization:
    """Read the authorization at the CA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Write why the Challenge waits; an empty reason means that nothing is wrong.

    `cause` is one word for programs; `event`, where set, is the reason of a Warning event with the
    same text.
    """

    reason: str
    cause: str = ""
    until: datetime | None = None
    event: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Write the state that the Challenge ended in, and why. The reason is never empty."""

    state: str
    reason: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Take the answer away, once, within so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Release:
    """Take our finalizers off. `leftover` says what may stay behind, and why; empty: nothing."""

    leftover: str = ""


Action: TypeAlias = (
    Rest
    | Wait
    | Present
    | Record
    | Check
    | Answer
    | ReadAuthorization
    | Explain
    | Settle
    | CleanUp
    | Release
)
