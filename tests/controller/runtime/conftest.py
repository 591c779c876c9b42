"""The small API server and a connection to it."""

from collections.abc import AsyncIterator

import pytest

from controller.runtime.kube import Kube
from tests.controller.runtime import apiserver
from tests.controller.runtime.apiserver import ApiServer


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    async with apiserver.running() as running:
        yield running


@pytest.fixture
async def kube(server: ApiServer) -> AsyncIterator[Kube]:
    connected = Kube(server.credentials, user_agent="order-controller/1")
    yield connected
    await connected.close()
