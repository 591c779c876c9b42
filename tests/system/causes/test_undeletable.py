"""What is to be deleted and stays: `why` names the finalizer that nobody takes off."""

import time
from collections.abc import Iterator

import pytest

from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.world import World

NAMESPACE = scene.UNDELETABLE
A_MINUTE = 62
pytestmark = pytest.mark.usefixtures("controller")

CAUSES = (
    Cause(
        name="stuck-certificate",
        slug="deletion-stuck",
        words=('Certificate "stuck-certificate"', "deletion", "example.org/held"),
        who="admin",
        stands="",
    ),
    Cause(
        name="stuck-order",
        slug="deletion-stuck",
        words=('Order "stuck-order-', "deletion", "example.org/held"),
        who="admin",
        stands="",
    ),
)


@pytest.fixture(scope="module", autouse=True)
def standing(world: World, undeletable: float) -> Iterator[None]:
    """A minute has passed since the deletions."""
    time.sleep(max(undeletable + A_MINUTE - time.monotonic(), 0))
    yield
    scene.clear(world, NAMESPACE)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_the_first_line_names_it(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)
