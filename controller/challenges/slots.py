"""How many Challenges are in work at the same time, in the whole cluster: at most so many.

A Challenge has a slot while its status says `processing` and it has not ended, or while its answer
is being published. One namespace has at most half of the slots, so that hopeless Challenges of one
tenant do not stop everybody's. A slot that becomes free goes to those that have waited longest.
"""

from collections import Counter
from collections.abc import Iterable

from controller.runtime.schedule import Key
from orderapi import states
from orderapi.challenge import Challenge


class Slots:
    """Counts Challenges in work by what the cache tells (`heard`), and by what is just starting."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._share = max(limit // 2, 1)
        self._held: dict[str, str] = {}  # uid: namespace
        self._starting: dict[str, str] = {}
        self._waiting: dict[Key, None] = {}

    def heard(self, old: Challenge | None, new: Challenge | None) -> None:
        """A Challenge changed, came or went."""
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._held.pop(old.metadata.uid, None)
            self._starting.pop(old.metadata.uid, None)
        if new is None:
            return
        uid, ended = new.metadata.uid, new.status.state in states.FINAL
        if new.status.processing and not ended:
            self._held[uid] = new.metadata.namespace
        else:
            self._held.pop(uid, None)
        if new.status.processing or ended:
            self._starting.pop(uid, None)

    def free_for(self, uid: str, namespace: str) -> bool:
        """Whether this Challenge has a slot or may take one."""
        taken = self._held | self._starting
        if uid in taken:
            return True
        own = sum(1 for one in taken.values() if one == namespace)
        return len(taken) < self._limit and own < self._share

    def take(self, uid: str, namespace: str) -> bool:
        """Whether it has a slot now: its answer is about to be published."""
        if not self.free_for(uid, namespace):
            return False
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
        taken = self._held | self._starting
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
