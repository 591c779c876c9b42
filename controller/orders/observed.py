"""What a decision about an Order may depend on. Values only; nothing here reads or asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from controller.acme import messages
from controller.verdict import FailureFacts
from orderapi import states
from orderapi.challenge import Challenge
from orderapi.diagnosis import Attempt
from orderapi.issuer import AnyIssuer
from orderapi.order import Order

Step: TypeAlias = Literal["account", "create", "read", "authorizations", "finalize", "download"]
"""What was tried at the CA; `account` comes before all of them."""

FRESH: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The order as the CA showed it at `at`.

    It has shown this status since `since`, and was read `polls` times in it: 0 where the status
    came as the answer to newOrder or finalize.
    """

    order: messages.Order
    at: datetime
    since: datetime
    polls: int = 0

    @property
    def state(self) -> str:
        """The CA's status as an Order shows it before its end."""
        match self.order.status:
            case "ready" | "processing" as status:
                return status
            case "valid":  # not before the certificate is there
                return states.PROCESSING
            case _:
                return states.PENDING

    def tells_of_an_end(self, now: datetime) -> bool:
        """Whether it was read late enough to say what the end of a Challenge did to the order."""
        return self.order.status == "invalid" or (self.polls > 0 and now - self.at < FRESH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The last try failed, at `at`, for the `attempts`-th time in a row.

    `issuer_version` is the resourceVersion of the issuer that it was tried with.
    """

    step: Step
    facts: FailureFacts
    attempts: int
    at: datetime
    issuer_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the CA told this process about an Order. Lost at a restart, and then learned again.

    `authorizations` are by URL, as they were at `authorizations_at`.
    """

    sighting: Sighting | None = None
    authorizations: Mapping[str, messages.Authorization] = field(default_factory=dict)
    authorizations_at: datetime | None = None
    trouble: Trouble | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One Order and its surroundings at one time; `challenges` are those it controls by uid."""

    order: Order
    now: datetime
    issuer: AnyIssuer | None = None
    challenges: tuple[Challenge, ...] = ()
    knowledge: Knowledge = Knowledge()

    @property
    def sighting(self) -> Sighting | None:
        """What the CA showed of the order that is recorded, or that is still to be recorded."""
        sighting, url = self.knowledge.sighting, self.order.status.url
        return sighting if sighting is not None and url in ("", sighting.order.url) else None
