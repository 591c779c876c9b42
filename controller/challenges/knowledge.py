"""What this process learned about Challenges and nobody has written down, by uid; and the
credentials of those that are published.

A Challenge that is gone or released is forgotten. Nothing here outlives the process.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from controller.acme import messages
from controller.challenges.observed import (
    Checked,
    CleanUps,
    Knowledge,
    Sighting,
    Step,
    Trouble,
)
from controller.solvers.check import Check
from controller.solvers.credentials import Credentials
from controller.verdict import FailureFacts
from orderapi.challenge import ChallengeStatus
from orderapi.diagnosis import MAX_ATTEMPTS, Attempt
from orderapi.times import whole_second

_NOTHING: Final = Knowledge()
MOST_HELD: Final = 1024


class Notebook:
    """Knowledge of each Challenge that is under way."""

    def __init__(self) -> None:
        self._known: dict[str, Knowledge] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, uid: str) -> Knowledge:
        """What is known of the Challenge with this uid; maybe nothing."""
        return self._known.get(uid, _NOTHING)

    def forget(self, uid: str) -> None:
        """Drop what is known of it."""
        self._known.pop(uid, None)

    def presenting(self, uid: str) -> None:
        """From here on the answer may be published."""
        self._note(uid, tried_to_present=True)

    def not_presented(self, uid: str) -> None:
        """It certainly was not, and no earlier try may have published it."""
        self._note(uid, tried_to_present=False)

    def presented(self, uid: str, now: datetime, status: ChallengeStatus) -> None:
        """The answer is published. If it never was before, the CA was not told either."""
        known = self.of(uid)
        self._note(
            uid,
            presented_at=known.presented_at or status.presented_at or now,
            published_at=now,
            publications=known.publications + 1,
            trouble=None,
            knows_answered=known.knows_answered or not status.presented,
        )

    def checked(self, uid: str, check: Check, now: datetime) -> None:
        """Our own check came to an end."""
        before = self.of(uid).checked
        in_row = before.in_row if before is not None else 0
        found = Checked(
            passed=check.passed,
            evidence=check.evidence,
            at=now,
            unknown=check.unknown,
            in_row=in_row + 1 if check.passed else 0,
        )
        self._note(uid, checked=found, trouble=None)

    def answered(self, uid: str, now: datetime) -> None:
        """The CA was told to look."""
        self._note(uid, knows_answered=True, answered_at=now, trouble=None)

    def saw(
        self, uid: str, authorization: messages.Authorization, now: datetime, *, url: str
    ) -> None:
        """The CA showed the authorization; its challenge at `url` tells whether it was answered."""
        known = self.of(uid)
        own = next((one for one in authorization.challenges if one.url == url), None)
        moved = own is not None and own.status != "pending"
        before, told = known.sighting, known.answered_at
        again = before is not None and told is not None and before.at >= told
        polls = before.polls + 1 if before is not None and again else 1
        # A read does not undo a refused answer: what is seen tells what to do.
        refused = known.trouble is not None and known.trouble.step == "answer" and not moved
        self._note(
            uid,
            sighting=Sighting(authorization=authorization, at=now, polls=polls),
            knows_answered=True,
            answered_at=told or (now if moved else None),
            trouble=known.trouble if refused else None,
        )

    def failed(self, uid: str, step: Step, facts: FailureFacts, now: datetime) -> None:
        """A step failed at `now`."""
        known = self.of(uid)
        before = known.trouble
        again = before.attempts if before is not None and before.step == step else 0
        attempt = Attempt(
            time=whole_second(now),
            outcome=facts.kind or str(facts.status or step),
            message=facts.message,
        )
        self._note(
            uid,
            trouble=Trouble(step=step, facts=facts, attempts=again + 1, at=now),
            attempts=(*known.attempts, attempt)[-MAX_ATTEMPTS:],
        )

    def explained(self, uid: str, now: datetime) -> None:
        """A reason was written."""
        self._note(uid, explained_at=now)

    def cleaned(self, uid: str) -> None:
        """The answer is taken away."""
        self._note(uid, cleaned=True)

    def not_cleaned(self, uid: str, message: str, now: datetime, *, hopeless: bool) -> None:
        """The answer could not be taken away this time."""
        before = self.of(uid).clean_ups
        tried = CleanUps(
            tries=before.tries + 1 if before is not None else 1,
            first_at=before.first_at if before is not None else now,
            last_at=now,
            message=message,
            hopeless=hopeless,
        )
        self._note(uid, clean_ups=tried)

    def namespace_terminates(self, uid: str) -> None:
        """The namespace of the Challenge is going away."""
        self._note(uid, namespace_terminating=True)

    def _note(self, uid: str, **changes: Any) -> None:
        self._known[uid] = replace(self.of(uid), **changes)


class Purse:
    """Credentials that Challenges were published with, kept until their records are taken away.

    So a clean-up works where the Secret goes first, as in a namespace that is deleted. They are
    given out for what they were used for, and not for what somebody made of the Challenge since. At
    most 1,024 are held, the newest; its repr shows none.
    """

    def __init__(self, most: int = MOST_HELD) -> None:
        self._held: dict[str, tuple[str, Credentials]] = {}
        self._most = most

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, uid: str, credentials: Credentials, *, used_for: str) -> None:
        """Keep them for the Challenge with this uid and fingerprint."""
        self._held.pop(uid, None)
        self._held[uid] = used_for, credentials
        if len(self._held) > self._most:
            del self._held[next(iter(self._held))]

    def get(self, uid: str, *, used_for: str) -> Credentials | None:
        """Those that are held for it, if any, and if it still is what they were used for."""
        held_for, credentials = self._held.get(uid, ("", None))
        return credentials if held_for == used_for else None

    def drop(self, uid: str) -> None:
        """Keep them no longer."""
        self._held.pop(uid, None)
