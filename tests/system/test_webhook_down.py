"""The webhook's process is dead: certificates are issued, nothing is stuck, no Order is bent."""

import json
from collections.abc import Iterator

import pytest

from devcluster.controller import Controller
from tests.system.guard import Guard
from tests.system.world import Json, World, certificate

FINALIZER = "example.com/held"


@pytest.fixture(scope="module", autouse=True)
def _dead(world: World, guard: Guard, controller: Controller) -> Iterator[None]:
    assert controller.ready()
    world.apply(certificate("before", "before.example.com"))
    world.wait_ready("before")
    with guard.stopped():
        yield
    world.kubectl("delete", "certificate", "before")


def test_certificates_are_issued_and_renewed(world: World) -> None:
    world.apply(certificate("meanwhile", "meanwhile.example.com"))
    world.wait_ready("meanwhile")
    world.apply(certificate("meanwhile", "meanwhile.example.com", "anew.example.com"))
    world.until(lambda: world.revision("meanwhile") == 2, why="the second issuance")
    world.kubectl("delete", "certificate", "meanwhile")
    world.until(lambda: not world.names("orders", "meanwhile"), why="its Order gone")


@pytest.mark.parametrize("field", ["dnsNames", "profile"])
def test_no_spec_is_changed(world: World, field: str) -> None:
    value: Json = {"dnsNames": ["bent.example.com"], "profile": "other"}
    said = _patch(world, {"spec": {field: value[field]}})
    assert f"spec.{field}" in said
    assert "delete the Order" in said


def test_nobody_else_makes_an_order(world: World) -> None:
    order = _order(world)
    order["metadata"] = {"name": "forged", "namespace": "default"}
    said = world.kubectl_fails("create", "-f", "-", stdin=json.dumps(order))
    assert "the controller alone" in said


def test_metadata_changes(world: World) -> None:
    name = f"order/{_order(world)['metadata']['name']}"
    world.kubectl("annotate", name, "example.com/note=seen")
    world.kubectl("label", name, "team=web")


def test_finalizers_go_and_orders_are_deleted(world: World) -> None:
    order = _order(world)["metadata"]
    assert not _patch(world, {"metadata": {"finalizers": [FINALIZER]}})
    world.kubectl("delete", "order", order["name"], "--wait=false")
    assert _order(world)["metadata"]["deletionTimestamp"]
    assert not _patch(world, {"metadata": {"finalizers": None}})
    world.until(
        lambda: order["uid"] not in [o["metadata"]["uid"] for o in world.all("orders")],
        why="the Order gone",
    )


def test_a_namespace_goes(world: World) -> None:
    namespace = world.namespace("leaves")
    world.apply(certificate("leaves", "leaves.example.com", namespace=namespace))
    world.wait_ready("leaves", namespace)
    world.kubectl("delete", "namespace", namespace, "--timeout=60s")


def _order(world: World) -> Json:
    return next(o for o in world.all("orders") if o["metadata"]["name"].startswith("before-"))


def _patch(world: World, patch: Json) -> str:
    name = _order(world)["metadata"]["name"]
    where = ("patch", "order", name, "--type=merge", "-p", json.dumps(patch))
    return world.kubectl_fails(*where)
