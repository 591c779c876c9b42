"""The endpoint that the API server asks: a review in, a verdict out, as a bare ASGI application.

It fails closed. What cannot be read, what a rule cannot judge and what nobody answered in time is
refused, or answered with 4xx, which the API server takes as no answer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any, Final, TypeAlias

import msgspec

from webhook import review
from webhook.bodies import Bodies, Gone, Receive, Scope
from webhook.metrics import ALLOWED, DENIED, Metrics
from webhook.questions import Answer, Judgement, Question, Unanswered
from webhook.request import Request, Unreadable
from webhook.verdict import Fault, Verdict

logger = logging.getLogger(__name__)

Judge: TypeAlias = Callable[[Request, frozenset[str]], Judgement]
AnswerTo: TypeAlias = Callable[[Question], Awaitable[Answer]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

DEADLINE: Final = 4.0
"""Seconds for one request; the API server waits 5."""
MOST_QUESTIONS: Final = 1000
"""A rule that asks more has lost its way."""

TOO_LATE: Final = Unanswered("the API server did not answer in time")
OUR_ERROR: Final = Fault(
    "",
    "the webhook met an error of its own and refuses what it could not judge; try again, and where "
    "it happens again, its log tells the place",
    "error",
)

_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
CLOSE: Final = (b"connection", b"close")
"""After what was not understood, no more is read on that connection."""


class Admission:
    """Judges reviews by `judge`, whose questions `answer` answers; `deadline` in seconds."""

    def __init__(
        self,
        judge: Judge,
        answer: AnswerTo,
        *,
        controllers: frozenset[str],
        metrics: Metrics,
        deadline: float = DEADLINE,
    ) -> None:
        self._judge = judge
        self._answer = answer
        self._controllers = controllers
        self._metrics = metrics
        self._deadline = deadline
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 200 with a review, or 4xx with a reason as text."""
        until = asyncio.get_running_loop().time() + self._deadline
        try:
            body = await self._bodies.read(scope, receive, until)
            began = perf_counter()
            request = review.decode(body)
        except review.Malformed as error:
            await self._refuse(error, send)
        except Gone:
            return
        else:
            verdict, answer = await self._decided(request, until)
            self._tell(request, verdict, perf_counter() - began)
            await _respond(send, 200, answer, _JSON)

    async def _decided(self, request: Request, until: float) -> tuple[Verdict, bytes]:
        """The verdict, and the review that tells it."""
        try:
            verdict = await self._judged(request, until)
            return verdict, _answer(request, verdict)
        except Unreadable as error:
            refused = _unreadable(str(error))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            logger.warning("unreadable", extra=_about(request), exc_info=error)
            refused = _unreadable("a field has a value that cannot be read")
        except Exception as error:
            logger.exception("a rule failed", extra=_about(request), exc_info=error)
            refused = Verdict((OUR_ERROR,))
        return refused, _answer(request, refused)

    async def _judged(self, request: Request, until: float) -> Verdict:
        judgement = self._judge(request, self._controllers)
        try:
            question = next(judgement)
            for _ in range(MOST_QUESTIONS):
                question = judgement.send(await self._answered(question, until))
        except StopIteration as done:
            if isinstance(done.value, Verdict):
                return done.value
            raise TypeError("a rule gave no verdict") from None
        raise OverflowError("a rule asks without end")

    async def _answered(self, question: Question, until: float) -> Answer:
        if asyncio.get_running_loop().time() >= until:
            return TOO_LATE
        try:
            async with asyncio.timeout_at(until):
                return await self._answer(question)
        except TimeoutError:
            return TOO_LATE

    def _tell(self, request: Request, verdict: Verdict, seconds: float) -> None:
        if verdict.allowed:
            self._metrics.judged(request, ALLOWED, "", seconds)
            return
        faults = verdict.faults
        self._metrics.judged(request, DENIED, faults[0].rule, seconds)
        told = faults[: review.MOST_FAULTS]
        fields = [fault.path[: review.LONGEST_PATH] for fault in told]
        rules = sorted({fault.rule for fault in faults})
        logger.info("denied", extra={**_about(request), "fields": fields, "rules": rules})

    async def _refuse(self, error: review.Malformed, send: Send) -> None:
        self._metrics.malformed()
        logger.info("malformed", extra={"why": str(error), "code": error.code})
        if error.uid:
            verdict = Verdict((Fault("", str(error), "unreadable"),))
            await _respond(send, 200, review.encode(error.uid, verdict), _JSON)
        else:
            await _respond(send, error.code, f"{error}\n".encode(), _TEXT, CLOSE)


def _answer(request: Request, verdict: Verdict) -> bytes:
    return review.encode(request.uid, verdict, kind=request.kind.kind, name=request.name)


def _unreadable(why: str) -> Verdict:
    return Verdict((Fault("", f"the object cannot be read: {why}", "unreadable"),))


def _about(request: Request) -> dict[str, object]:
    """What a log line says of a request: who, what object; no value of it."""
    resource, user = request.resource, request.user_info
    subresource = f"/{request.sub_resource}" if request.sub_resource else ""
    return {
        "user": user.username,
        "operation": request.operation,
        "resource": f"{resource.resource}.{resource.group}{subresource}",
        "object": f"{request.namespace}/{request.name}" if request.namespace else request.name,
        "uid": request.uid,
    }


async def _respond(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": status, "headers": [*headers, length]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
