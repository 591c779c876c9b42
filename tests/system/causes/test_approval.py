"""Requests that wait for somebody's approval, or do not get it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from devcluster.controller import Controller
from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.causes.scene import by
from tests.system.manifests import issuer, patch_status
from tests.system.world import Json, World, certificate

NAMESPACE = "causes-approval"

CAUSES = (
    Cause(
        name="unapproved",
        slug="approval-pending",
        words=("Nobody has approved", '"unapproved-1"'),
        who="admin",
        stands="until it is Approved",
    ),
    Cause(
        name="denied",
        slug="denied",
        words=("denied", "not for you"),
        who="admin",
        stands='"reason": "Denied".*"failureTime"',
    ),
)


@pytest.fixture(scope="module")
def controller(world: World, undeletable: float) -> Iterator[Controller]:
    """The controller, which leaves approval to others; before it, what takes a minute is begun."""
    del undeletable
    running = world.start_controller("--controllers=*,-certificaterequests-approver")
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def standing(world: World, controller: Controller) -> Iterator[None]:
    """Two requests, one of them denied."""
    assert controller.ready()
    with scene.namespace(world, NAMESPACE):
        world.apply(issuer(world, NAMESPACE, scene.solver(world)))
        # An issuer that becomes ready after a denial is worth another attempt.
        ready = ("wait", "--for=condition=Ready", "--timeout=30s", "issuer/own")
        world.kubectl("-n", NAMESPACE, *ready)
        world.apply(
            *(certificate(each.name, namespace=NAMESPACE, issuer=by("own")) for each in CAUSES)
        )
        world.until(lambda: world.get("certificaterequest", "denied-1", NAMESPACE), why="a request")
        patch_status(
            world, "certificaterequest", "denied-1", {"conditions": [_denial()]}, NAMESPACE
        )
        yield


def _denial() -> Json:
    said = {"reason": "policy.example.org", "message": "names of other teams are not for you"}
    time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"type": "Denied", "status": "True", "lastTransitionTime": time} | said


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_the_first_line_names_it(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)
