"""When something that failed for an issuer is tried again. Pure.

Where an Order would be given up, an issuer is tried again, slowly: a CA's refusal of an account may
be mended on its side, where nothing tells us.
"""

from datetime import datetime, timedelta
from typing import Final

from controller.issuers.observed import Trouble
from controller.runtime.schedule import OnChange
from controller.verdict import GiveUp, RetryAt, verdict

SOONEST: Final = timedelta(seconds=1)
FIRST_AFTER_REFUSAL: Final = timedelta(minutes=5)
LONGEST_AFTER_REFUSAL: Final = timedelta(hours=1)


def due(trouble: Trouble) -> datetime | None:
    """When to try again; None: not before the issuer or one of its Secrets changes."""
    found = verdict(trouble.facts, trouble.at, attempts=trouble.attempts)
    match found:
        case RetryAt(time):
            return max(time, trouble.at + SOONEST)  # a CA may say "at once", again and again
        case OnChange():
            return None
        case GiveUp():
            steps = min(trouble.attempts - 1, 10)
            return trouble.at + min(FIRST_AFTER_REFUSAL * (1 << steps), LONGEST_AFTER_REFUSAL)
