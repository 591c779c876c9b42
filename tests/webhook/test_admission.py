"""The endpoint: how rules are driven, and what it answers."""

import asyncio
import io
import json
from typing import Any

import msgspec
import pytest

from tests.webhook.asgi import BODY, DENIED, UID, admission, encoded, giving, nobody, review, told
from webhook.admission import MOST_QUESTIONS
from webhook.questions import Answer, Claims, Judgement, Question, Unanswered, claims
from webhook.request import Request, Unreadable
from webhook.verdict import ALLOWED, Fault, Verdict


async def test_allowed(lines: io.StringIO) -> None:
    """As JSON, under the uid of the request; nothing is logged."""
    said = await told(admission(giving(ALLOWED)), BODY)
    assert said.status == 200
    assert said.headers[b"content-type"] == b"application/json"
    assert said.headers[b"content-length"] == str(len(said.body)).encode()
    assert said.response == {"uid": UID, "allowed": True}
    assert not lines.getvalue()


async def test_denied() -> None:
    """With what is wrong, and warnings."""
    response = (await told(admission(giving(DENIED)), BODY)).response
    assert response["allowed"] is False
    assert "spec.request: never changes" in response["status"]["message"]
    assert response["warnings"] == ["a warning"]


async def test_a_denial_is_logged_in_one_line(lines: io.StringIO) -> None:
    """Who, what object, which fields and rules; no value."""
    secret = review(object={"spec": {"request": "c2VjcmV0"}}, name='we\nb"', subResource="status")
    await told(admission(giving(DENIED)), encoded(secret))
    line = json.loads(lines.getvalue())
    assert line["message"] == "denied"
    assert line["user"] == "tenant"
    assert line["resource"] == "orders.acme.cert-manager.io/status"
    assert line["object"] == 'shop/we\nb"'
    assert line["operation"] == "UPDATE"
    assert line["fields"] == ['metadata.labels["a\x1b"]', "spec.request"]
    assert line["rules"] == ["labels", "spec"]
    assert "c2VjcmV0" not in lines.getvalue()
    assert "\x1b" not in lines.getvalue()


async def test_the_rules_get_request_and_controllers() -> None:
    """As they were given."""
    seen = []

    def judge(request: Request, controllers: frozenset[str]) -> Judgement:
        yield from ()
        seen.append((request.name, controllers))
        return ALLOWED

    await told(admission(judge), BODY)
    assert seen == [("web", frozenset({"controller"}))]


async def test_questions_are_answered_in_turn() -> None:
    """Each gets the answer to what it asked."""

    def judge(request: Request, controllers: frozenset[str]) -> Judgement:
        first = yield from claims("shop", "a")
        second = yield from claims("shop", "b")
        return Verdict((), (f"{first} {second}",))

    async def answer(question: Question) -> Answer:
        assert isinstance(question, Claims)
        return (question.secret_name,)

    said = await told(admission(judge, answer), BODY)
    assert said.response["warnings"] == ["('a',) ('b',)"]


async def test_all_answers_have_one_deadline() -> None:
    """What comes later is no answer; the rule then says what follows."""

    def judge(request: Request, controllers: frozenset[str]) -> Judgement:
        late = []
        for name in ("a", "b", "c"):
            found = yield from claims("shop", name)
            if isinstance(found, Unanswered):
                late.append(f"{name}: {found.why}")
        return Verdict((), tuple(late))

    async def answer(question: Question) -> Answer:
        assert isinstance(question, Claims)
        await asyncio.sleep(0.0 if question.secret_name == "a" else 60.0)
        return ()

    began = asyncio.get_running_loop().time()
    said = await told(admission(judge, answer, deadline=0.1), BODY)
    assert asyncio.get_running_loop().time() - began < 5
    why = "the API server did not answer in time"
    assert said.response["warnings"] == [f"b: {why}", f"c: {why}"]


def _failing(error: BaseException) -> Any:
    def judge(request: Request, controllers: frozenset[str]) -> Judgement:
        yield from ()
        raise error

    return judge


@pytest.mark.parametrize(
    "error",
    [
        KeyError("s3cret"),
        ZeroDivisionError("s3cret"),
        AssertionError("s3cret"),
        MemoryError(),
        ExceptionGroup("s3cret", [ValueError("s3cret")]),
        StopAsyncIteration(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_an_error_in_a_rule_denies(error: Exception, lines: io.StringIO) -> None:
    """The log tells its type and place, and nothing of what it says."""
    said = await told(admission(_failing(error)), BODY)
    assert said.status == 200
    assert said.allowed is False
    assert said.response["status"]["code"] == 500
    assert "error of its own" in said.response["status"]["message"]
    failed, denied = (json.loads(line) for line in lines.getvalue().splitlines())
    assert type(error).__name__ in failed["error"]
    assert any("test_admission.py" in place for place in failed["traceback"])
    assert denied["rules"] == ["error"]
    assert "s3cret" not in lines.getvalue()
    assert b"s3cret" not in said.body


async def test_what_cannot_be_judged_is_denied() -> None:
    """Rules that give no verdict, ask without end, or are none; answers that fail."""

    def wordless(request: Request, controllers: frozenset[str]) -> Any:
        yield from ()

    def endless(request: Request, controllers: frozenset[str]) -> Judgement:
        while True:
            yield Claims("a", "b")

    def none(request: Request, controllers: frozenset[str]) -> Any:
        return None

    def stopped(request: Request, controllers: frozenset[str]) -> Any:
        raise StopIteration(True)

    def formless(request: Request, controllers: frozenset[str]) -> Judgement:
        yield from ()
        return Verdict((Fault(7, object(), "spec"),))  # type: ignore[arg-type]

    asked = []

    async def count(question: Question) -> Answer:
        asked.append(question)
        return ()

    async def fail(question: Question) -> Answer:
        raise RuntimeError

    for judge, answer in [
        (wordless, nobody),
        (endless, count),
        (endless, fail),
        (none, nobody),
        (stopped, nobody),
        (formless, nobody),
    ]:
        said = await told(admission(judge, answer), BODY)
        assert said.allowed is False
        assert said.response["status"]["code"] == 500
    assert len(asked) == MOST_QUESTIONS


@pytest.mark.parametrize(
    "error",
    [
        Unreadable("Expected `str` - at `$.a`"),
        msgspec.DecodeError("x"),
        RecursionError("x"),
        UnicodeError("x"),
    ],
)
async def test_what_a_rule_cannot_read_is_denied(error: Exception) -> None:
    """As the fault of who sent it."""
    said = await told(admission(_failing(error)), BODY)
    assert said.allowed is False
    assert said.response["status"]["code"] == 400
    assert "cannot be read" in said.response["status"]["message"]
