"""What is remembered in memory, so that nothing is done more often than it should be.

Somebody else may write the same Secret with other intentions, and each of two writers would answer
the other at once, for ever: three repairs within ten minutes, then a rest. What the API server
refuses is tried once a minute, whatever wakes the Certificate meanwhile. Requests that were made
count though somebody deletes them. Forgetting all this at a restart costs a few writes.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from controller.certificates.observed import Refusal
from controller.runtime.schedule import Key
from controller.runtime.setbacks import Setbacks
from orderapi.attempts import HOUR, Attempt
from orderapi.certificate import Certificate

MOST: Final = 3
SPAN: Final = timedelta(minutes=10)
REFUSED: Final = timedelta(minutes=1)


class Repairs:
    """When the Secret of each Certificate was repaired last."""

    def __init__(self) -> None:
        self._times: dict[Key, deque[datetime]] = {}

    def done(self, key: Key, now: datetime) -> None:
        """A repair was made."""
        self._times = {each: times for each, times in self._times.items() if now - times[-1] < SPAN}
        self._times.setdefault(key, deque(maxlen=MOST)).append(now)

    def free_at(self, key: Key, now: datetime) -> datetime | None:
        """When the next repair may be made; None means now."""
        times = self._times.get(key)
        if times is None or len(times) < MOST or times[0] + SPAN <= now:
            return None
        return times[0] + SPAN


class Refusals:
    """What was refused last for each Certificate, by its uid and the generation of its spec."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], Refusal] = {}

    def heard(self, certificate: Certificate, refusal: Refusal, now: datetime) -> None:
        """A step was refused."""
        self._last.pop(_of(certificate), None)
        self._last[_of(certificate)] = refusal
        # The oldest is first.
        for each in tuple(islice(self._last, 2)):
            if self._last[each].until <= now:
                del self._last[each]

    def standing(self, certificate: Certificate, now: datetime) -> Refusal | None:
        """The refusal that keeps this spec waiting; None where there is none, or it is over."""
        last = self._last.get(_of(certificate))
        # A clock that was set back ends it.
        return last if last is not None and now < last.until <= now + REFUSED else None


class Requested:
    """The requests that were made for each Certificate within the last hour, by its uid."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Attempt, ...]] = {}

    def known(self, uid: str) -> tuple[Attempt, ...]:
        """Those that were seen, whether or not any object tells of them still."""
        return self._known.get(uid, ())

    def seen(self, uid: str, attempts: tuple[Attempt, ...], now: datetime) -> None:
        """These are all that are known now, oldest first."""
        self._known.pop(uid, None)
        if attempts:
            self._known[uid] = attempts
        # What was looked at longest ago is first; little is ever left there to forget.
        for each in tuple(islice(self._known, 2)):
            if self._known[each][-1].time <= now - HOUR:
                del self._known[each]


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it: shared by those who look and those who act."""

    repairs: Repairs = field(default_factory=Repairs)
    refusals: Refusals = field(default_factory=Refusals)
    requested: Requested = field(default_factory=Requested)
    setbacks: Setbacks = field(default_factory=Setbacks)


def _of(certificate: Certificate) -> tuple[str, int]:
    return certificate.metadata.uid, certificate.metadata.generation
