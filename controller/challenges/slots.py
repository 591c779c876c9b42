"""How many Challenges are in work at the same time, in the whole cluster: at most so many.

A Challenge has a slot while its status says `processing` and it has not ended, or while its answer
is being published. One namespace has at most half of the slots, and a Challenge whose answer has
been there for ten minutes keeps its slot without being counted: hopeless Challenges do not stop
everybody's. A slot that becomes free goes to those that have waited longest, and one that becomes
free by age to the first who looks.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from controller.runtime.schedule import Key
from controller.solvers.timing import LATE
from orderapi import states
from orderapi.challenge import Challenge


@dataclass(frozen=True, slots=True)
class _Slot:
    """Whose it is, and since when the answer is there."""

    namespace: str
    since: datetime | None


class Slots:
    """Counts Challenges in work by what the cache tells (`heard`), and by what is just starting."""

    def __init__(self, limit: int, now: Callable[[], datetime]) -> None:
        self._limit = limit
        self._share = max(limit // 2, 1)
        self._now = now
        self._held: dict[str, _Slot] = {}  # by uid
        self._late: set[str] = set()
        self._starting: dict[str, str] = {}  # uid: namespace
        self._waiting: dict[Key, None] = {}

    def heard(self, old: Challenge | None, new: Challenge | None) -> None:
        """A Challenge changed, came or went."""
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._leave(old.metadata.uid)
            self._starting.pop(old.metadata.uid, None)
        if new is None:
            return
        uid, ended = new.metadata.uid, new.status.state in states.FINAL
        self._leave(uid)
        if new.status.processing and not ended:
            self._held[uid] = _Slot(new.metadata.namespace, new.status.presented_at)
        if new.status.processing or ended:
            self._starting.pop(uid, None)

    def free_for(self, uid: str, namespace: str) -> bool:
        """Whether this Challenge has a slot or may take one."""
        if self._has(uid):
            return True
        taken = self._counted()
        own = sum(1 for one in taken.values() if one == namespace)
        return len(taken) < self._limit and own < self._share

    def take(self, uid: str, namespace: str) -> bool:
        """Whether it has a slot now: its answer is about to be published."""
        if not self.free_for(uid, namespace):
            return False
        if not self._has(uid):
            self._starting[uid] = namespace
        return True

    def give_back(self, uid: str) -> None:
        """It came to nothing."""
        self._starting.pop(uid, None)

    def wait(self, key: Key) -> None:
        """This Challenge found no slot free."""
        self._waiting.setdefault(key)

    def next(self) -> Iterable[Key]:
        """Those whose turn it is, as many as slots are free; they are looked at again."""
        taken = self._counted()
        free = max(self._limit - len(taken), 0)
        room = Counter(dict.fromkeys({key.namespace for key in self._waiting}, self._share))
        room.subtract(taken.values())
        keys: list[Key] = []
        for key in self._waiting:
            if len(keys) < free and room[key.namespace] > 0:
                room[key.namespace] -= 1
                keys.append(key)
        for key in keys:
            del self._waiting[key]
        return keys

    def _has(self, uid: str) -> bool:
        return uid in self._held or uid in self._late or uid in self._starting

    def _leave(self, uid: str) -> None:
        self._held.pop(uid, None)
        self._late.discard(uid)

    def _counted(self) -> dict[str, str]:
        """The namespace of each that counts, by uid. Who is late is put aside, and so read once."""
        now = self._now()
        late = [
            uid
            for uid, slot in self._held.items()
            if slot.since is not None and now - slot.since >= LATE
        ]
        for uid in late:
            del self._held[uid]
        self._late.update(late)
        return {uid: slot.namespace for uid, slot in self._held.items()} | self._starting
