"""Bodies: what is read of them, within which limits, and what is said of one that is no review."""

import asyncio
import io
import json
from typing import Any

from tests.webhook.asgi import (
    BODY,
    JSON,
    UID,
    admission,
    ask,
    encoded,
    giving,
    metrics,
    review,
    told,
)
from webhook.review import LONGEST_BODY
from webhook.verdict import ALLOWED


async def test_a_malformed_review_gets_4xx(lines: io.StringIO) -> None:
    """With the reason as text, on a connection that is then closed."""
    said = await told(admission(giving(ALLOWED)), b'{"kind":')
    assert said.status == 400
    assert said.headers[b"content-type"].startswith(b"text/plain")
    assert said.headers[b"connection"] == b"close"
    assert b"not JSON" in said.body
    assert json.loads(lines.getvalue())["message"] == "malformed"


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
    assert not (await told(app, filled + b" ")).allowed
    assert not (await told(app, b"", parts=[filled, b" ", b"x" * 100])).allowed


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
