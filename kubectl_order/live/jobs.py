"""Looks side by side, of which none is waited for longer than there is time.

A server may answer a byte at a time for hours, and no time limit of a socket ends that. So the
threads are left behind when the time is over, and end with the process.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final

from kubectl_order.live.verdicts import unknown
from kubectl_order.report import Check

_WORKERS: Final = 8


class Job:
    """One look at something; `name` and `target` are told where it comes to no end."""

    def __init__(self, name: str, target: str, look: Callable[[], Iterable[Check]]) -> None:
        self._name, self._target, self._look = name, target, look
        self._made: list[Check] = []
        self._done = Event()

    def run(self) -> None:
        """Look. What others answer raises nothing."""
        try:
            for check in self._look():
                self._made.append(check)
        except Exception as error:  # answers are of whoever is asked: no page is lost for one
            told = f"the look failed: {type(error).__name__}"
            self._made.append(unknown(self._name, self._target, told))
        finally:
            self._done.set()

    def result(self, deadline: float) -> tuple[Check, ...]:
        """What was seen until then, by time.monotonic()."""
        if self._done.wait(max(0.0, deadline - time.monotonic())):
            return tuple(self._made)
        told = "it was not done when the time was over"
        return (*self._made, unknown(self._name, self._target, told))


def begin(jobs: Sequence[Job]) -> None:
    """Begin to do them, some at a time, in their order."""
    waiting: SimpleQueue[Job] = SimpleQueue()
    for job in jobs:
        waiting.put(job)
    for _ in range(min(_WORKERS, len(jobs))):
        Thread(target=_work, args=(waiting,), name="look", daemon=True).start()


def _work(waiting: SimpleQueue[Job]) -> None:
    while True:
        try:
            job = waiting.get_nowait()
        except Empty:
            return
        job.run()
