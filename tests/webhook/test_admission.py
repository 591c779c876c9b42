"""The endpoint: what it answers, and what of it is seen from outside."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.webhook.asking import (
    JSON,
    UID,
    admission,
    ask,
    encoded,
    giving,
    metrics,
    nobody,
    review,
    told,
)
from webhook.admission import MOST_QUESTIONS
from webhook.log import JsonLines
from webhook.questions import Answer, Claims, Judgement, Question, Unanswered, claims
from webhook.request import Request, Unreadable
from webhook.review import LONGEST_BODY
from webhook.verdict import ALLOWED, Fault, Verdict

BODY = encoded(review())
FAULT = Fault('metadata.labels["a\x1b"]', "never changes", "labels")
DENIED = Verdict((FAULT, Fault("spec.request", "never changes", "spec")), ("a warning",))


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the webhook logs, as it is written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("webhook")
    logger.addHandler(handler)
    before = logger.level
    logger.setLevel(logging.INFO)
    yield stream
    logger.setLevel(before)
    logger.removeHandler(handler)


def _only(lines: io.StringIO) -> dict[str, Any]:
    (line,) = lines.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


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
    line = _only(lines)
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
        found = [(yield from claims("shop", "a")), (yield from claims("shop", "b"))]
        found.append((yield from claims("shop", "c")))
        late = [one for one in found if isinstance(one, Unanswered)]
        return Verdict(tuple(Fault("", one.why, "unanswered") for one in late))

    async def answer(question: Question) -> Answer:
        assert isinstance(question, Claims)
        await asyncio.sleep(0.0 if question.secret_name == "a" else 60.0)
        return ()

    began = asyncio.get_running_loop().time()
    said = await told(admission(judge, answer, deadline=0.1), BODY)
    assert asyncio.get_running_loop().time() - began < 5
    why = "the API server did not answer in time"
    assert said.response["status"]["message"] == f"{why}; {why}"


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


async def test_a_malformed_review_gets_4xx(lines: io.StringIO) -> None:
    """With the reason as text, on a connection that is then closed."""
    said = await told(admission(giving(ALLOWED)), b'{"kind":')
    assert said.status == 400
    assert said.headers[b"content-type"].startswith(b"text/plain")
    assert said.headers[b"connection"] == b"close"
    assert b"not JSON" in said.body
    assert _only(lines)["message"] == "malformed"


async def test_another_content_type_gets_415() -> None:
    """None too."""
    for headers in ((), ((b"content-type", b"text/plain"),)):
        said = await told(admission(giving(ALLOWED)), BODY, headers=headers)
        assert said.status == 415


async def test_deep_nesting_is_denied() -> None:
    """By a review, so that it does not pass where the webhook may fail."""
    deep = encoded(review(object=17)).replace(b"17", b"[" * 10_000 + b"]" * 10_000)
    said = await told(admission(giving(ALLOWED)), deep)
    assert said.allowed is False
    assert said.response["uid"] == UID
    assert "nested too deeply" in said.response["status"]["message"]


async def test_a_body_in_parts_is_read() -> None:
    """As large ones come."""
    parts = [BODY[start : start + 50] for start in range(0, len(BODY), 50)]
    assert (await told(admission(giving(ALLOWED)), b"", parts=parts)).allowed


async def test_the_largest_body_passes_and_one_byte_more_does_not() -> None:
    """8 MiB, in one part or several."""
    frame = encoded(review(object={"a": ""}))
    filled = frame.replace(b'"a":""', b'"a":"' + b"x" * (LONGEST_BODY - len(frame)) + b'"')
    assert len(filled) == LONGEST_BODY
    app = admission(giving(ALLOWED))
    assert (await told(app, filled)).allowed
    assert (await told(app, b"", parts=[filled[:100], filled[100:]])).allowed
    assert (await told(app, filled + b" ")).status == 413
    assert (await told(app, b"", parts=[filled, b" ", b"x" * 100])).status == 413


async def test_reading_stops_at_the_limit() -> None:
    """What comes beyond is not waited for."""
    pulled = 0

    async def receive() -> dict[str, Any]:
        nonlocal pulled
        pulled += 1
        return {"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}

    statuses = []

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    await admission(giving(ALLOWED))({"headers": JSON}, receive, send)
    assert statuses[0] == 413
    assert pulled == LONGEST_BODY // 1_000_000 + 1


async def test_a_body_that_does_not_come_gets_408() -> None:
    """Nobody holds a connection by sending slowly."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    statuses = []

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    await admission(giving(ALLOWED), deadline=0.05)({"headers": JSON}, receive, send)
    assert statuses[0] == 408


async def test_a_client_that_goes_away_is_no_trouble(lines: io.StringIO) -> None:
    """Nothing is sent, counted or logged."""
    counted = metrics()
    app = admission(giving(ALLOWED), counted=counted)
    assert await ask(app, b"", parts=[BODY[:50]], leaves=True) is None
    assert not lines.getvalue()
    assert b"order_webhook_requests_total{" not in counted.page()


async def test_every_answer_is_counted() -> None:
    """By resource, operation, verdict and the rule of the first fault."""
    counted = metrics()
    await told(admission(giving(ALLOWED), counted=counted), BODY)
    await told(admission(giving(DENIED), counted=counted), BODY)
    await told(admission(giving(DENIED), counted=counted), encoded(review(subResource="status")))
    await told(admission(giving(DENIED), counted=counted), b"")
    page = counted.page().decode()
    for resource, operation, verdict, rule in [
        ("orders", "UPDATE", "allowed", ""),
        ("orders", "UPDATE", "denied", "labels"),
        ("orders/status", "UPDATE", "denied", "labels"),
        ("", "", "malformed", "unreadable"),
    ]:
        labels = f'operation="{operation}",resource="{resource}",rule="{rule}",verdict="{verdict}"'
        assert f"order_webhook_requests_total{{{labels}}} 1.0" in page
    assert 'order_webhook_request_seconds_count{resource="orders"} 2.0' in page
    assert "order_webhook_serving_certificate_days_left 6.5" in page
    assert 'order_webhook_build_info{version="1.2.3"} 1.0' in page


async def test_labels_are_bounded() -> None:
    """Whatever requests bring."""
    counted = metrics()
    app = admission(giving(Verdict((Fault("", "x", "a rule of tomorrow"),))), counted=counted)
    for number in range(50):
        group = {"group": "g", "version": "v", "resource": f"r{number}"}
        await told(app, encoded(review(resource=group, operation=f"O{number}")))
    samples = [line for line in counted.page().decode().splitlines() if "requests_total{" in line]
    assert samples == [
        'order_webhook_requests_total{operation="other",resource="other",rule="other",'
        'verdict="denied"} 50.0'
    ]
