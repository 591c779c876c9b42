"""What was learned from a CA about an issuer, until it is in the status or no longer true.

Kept in memory, by uid, and lost with the process: then the CA is asked once more. Decides nothing.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from controller.issuers.observed import Enrolled, Inputs, Trouble
from controller.verdict import FailureFacts, is_rate_limit


@dataclass(slots=True)
class Notebook:
    """Troubles and accounts by the issuer's uid."""

    _troubles: dict[str, Trouble] = field(default_factory=dict)
    _enrolled: dict[str, Enrolled] = field(default_factory=dict)

    def trouble(self, uid: str) -> Trouble | None:
        """What went wrong last."""
        return self._troubles.get(uid)

    def enrolled(self, uid: str) -> Enrolled | None:
        """The account that the CA has confirmed."""
        return self._enrolled.get(uid)

    def failed(
        self, uid: str, reason: str, facts: FailureFacts, *, inputs: Inputs, now: datetime
    ) -> None:
        """Something went wrong; a wish for patience does not count as one more attempt."""
        trouble = Trouble(inputs=inputs, reason=reason, facts=facts, at=now)
        before = self._troubles.get(uid)
        if before is not None and before.inputs == inputs:
            step = 0 if is_rate_limit(facts) else 1
            trouble = replace(trouble, attempts=before.attempts + step)
        self._troubles[uid] = trouble
        self._enrolled.pop(uid, None)

    def succeeded(self, uid: str, enrolled: Enrolled) -> None:
        """The CA has confirmed the account."""
        self._troubles.pop(uid, None)
        self._enrolled[uid] = enrolled

    def forget(self, uid: str) -> None:
        """Nothing of this matters any more."""
        self._troubles.pop(uid, None)
        self._enrolled.pop(uid, None)
