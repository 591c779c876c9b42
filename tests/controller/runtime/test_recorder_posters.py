"""Several posters and one thing to tell: it stays one Event."""

import asyncio

import pytest

from controller.runtime import errors
from tests.controller.runtime.test_recorder import Sink, recording, tell

pytestmark = pytest.mark.looptime


async def test_what_is_still_being_tried_is_given_to_no_second_poster() -> None:
    sink = Sink(errors.TooManyRequests(429, "", "m", retry_after=35))
    async with recording(sink) as recorder:
        for _ in range(4):
            tell(recorder)
            await asyncio.sleep(10)
        assert [event.count for event in sink.created] == [4]
        await asyncio.sleep(20)
    assert [event.count for event in sink.created] == [4]
    assert [patch["count"] for _, _, patch in sink.patched] == [4]


async def test_the_end_posts_the_count_of_what_was_just_being_posted() -> None:
    sink = Sink(slow=0.5)
    async with recording(sink) as recorder:
        tell(recorder)
        await asyncio.sleep(0.1)
        tell(recorder)
    assert [event.count for event in sink.created] == [1]
    assert [patch["count"] for _, _, patch in sink.patched] == [2]
