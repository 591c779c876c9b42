"""How many Challenges are in work at the same time, in the whole cluster: at most so many.

A Challenge has a slot while its status says `processing` and it has not ended, or while its answer
is being published. A slot that becomes free goes to the Challenge that has waited longest.
"""

from collections.abc import Iterable

from controller.runtime.schedule import Key
from orderapi import states
from orderapi.challenge import Challenge


class Slots:
    """Counts Challenges in work by what the cache tells (`heard`), and by what is just starting."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: set[str] = set()
        self._starting: set[str] = set()
        self._waiting: dict[Key, None] = {}

    def heard(self, old: Challenge | None, new: Challenge | None) -> None:
        """A Challenge changed, came or went."""
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._held.discard(old.metadata.uid)
            self._starting.discard(old.metadata.uid)
        if new is None:
            return
        uid, ended = new.metadata.uid, new.status.state in states.FINAL
        if new.status.processing and not ended:
            self._held.add(uid)
        else:
            self._held.discard(uid)
        if new.status.processing or ended:
            self._starting.discard(uid)

    def free_for(self, uid: str) -> bool:
        """Whether this Challenge has a slot or may take one."""
        taken = self._held | self._starting
        return uid in taken or len(taken) < self._limit

    def take(self, uid: str) -> bool:
        """Whether it has a slot now: its answer is about to be published."""
        if not self.free_for(uid):
            return False
        self._starting.add(uid)
        return True

    def give_back(self, uid: str) -> None:
        """It came to nothing."""
        self._starting.discard(uid)

    def wait(self, key: Key) -> None:
        """This Challenge found no slot free."""
        self._waiting.setdefault(key)

    def next(self) -> Iterable[Key]:
        """Those whose turn it is, as many as slots are free; they are looked at again."""
        free = self._limit - len(self._held | self._starting)
        keys = list(self._waiting)[: max(free, 0)]
        for key in keys:
            del self._waiting[key]
        return keys
