"""Whether a replica says that it can be called, and why not."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.webhook.serving.build import SERVER_NAME
from tests.webhook.serving.connecting import NOW, Fixed, app, hot
from webhook.serving.certificates import make_ca, pem
from webhook.serving.readiness import Readiness
from webhook.serving.server import serve
from webhook.serving.status import Status


async def test_readiness_says_why_not() -> None:
    ca, stranger = make_ca(NOW), make_ca(NOW)
    good = Status(NOW + timedelta(days=1), pem(ca.certificate))
    source = Fixed(hot(ca), good)
    async with serve(app, "127.0.0.1:0", source.context) as address:
        ready = Readiness(source, address, SERVER_NAME, timeout=0.3)
        assert await ready.trouble() == ""
        for status, why in (
            (Status(problem="the configuration x is not installed"), "x is not installed"),
            (Status(), "no certificate is loaded"),
            (good._replace(not_after=NOW), "expired at"),
            (good._replace(since=asyncio.get_running_loop().time()), "a moment ago"),
            (good._replace(trust=pem(stranger.certificate)), "does not pass for order-webhook"),
            (good._replace(trust=b"?"), "failed"),
        ):
            source.now = status
            assert why in await ready.trouble()
        source.now = good
        assert await ready.trouble() == ""
        wrong = Readiness(source, address, "other.svc")
        assert "does not pass for other.svc" in await wrong.trouble()
    away = Readiness(source, address, SERVER_NAME)
    assert "a call to our own address failed" in await away.trouble()


async def test_a_call_holds_for_a_while_and_changes_are_seen_at_once() -> None:
    ca, other = make_ca(NOW), make_ca(NOW)
    source = Fixed(hot(ca), Status(NOW + timedelta(days=1), pem(ca.certificate)))
    calls = 0

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        nonlocal calls
        calls += 1
        await app(scope, receive, send)

    async with serve(counting, "127.0.0.1:0", source.context) as address:
        ready = Readiness(source, address, SERVER_NAME)
        assert await asyncio.gather(*(ready.trouble() for _ in range(9))) == [""] * 9
        assert calls == 1
        source.now = source.now._replace(trust=pem(other.certificate))
        assert "does not pass" in await ready.trouble()
