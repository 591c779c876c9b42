"""A namespace goes away although Orders are in flight, and takes the DNS records with it."""

import subprocess
import time

import pytest

from devcluster import zone
from devcluster.controller import Controller
from devcluster.kubectl import program
from tests.system.world import World, certificate


@pytest.fixture
def held(world: World) -> object:
    """DNS shows no record, so that Challenges stay pending."""
    zone.hold(world.cluster.dns, "example.com")
    yield
    zone.release(world.cluster.dns, "example.com")


@pytest.mark.usefixtures("held")
def test_a_namespace_with_orders_in_flight_is_gone_in_thirty_seconds(
    world: World, controller: Controller
) -> None:
    namespace = world.namespace("going")
    _own_issuer(world, namespace)
    issuer = {"kind": "Issuer", "name": "own"}
    world.apply(*(certificate(f"going-{n}", namespace=namespace, issuer=issuer) for n in range(5)))
    world.until(
        lambda: len([c for c in world.all("challenges", namespace) if _presented(c)]) == 5,
        why="five Challenges presented",
    )
    assert len(world.challenge_records("going-")) == 5
    began = time.monotonic()
    delete = [program(), f"--kubeconfig={world.cluster.kubeconfig}", "delete", "ns", namespace]
    deleting = subprocess.Popen(delete, stdout=subprocess.DEVNULL)
    world.until(lambda: not _finalizers(world, namespace), 8, why="finalizers gone within 8 s")
    assert deleting.wait(timeout=30) == 0
    assert time.monotonic() - began < 30
    assert world.challenge_records("going-") == {}
    assert "forbidden" not in _errors(controller)


def _own_issuer(world: World, namespace: str) -> None:
    """An Issuer whose DNS credential lives, and dies, in the namespace."""
    shared = world.get("clusterissuer", "acme")
    secret = world.get("secret", "dns-update-key", "cert-manager")
    assert shared
    assert secret
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "dns-update-key", "namespace": namespace},
            "data": secret["data"],
        },
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Issuer",
            "metadata": {"name": "own", "namespace": namespace},
            "spec": shared["spec"],
        },
    )


def _presented(challenge: dict[str, dict[str, object]]) -> bool:
    return bool(challenge.get("status", {}).get("presented"))


def _finalizers(world: World, namespace: str) -> list[str]:
    found = world.all("challenges", namespace)
    return [name for c in found for name in c["metadata"].get("finalizers", [])]


def _errors(controller: Controller) -> str:
    lines = controller.process.log.read_text().splitlines()
    return "\n".join(line for line in lines if '"level":"ERROR"' in line.replace(" ", "")).lower()
