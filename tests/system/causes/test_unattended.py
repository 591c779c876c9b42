"""Certificates that end, and a controller that does not run.

The controller is stopped midway. What would take days to come about is then written into the status
by hand, as the controller's own user: nobody is there who would correct it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from devcluster import pki, servers
from devcluster.controller import NAMESPACE as HOME
from devcluster.controller import Controller
from orderapi.names import CONTROLLER_USER
from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.causes.scene import by
from tests.system.manifests import issuer, patch_status
from tests.system.world import Json, World, certificate

NAMESPACE = "causes-unattended"
LEASE = "cert-manager-controller"
BRIEF = 6
"""Seconds that a certificate of the issuer `brief` is good for."""

ATTENDED = (
    Cause(
        name="ended",
        slug="renewal-disabled",
        words=("renewal.policy is Disabled", "expired"),
        who="you",
        stands='"reason": "Expired"',
    ),
)
UNATTENDED = (
    Cause(
        name="unheard",
        slug="controller-down",
        words=("controller", "is down"),
        who="admin",
        stands="",
    ),
    Cause(
        name="waiting",
        slug="controller-down",
        words=("controller", "is down"),
        who="admin",
        stands='"presented": true',
    ),
    Cause(
        name="unrenewed",
        slug="controller-down",
        words=("controller", "is down"),
        who="admin",
        stands='"renewalTime": "2',
    ),
    Cause(
        name="going",
        slug="controller-down",
        words=("controller", "is down"),
        who="admin",
        stands='"presented": true',
    ),
)
ASLEEP = (
    Cause(
        name="overdue",
        slug="renewal-overdue",
        words=("renewal", "due 3 h ago"),
        who="you",
        stands='"renewalTime": "2',
    ),
    Cause(
        name="dead",
        slug="expired",
        words=('"dead-tls"', "expired 90 min ago"),
        who="you",
        stands='"notAfter": "2',
    ),
)
EVERY = (*ATTENDED, *UNATTENDED, *ASLEEP)


@pytest.fixture(scope="module")
def brief(
    world: World, authority: pki.Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.Pebble]:
    """A CA whose certificates end soon."""
    pebble = servers.start_pebble(
        tmp_path_factory.mktemp("brief"),
        authority,
        dns_server=world.cluster.dns.address,
        profiles={"default": BRIEF},
        name="brief-causes",
        die_with_parent=True,
    )
    yield pebble
    pebble.process.stop()


@pytest.fixture(scope="module", autouse=True)
def standing(world: World, controller: Controller, brief: servers.Pebble) -> Iterator[None]:
    """Certificates of a controller that runs yet."""
    assert controller.ready()
    solver = scene.solver(world)
    at_brief = {"server": brief.directory_url, "caBundle": brief.ca_bundle()}
    with scene.held(world), scene.namespace(world, NAMESPACE):
        world.apply(
            issuer(world, NAMESPACE, solver),
            issuer(world, NAMESPACE, solver, name="brief", **at_brief),
        )
        usual: Json = {"namespace": NAMESPACE, "issuer": by("own")}
        never = {"policy": "Disabled"}
        world.apply(
            certificate("ended", namespace=NAMESPACE, issuer=by("brief"), renewal=never),
            *(certificate(name, f"{name}.example.net", **usual) for name in ("waiting", "going")),
            *(certificate(name, **usual) for name in ("unrenewed", "overdue", "dead")),
        )
        yield


@pytest.fixture(scope="module")
def stopped(world: World, controller: Controller) -> Iterator[None]:
    """The controller crashed two minutes ago, by its Lease."""
    for name in ("unrenewed", "overdue", "dead"):
        world.wait_ready(name, NAMESPACE)
    for name in ("waiting", "going"):
        world.until(partial(_is_presented, world, name), why=f"{name} is presented")
    controller.kill()
    _lease(world, "crashed", datetime.now(UTC) - timedelta(minutes=2))
    world.apply(certificate("unheard", namespace=NAMESPACE, issuer=by("own")))
    hours = timedelta(hours=3)
    for name, ends in (("unrenewed", hours), ("overdue", hours), ("dead", -hours / 2)):
        now = datetime.now(UTC)
        dates = {"renewalTime": _stamp(now - hours), "notAfter": _stamp(now + ends)}
        patch_status(world, "certificate", name, dates, NAMESPACE, user=CONTROLLER_USER)
    order = world.names("orders", "going-", NAMESPACE)[0]
    where = ("-n", NAMESPACE, "delete", "order", order)
    world.kubectl(*where, "--cascade=foreground", "--wait=false")
    yield
    world.kubectl("-n", HOME, "delete", "lease", LEASE)


@pytest.fixture(scope="module")
def asleep(world: World, stopped: None) -> None:
    """A Lease says that a controller lives; none does anything."""
    _lease(world, "asleep", datetime.now(UTC))


def _lease(world: World, holder: str, renewed: datetime) -> None:
    """Have the Lease say this."""
    spec = {
        "holderIdentity": holder,
        "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%fZ}",
        "leaseDurationSeconds": 15,
    }
    where = ("-n", HOME, "patch", "lease", LEASE, "--type=merge")
    world.kubectl(*where, "-p", json.dumps({"spec": spec}))


def _is_presented(world: World, name: str) -> bool:
    found = world.all("challenges", NAMESPACE)
    ours = [each for each in found if each["metadata"]["name"].startswith(f"{name}-")]
    return any(each.get("status", {}).get("presented") for each in ours)


def _stamp(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("cause", ATTENDED, ids=lambda cause: cause.name)
def test_the_first_line_names_it(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("cause", UNATTENDED, ids=lambda cause: cause.name)
def test_without_a_controller(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)


@pytest.mark.usefixtures("asleep")
@pytest.mark.parametrize("cause", ASLEEP, ids=lambda cause: cause.name)
def test_with_a_controller_that_does_nothing(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)
