"""What a decision about a Challenge may depend on. Values only; nothing here reads or asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from controller.acme import messages
from controller.derived import is_allowed
from controller.solvers.fingerprint import fingerprint
from controller.verdict import FailureFacts
from orderapi.challenge import Challenge
from orderapi.choice import same
from orderapi.diagnosis import Attempt
from orderapi.issuer import AnyIssuer
from orderapi.order import Order

Step: TypeAlias = Literal["account", "present", "check", "answer", "read"]
"""What was tried; `account` comes before whatever is asked of the CA."""

CREDENTIALS: Final = "credentials"
"""Kind of a failure that a Secret is the cause of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The last try failed, at `at`, for the `attempts`-th time in a row."""

    step: Step
    facts: FailureFacts
    attempts: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The authorization as the CA showed it at `at`, for the `polls`-th time since the answer."""

    authorization: messages.Authorization
    at: datetime
    polls: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What our own check saw, and when; `in_row`: how many times in a row it has passed.

    `unknown`: nothing could be seen from here, which says nothing about what the CA will see.
    """

    passed: bool
    evidence: str
    at: datetime
    unknown: bool = False
    in_row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUps:
    """Tries to take the answer away: how many, since when, and what went wrong last.

    `hopeless`: the Secret or the issuer is gone, so that no further try can do better.
    """

    tries: int
    first_at: datetime
    last_at: datetime
    message: str
    hopeless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What this process learned about a Challenge. Lost at a restart, and then learned again.

    `tried_to_present`: the answer may be published, whatever status says. `presented_at`: when it
    was first published; `published_at`: when last, for the `publications`-th time, as where others
    take it away. `answered_at`: when the CA was told to look; None where it was not, or nobody
    knows (see `knows_answered`).
    """

    tried_to_present: bool = False
    presented_at: datetime | None = None
    published_at: datetime | None = None
    publications: int = 0
    knows_answered: bool = False
    answered_at: datetime | None = None
    sighting: Sighting | None = None
    checked: Checked | None = None
    trouble: Trouble | None = None
    clean_ups: CleanUps | None = None
    cleaned: bool = False
    namespace_terminating: bool = False
    explained_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One Challenge and its surroundings at one time.

    `order` is the live Order that controls it, by uid; None for an orphan. `began`: since when it
    is looked at without a pause. `credentials_held`: those it was presented with are in memory.
    `shared`: another Challenge in work needs the very same record, as where a CA gives two requests
    the same order. `standing`: what was published is still there, as far as a watch can tell.
    `obstacle`: what of our own keeps everybody from seeing it.
    """

    challenge: Challenge
    now: datetime
    began: datetime
    order: Order | None = None
    issuer: AnyIssuer | None = None
    slot_free: bool = True
    credentials_held: bool = False
    shared: bool = False
    standing: bool = True
    obstacle: str = ""
    knowledge: Knowledge = Knowledge()

    @property
    def solver_is_the_issuers(self) -> bool:
        """Whether it is one that the issuer has now, as the Order's annotations change it."""
        acme = self.issuer.spec.acme if self.issuer is not None else None
        solver = self.challenge.spec.solver
        if acme is None or self.order is None:
            return acme is not None and same(solver, acme.solvers)
        return is_allowed(solver, self.order, acme.solvers)

    @property
    def presented(self) -> bool:
        """Whether the answer is published as this Challenge says it is to be."""
        status, known = self.challenge.status, self.knowledge
        if known.presented_at is not None:
            return True
        return bool(status.presented) and status.presented_solver == fingerprint(
            self.challenge.spec
        )

    @property
    def recorded(self) -> bool:
        """Whether status says that the answer is published.

        A digest that is missing counts for nothing: the CRDs of others do not keep it.
        """
        status = self.challenge.status
        digests = (None, fingerprint(self.challenge.spec))
        return bool(status.presented) and status.presented_solver in digests

    @property
    def presented_at(self) -> datetime:
        """When it was first published; now, where nobody knows."""
        return self.knowledge.presented_at or self.challenge.status.presented_at or self.now

    @property
    def published_at(self) -> datetime:
        """When it was last published."""
        return self.knowledge.published_at or self.presented_at

    @property
    def age(self) -> timedelta:
        """Time since the Challenge was made."""
        return self.now - (self.challenge.metadata.creation_timestamp or self.now)
