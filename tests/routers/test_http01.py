"""HTTP-01 from a Certificate to a Secret, through a real router, with one shared responder."""

import json
from collections.abc import Iterator

import pytest

from devcluster import netns, zone
from devcluster.controller import Controller
from devcluster.demo import verify
from tests.routers.edge import Edge
from tests.routers.issuing import (
    BY_GATEWAY,
    BY_INGRESS,
    apply_issuer,
    apply_issuers,
    challenge_of,
    controller_of,
    left_over,
    nothing_left,
    refuse_ingresses,
    routed,
    until_reason,
    wish,
)
from tests.system.world import Json, World


@pytest.fixture(scope="module", autouse=True)
def controller(edge: Edge) -> Iterator[Controller]:
    """The controller; at the end nothing of any test may be left."""
    with controller_of(edge) as running:
        apply_issuers(edge.world)
        yield running
        nothing_left(edge.world)
    assert _pods_made(edge.world) == []


def _pods_made(world: World) -> list[str]:
    """Who asked the API server to create a pod, ever."""
    lines = world.cluster.api.audit_log.read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [
        one["user"]["username"]
        for one in entries
        if one.get("objectRef", {}).get("resource") == "pods" and one["verb"] == "create"
    ]


def test_a_certificate_through_an_ingress(edge: Edge) -> None:
    world = edge.world
    world.apply(wish("shop", BY_INGRESS))
    verify(world.cluster, world.wait_ready("shop"))
    assert routed(edge, "shop.example.com")[-1] == 200
    order = world.names("orders", "shop-")[0]
    about = world.kubectl("describe", "order", order)
    assert f'Created Challenge resource "{order}-0" for domain "shop.example.com"' in about
    nothing_left(world)


def test_a_certificate_through_a_gateway(edge: Edge) -> None:
    world = edge.world
    world.apply(wish("gated", BY_GATEWAY))
    verify(world.cluster, world.wait_ready("gated"))
    assert routed(edge, "gated.example.com")
    nothing_left(world)


def test_a_certificate_for_an_ip_address(edge: Edge) -> None:
    world = edge.world
    spec = wish("address", BY_INGRESS, ipAddresses=[netns.ROUTER])
    del spec["spec"]["dnsNames"]
    world.apply(spec)
    world.wait_ready("address")
    assert 200 in routed(edge, netns.ROUTER)
    nothing_left(world)


def test_what_stands_while_a_challenge_is_open(edge: Edge) -> None:
    world = edge.world
    netns.add_address("10.99.0.3")
    for address in (netns.ROUTER, "10.99.0.3"):
        zone.add(world.cluster.dns, "example.com", "two", "A", address)
    for name, issuer in (("two", BY_INGRESS), ("two-gated", BY_GATEWAY)):
        world.apply(wish(name, issuer, "two.example.com" if name == "two" else "x.example.com"))
    reason = until_reason(world, "two.example.com", "10.99.0.3")
    assert "refused" in reason
    name = challenge_of(world, "two.example.com")["metadata"]["name"]
    assert f"Ingress/default/cm-acme-http-solver-{name}" in left_over(world)
    assert [one for one in left_over(world) if one.startswith("Service/")] == [
        "Service/default/cm-acme-http-solver"
    ]
    zone.remove(world.cluster.dns, "example.com", "two")
    world.wait_ready("two", timeout=15)
    world.wait_ready("two-gated")
    nothing_left(world)


def test_a_hundred_at_once_have_one_service(edge: Edge) -> None:
    world = edge.world
    world.namespace("many")
    world.apply(*(wish(f"many-{n:03}", BY_INGRESS, namespace="many") for n in range(100)))
    seen: set[str] = set()

    def all_ready() -> bool:
        seen.update(world.names("services", "", "many"))
        found = world.all("certificates", "many")
        return all(_is_ready(one) for one in found)

    world.until(all_ready, timeout=120, why="100 Certificates")
    assert seen == {"cm-acme-http-solver"}
    nothing_left(world)


def _is_ready(obj: Json) -> bool:
    conditions = obj.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def test_a_path_in_the_users_own_ingress(edge: Edge) -> None:
    world = edge.world
    own: Json = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "own", "namespace": "default"},
        "spec": {
            "ingressClassName": "traefik",
            "rules": [{"host": "own.example.com", "http": {"paths": [_to("app", "/")]}}],
        },
    }
    world.apply(own)
    before = (world.get("ingress", "own") or {})["spec"]
    issuer = apply_issuer(world, "in-place", {"ingress": {"name": "own"}})
    world.apply(wish("own", issuer))
    world.wait_ready("own")
    nothing_left(world)
    assert (world.get("ingress", "own") or {})["spec"] == before
    world.kubectl("delete", "ingress", "own")


def _to(service: str, path: str) -> Json:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    return {"path": path, "pathType": "Prefix", "backend": backend}


def test_a_class_that_refuses_a_path_type_gets_the_next(edge: Edge) -> None:
    world = edge.world
    expression = "object.spec.rules.all(r, r.http.paths.all(p, p.pathType != 'Exact'))"
    refuse_ingresses(world, "picky", expression, "'pathType Exact is not allowed here'")
    world.apply(wish("picky", BY_INGRESS, namespace="picky"))
    world.wait_ready("picky", "picky")
    world.kubectl(
        "delete", "validatingadmissionpolicybindings,validatingadmissionpolicies", "picky"
    )
    nothing_left(world)
