"""What the modules of causes share."""

import json
import time
from collections.abc import Iterator

import pytest

from devcluster import pki
from tests.system.causes import scene, unfriendly
from tests.system.causes.scene import NOT_OURS, UNDELETABLE, by
from tests.system.causes.unfriendly import Unfriendly
from tests.system.manifests import issuer, update_key
from tests.system.world import World, certificate


@pytest.fixture(scope="module")
def front(world: World, authority: pki.Authority) -> Iterator[Unfriendly]:
    """An unfriendly CA before the cluster's own, with no fault yet."""
    with unfriendly.running(world.cluster.pebble, authority) as running:
        yield running


@pytest.fixture(scope="session")
def undeletable(world: World) -> float:
    """Objects that were to be deleted at this time (monotonic), and have a foreign finalizer.

    A deletion counts as stuck after a minute: the first module begins it, the last one asks.
    """
    name = UNDELETABLE
    world.namespace(name)
    stuck = certificate("stuck-certificate", namespace=name, issuer=by("own"))
    stuck["metadata"]["finalizers"] = [NOT_OURS]
    waiting = certificate("stuck-order", namespace=name, issuer=by("own"))
    world.apply(update_key(world, name), issuer(world, name, scene.solver(world)), stuck, waiting)
    running = world.start_controller(name="undeletable")
    world.wait_ready("stuck-order", name)
    running.stop()
    (order,) = world.names("orders", "stuck-order-", name)
    patch = json.dumps({"metadata": {"finalizers": [NOT_OURS]}})
    world.kubectl("-n", name, "patch", "order", order, "--type=merge", "-p", patch)
    objects = (f"order/{order}", "certificate/stuck-certificate")
    world.kubectl("-n", name, "delete", *objects, "--wait=false")
    return time.monotonic()
