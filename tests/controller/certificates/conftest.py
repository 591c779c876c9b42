"""Without this the test tools make an event loop before the first test, and nobody closes it."""

import asyncio

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_idle_event_loop() -> None:
    asyncio.set_event_loop(None)
