"""All connections of the responder: how many there may be, and how long each may take for what."""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol


class Phase(Enum):
    """What a connection does."""

    IDLE = auto()
    """Between requests."""
    SENDING = auto()
    """Its client has begun a request, or has just connected."""
    WAITING = auto()
    """We look for its answer. That ends by itself."""
    STUCK = auto()
    """Its client does not take what was written."""
    LEAVING = auto()
    """The last answer is written."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What clients may use up. Times are in seconds, and kept to `every` seconds."""

    connections: int = 2000
    idle: float = 60.0
    sending: float = 10.0
    stuck: float = 10.0
    leaving: float = 2.0
    every: float = 1.0


class Member(Protocol):
    """A connection, as far as a crowd knows it."""

    def cut(self) -> None:
        """End at once, whatever is not written yet."""


_FIRST_TO_GO: Final = (Phase.IDLE, Phase.SENDING, Phase.STUCK, Phase.LEAVING)


class Crowd:
    """The connections by phase, each phase in the order in which they came to it.

    One timer serves all: who came first has to go first, as all have the same time.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._loop = asyncio.get_running_loop()
        self._phase_of: dict[Member, Phase] = {}
        self._since: dict[Phase, dict[Member, float]] = {phase: {} for phase in Phase}
        self._time = {
            Phase.IDLE: bounds.idle,
            Phase.SENDING: bounds.sending,
            Phase.STUCK: bounds.stuck,
            Phase.LEAVING: bounds.leaving,
        }
        self._timer = self._loop.call_later(bounds.every, self._look)

    def __len__(self) -> int:
        return len(self._phase_of)

    def join(self, member: Member) -> None:
        """A new one, which now has to send. When there are too many, the oldest idle one is cut."""
        if len(self._phase_of) >= self._bounds.connections:
            self._make_room()
        self._enter(member, Phase.SENDING)

    def move(self, member: Member, phase: Phase) -> None:
        """Its time for this phase begins, even if it was in it before. No effect on who left."""
        before = self._phase_of.get(member)
        if before is not None:
            del self._since[before][member]
            self._enter(member, phase)

    def phase(self, member: Member) -> Phase | None:
        """None: it has left."""
        return self._phase_of.get(member)

    def leave(self, member: Member) -> None:
        """It is no more. May be said twice."""
        phase = self._phase_of.pop(member, None)
        if phase is not None:
            del self._since[phase][member]

    def close(self) -> None:
        """Cut all."""
        self._timer.cancel()
        for member in list(self._phase_of):
            self._cut(member)

    def _enter(self, member: Member, phase: Phase) -> None:
        self._phase_of[member] = phase
        self._since[phase][member] = self._loop.time()

    def _make_room(self) -> None:
        for phase in _FIRST_TO_GO:
            for member in self._since[phase]:
                self._cut(member)
                return

    def _look(self) -> None:
        now = self._loop.time()
        for phase, patience in self._time.items():
            for member, since in list(self._since[phase].items()):
                if now - since < patience:
                    break
                self._cut(member)
        self._timer = self._loop.call_later(self._bounds.every, self._look)

    def _cut(self, member: Member) -> None:
        self.leave(member)
        member.cut()
