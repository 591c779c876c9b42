"""One connection of a client: bytes in, answers out, in the order of the requests."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from controller.solvers.http01 import wire
from controller.solvers.http01.answers import Answers
from controller.solvers.http01.crowd import Crowd, Phase

ANSWERED: Final = "answered"
NOT_FOUND: Final = "not_found"
PROBED: Final = "probed"
"""A load balancer asks whether anybody is here."""
REFUSED: Final = "refused"
"""The request is malformed, too long, or did not come to its end."""

Heard: TypeAlias = Callable[[str], None]

_AT_ONCE: Final = 8 * 1024
_MOST_UNSENT: Final = 16 * 1024
_MOST_IGNORED: Final = 256 * 1024


@dataclass(slots=True, repr=False)
class Desk:
    """What all connections of one responder share."""

    answers: Answers
    crowd: Crowd
    on_request: Heard
    inbox: memoryview
    """Where bytes arrive, of whatever connection: they are taken out in the same call."""

    @classmethod
    def open(cls, answers: Answers, crowd: Crowd, on_request: Heard) -> "Desk":
        """With an inbox of its own."""
        return cls(answers, crowd, on_request, memoryview(bytearray(_AT_ONCE)))


class Connection(asyncio.BufferedProtocol):
    """Holds at most a head that is not complete and one inbox of requests behind it."""

    __slots__ = (
        "_desk",
        "_full",
        "_held",
        "_ignored",
        "_reading",
        "_searched",
        "_task",
        "_transport",
    )

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._held = b""
        self._searched = 0  # so much of what is held has no end of a head
        self._reading = True  # more may come while we work
        self._full = False  # the client does not take what is written
        self._ignored = 0
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client came."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_MOST_UNSENT)
        self._desk.crowd.join(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone, or was cut."""
        self._desk.crowd.leave(self)
        self._held = b""
        if self._task is not None:
            self._task.cancel()

    def cut(self) -> None:
        """End at once. Whoever was in the middle of a request is refused."""
        if self._held:
            self._desk.on_request(REFUSED)
        self._transport.abort()

    def get_buffer(self, hint: int) -> memoryview:
        """Where the next bytes go."""
        return self._desk.inbox

    def buffer_updated(self, count: int) -> None:
        """So many bytes are in the inbox."""
        if self._phase is Phase.LEAVING:
            self._ignore(count)
        elif self._phase is not None:
            self._held += self._desk.inbox[:count]
            self._work()

    def eof_received(self) -> None:
        """The client sends no more: the transport ends too, once all is written.

        While something is left to answer nothing is read, so this is not called too early.
        """

    def pause_writing(self) -> None:
        """More is unsent than we hold for a client."""
        self._full = True
        if self._phase in (Phase.IDLE, Phase.SENDING):
            self._desk.crowd.move(self, Phase.STUCK)

    def resume_writing(self) -> None:
        """The client took what was there."""
        self._full = False
        if self._phase is Phase.STUCK:
            self._desk.crowd.move(self, Phase.IDLE)
            self._work()

    @property
    def _phase(self) -> Phase | None:
        return self._desk.crowd.phase(self)

    def _work(self) -> None:
        """Serve all that is there, and see what comes next."""
        served = False
        while self._phase in (Phase.IDLE, Phase.SENDING):
            head = self._next_head()
            if head is None:
                break
            self._serve(head)
            served = True
        match self._phase:
            case Phase.WAITING | Phase.STUCK:
                self._read(more=False)
            case (Phase.IDLE | Phase.SENDING) as phase:
                self._rest(phase, served=served)
            case _:
                pass

    def _rest(self, phase: Phase, *, served: bool) -> None:
        self._read(more=True)
        due = Phase.SENDING if self._held else Phase.IDLE
        if served or (phase is Phase.IDLE and due is Phase.SENDING):
            self._desk.crowd.move(self, due)

    def _next_head(self) -> bytes | None:
        end = self._held.find(wire.END, max(0, self._searched - len(wire.END)))
        if end < 0:
            self._searched = len(self._held)
            if self._searched and (
                self._searched >= wire.LONGEST_HEAD or wire.hopeless(self._held)
            ):
                self._refuse()
            return None
        head, self._held = self._held[: end + 2], self._held[end + 4 :]
        self._searched = 0
        return head

    def _serve(self, head: bytes) -> None:
        asked = wire.read(head) if len(head) + 2 <= wire.LONGEST_HEAD else None
        if asked is None:
            self._refuse()
            return
        if asked.probe:
            self._reply(asked, "", PROBED)
            return
        answers = self._desk.answers
        found = answers.now(asked.host, asked.token) if asked.token else None
        if found is None and asked.token and answers.may_come(asked.host):
            self._desk.crowd.move(self, Phase.WAITING)
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._serve_later(asked))
        else:
            self._found(asked, found)

    async def _serve_later(self, asked: wire.Asked) -> None:
        found = await self._desk.answers.find(asked.host, asked.token)
        self._task = None
        if not self._transport.is_closing():
            self._desk.crowd.move(self, Phase.STUCK if self._full else Phase.IDLE)
            self._found(asked, found)
            self._work()

    def _found(self, asked: wire.Asked, found: str | None) -> None:
        self._reply(asked, found, NOT_FOUND if found is None else ANSWERED)

    def _reply(self, asked: wire.Asked, answer: str | None, outcome: str) -> None:
        self._transport.write(wire.reply(asked, answer, keep=asked.keep))
        self._desk.on_request(outcome)
        if not asked.keep:
            self._go()

    def _refuse(self) -> None:
        self._transport.write(wire.reply(None, None, keep=False))
        self._desk.on_request(REFUSED)
        self._go()

    def _go(self) -> None:
        """End in peace: a client that still sends would lose an answer that it has not read, if
        the connection closed under it. What it sends is ignored, for a bounded time and amount."""
        self._held = b""
        self._desk.crowd.move(self, Phase.LEAVING)
        if not self._transport.is_closing():
            with suppress(OSError):  # the client may be gone already
                self._transport.write_eof()
            self._read(more=True)

    def _read(self, *, more: bool) -> None:
        if more != self._reading and not self._transport.is_closing():
            self._reading = more
            (self._transport.resume_reading if more else self._transport.pause_reading)()

    def _ignore(self, count: int) -> None:
        self._ignored += count
        if self._ignored > _MOST_IGNORED:
            self._desk.crowd.leave(self)
            self._transport.abort()
