"""The nonce rule of RFC 8555 6.5 as a generator: what to send next, given what came back.

It owns nonces and badNonce and nothing else: no I/O, no signature, no other error. Whoever drives
it does what it yields and sends it the Answer; its return value is the Answer that counts. A list
of Answers drives it as well.
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass

from controller.acme.answers import Answer, is_bad_nonce, nonce
from controller.acme.problem import Violation

MOST_RETRIES = 10
MOST_NONCES = 32


@dataclass(frozen=True, slots=True)
class FetchNonce:
    """Ask newNonce for a nonce."""


@dataclass(frozen=True, slots=True)
class Send:
    """Sign the request with this nonce and send it."""

    nonce: str


Step = FetchNonce | Send


class NoncePool:
    """Nonces that no request has used yet, the freshest first; a bounded number."""

    def __init__(self) -> None:
        self._nonces: deque[str] = deque(maxlen=MOST_NONCES)

    def put(self, answer: Answer) -> None:
        """Keep the nonce of the answer; an answer without a usable one is fine."""
        found = nonce(answer)
        if found is not None:
            self._nonces.append(found)

    def take(self) -> str | None:
        """A nonce for one request, or None when there is none left."""
        return self._nonces.pop() if self._nonces else None

    def clear(self) -> None:
        """Forget all: after one bad nonce the others are likely to be as old."""
        self._nonces.clear()


def exchange(pool: NoncePool) -> Generator[Step, Answer, Answer]:
    """Yield what to do until an answer is not about the nonce; return that answer.

    A badNonce is retried at once with the nonce that came with it (RFC 8555 6.5), at most ten
    times; the last one is then returned like any other answer. Raises Violation when newNonce
    gives no nonce.
    """
    for _ in range(MOST_RETRIES):
        answer = yield from _attempt(pool)
        if not is_bad_nonce(answer):
            return answer
    return (yield from _attempt(pool))


def _attempt(pool: NoncePool) -> Generator[Step, Answer, Answer]:
    found = pool.take()
    if found is None:
        fresh = yield FetchNonce()
        # Not through the pool: another request may take it between here and there.
        found = nonce(fresh)
        if found is None:
            raise Violation(f"{fresh}: expected a Replay-Nonce header")
    answer = yield Send(found)
    if is_bad_nonce(answer):
        pool.clear()
    pool.put(answer)
    return answer
