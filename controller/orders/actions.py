"""Everything that can be done next about an Order: a closed set of small frozen values."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from controller.acme.messages import NewOrder
from orderapi.challenge import Challenge
from orderapi.order import Authorization, OfferedChallenge
from orderapi.solver import Solver


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do until something changes."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until that time, or a change; None: a change alone."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Submit:
    """Place the order at the CA (RFC 8555 section 7.4)."""

    new: NewOrder


@dataclass(frozen=True, slots=True)
class ReadAuthorizations:
    """Read these authorizations at the CA."""

    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Write down where the order is, and how each of its names is to be proved."""

    url: str
    finalize_url: str
    authorizations: tuple[Authorization, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Look:
    """Read the order at the CA."""

    url: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A Challenge to make: for which authorization, which of its offers, by which solver."""

    name: str
    authorization: Authorization
    offered: OfferedChallenge
    type: str
    solver: Solver


@dataclass(frozen=True, slots=True)
class CreateChallenges:
    """Make these Challenges."""

    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class RemoveChallenges:
    """Delete these Challenges; their own room cleans up after them."""

    challenges: tuple[Challenge, ...]


@dataclass(frozen=True, slots=True)
class Finalize:
    """Hand in the signing request."""

    url: str


@dataclass(frozen=True, slots=True)
class Download:
    """Fetch the certificate from there, and be done."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Write why the Order waits; an empty reason means that nothing is wrong.

    `cause` is one word for programs; `event`, where set, is the reason of a Warning event with the
    same text.
    """

    reason: str
    state: str
    cause: str = ""
    until: datetime | None = None
    event: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Write that the Order ended in this state of failure. The reason is never empty."""

    state: str
    reason: str
    cause: str


Action: TypeAlias = (
    Rest
    | Wait
    | Submit
    | ReadAuthorizations
    | Record
    | Look
    | CreateChallenges
    | RemoveChallenges
    | Finalize
    | Download
    | Explain
    | Fail
)
