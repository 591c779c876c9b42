"""The whole controller on a real control plane. One cluster a session, one controller a module."""

from collections.abc import Iterator

import pytest

from devcluster.cluster import Cluster
from devcluster.controller import Controller
from tests.system.guard import Guard
from tests.system.world import World, installed


@pytest.fixture(scope="session")
def world(devcluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The session's cluster with our API installed; no controller runs yet."""
    return installed(devcluster, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session", autouse=True)
def guard(world: World) -> Iterator[Guard]:
    """The webhook serves, registered as it is shipped, in all of these tests."""
    standing = Guard(world)
    yield standing
    standing.webhook.stop()


@pytest.fixture(scope="module")
def controller(world: World) -> Iterator[Controller]:
    """The controller, for the tests of one module."""
    running = world.start_controller()
    yield running
    running.stop()
