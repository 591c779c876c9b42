"""Each thing that can be wrong on the way has a sentence of its own, and its repair is noticed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devcluster import netns, servers, traefik, zone
from devcluster.controller import Controller
from devcluster.process import free_port
from orderapi.names import CONTROLLER_USER
from tests.routers.edge import Edge, ingress, silent
from tests.routers.issuing import (
    BY_INGRESS,
    apply_issuer,
    apply_issuers,
    challenge_of,
    controller_of,
    nothing_left,
    refuse_ingresses,
    until_reason,
    wish,
)
from tests.system.manifests import patch_status
from tests.system.world import Json, World

CLOSED = "10.99.0.4"
MENDED_WITHIN = 15


@pytest.fixture(scope="module", autouse=True)
def controller(edge: Edge) -> Iterator[Controller]:
    """The controller; at the end nothing of any test may be left."""
    with controller_of(edge) as running:
        apply_issuers(edge.world)
        yield running
        nothing_left(edge.world)


def test_broken_dns(edge: Edge) -> None:
    world, dns = edge.world, edge.world.cluster.dns
    placed = world.orders_placed()
    zone.add(dns, "example.com", "nowhere", "CNAME", "_gone.example.com.")
    world.apply(wish("nowhere", BY_INGRESS))
    reason = until_reason(world, "nowhere.example.com", "DNS")
    assert "neither an A nor an AAAA record" in reason
    zone.remove(dns, "example.com", "nowhere")
    world.wait_ready("nowhere", timeout=MENDED_WITHIN)
    assert world.orders_placed() == placed + 1


def test_a_router_that_is_gone(edge: Edge) -> None:
    world = edge.world
    placed = world.orders_placed()
    edge.traefik.stop()
    world.apply(wish("routerless", BY_INGRESS))
    reason = until_reason(world, "routerless.example.com", "TCP", netns.ROUTER)
    assert "refused" in reason
    traefik.start_traefik(world.cluster, world.folder, gateway=True, die_with_parent=True)
    world.wait_ready("routerless", timeout=MENDED_WITHIN)
    assert world.orders_placed() == placed + 1


def test_a_closed_port(edge: Edge) -> None:
    """Nothing comes back, as behind a firewall: from here nobody can tell what the CA sees."""
    world, dns = edge.world, edge.world.cluster.dns
    placed = world.orders_placed()
    netns.add_address(CLOSED)
    zone.add(dns, "example.com", "closed", "A", CLOSED)
    with silent(CLOSED, 80):
        world.apply(wish("closed", BY_INGRESS))
        reason = until_reason(world, "closed.example.com", "cannot be told from here", CLOSED)
        assert "the CA is asked to look all the same" in reason
    opened = traefik.start_traefik(
        world.cluster, world.folder, listen=f"{CLOSED}:80", name="opened", die_with_parent=True
    )
    world.wait_ready("closed", timeout=MENDED_WITHIN)
    opened.stop()
    assert world.orders_placed() == placed + 1


def test_a_class_that_nobody_serves(edge: Edge) -> None:
    world = edge.world
    other: Json = {"ingress": {"ingressClassName": "absent"}}
    issuer = apply_issuer(world, "other-class", other)
    world.apply(wish("classless", issuer))
    reason = until_reason(world, "classless.example.com", 'IngressClass "absent" does not exist')
    assert "404" in reason
    assert "traefik" in reason
    apply_issuer(world, "other-class", {"ingress": {"ingressClassName": "traefik"}})
    world.wait_ready("classless", timeout=MENDED_WITHIN)


def test_what_the_gateway_says(edge: Edge) -> None:
    world = edge.world
    nobody: Json = {"gatewayHTTPRoute": {"parentRefs": [{"name": "absent"}]}}
    issuer = apply_issuer(world, "no-gateway", nobody)
    world.apply(wish("gateless", issuer))
    until_reason(world, "gateless.example.com", 'Gateway "default/absent" does not exist')
    there: Json = {"gatewayHTTPRoute": {"parentRefs": [{"name": "front", "namespace": "gateways"}]}}
    apply_issuer(world, "no-gateway", there)
    world.wait_ready("gateless", timeout=MENDED_WITHIN)


def test_a_route_that_somebody_deletes_comes_back(edge: Edge) -> None:
    world, dns = edge.world, edge.world.cluster.dns
    zone.add(dns, "example.com", "deleted", "CNAME", "_gone.example.com.")
    world.apply(wish("deleted", BY_INGRESS))
    until_reason(world, "deleted.example.com", "DNS")
    name = challenge_of(world, "deleted.example.com")["metadata"]["name"]
    world.kubectl("delete", "ingress", f"cm-acme-http-solver-{name}")
    world.kubectl("delete", "service", "cm-acme-http-solver")
    zone.remove(dns, "example.com", "deleted")
    world.wait_ready("deleted", timeout=2 * MENDED_WITHIN)


def test_a_refusal_is_told_without_the_token_that_it_quotes(edge: Edge) -> None:
    world = edge.world
    path = "object.spec.rules[0].http.paths[0].path"
    refuse_ingresses(world, "taken", "false", f"'path ' + {path} + ' is defined already'")
    world.apply(wish("taken", BY_INGRESS, namespace="taken"))
    reason = until_reason(world, "taken.example.com", "is defined already", namespace="taken")
    assert "/.well-known/acme-challenge/<token> is defined already" in reason
    token = challenge_of(world, "taken.example.com", "taken")["spec"]["token"]
    told = world.kubectl("-n", "taken", "get", "events,orders,certificates", "-o", "json")
    assert token not in told.replace(json.dumps({"token": token})[1:-1], "")
    world.kubectl(
        "delete", "validatingadmissionpolicybindings,validatingadmissionpolicies", "taken"
    )
    world.wait_ready("taken", "taken", timeout=2 * MENDED_WITHIN)


def test_a_path_that_was_put_in_before_a_crash_is_taken_out(
    edge: Edge, controller: Controller
) -> None:
    """The controller dies between the user's Ingress and the status of the Challenge."""
    world = edge.world
    controller.stop()
    own = ingress("crashed-own", "default", "crashed-own.example.com", "/app")
    world.apply(own)
    before = (world.get("ingress", "crashed-own") or {})["spec"]
    issuer = apply_issuer(world, "crash-in-place", {"ingress": {"name": "crashed-own"}})
    with without_rule(world, "challenges/status"), controller_of(edge, name="dies") as running:
        world.apply(wish("crashed-own", issuer))
        world.until(
            lambda: (world.get("ingress", "crashed-own") or {})["spec"] != before,
            why="the path in the Ingress",
        )
        running.kill()
    world.kubectl("delete", "certificate", "crashed-own")
    with controller_of(edge, "--leader-elect=false", name="cleans"):
        nothing_left(world)
    assert (world.get("ingress", "crashed-own") or {})["spec"] == before
    world.kubectl("delete", "ingress", "crashed-own")


@contextmanager
def without_rule(world: World, resource: str) -> Iterator[None]:
    """The controller's ClusterRole without one resource, as if a write never arrived."""
    role = json.loads(world.kubectl("get", "clusterrole", "order-controller", "-o", "json"))
    rules = role["rules"]
    fewer = [
        rule | {"resources": [one for one in rule["resources"] if one != resource]}
        for rule in rules
    ]
    fewer = [rule for rule in fewer if rule["resources"]]
    for wanted in (fewer, rules):
        patch = json.dumps([{"op": "replace", "path": "/rules", "value": wanted}])
        world.kubectl("patch", "clusterrole", "order-controller", "--type=json", "-p", patch)
        if wanted is fewer:
            yield


def test_where_nothing_can_be_seen_the_ca_is_asked_once(edge: Edge, controller: Controller) -> None:
    """The controller's DNS has another view than the CA's: an address that nothing answers at."""
    world = edge.world
    controller.stop()
    folder = world.folder / "inside"
    inside = servers.start_dns(folder, address="10.99.0.66", name="inside", die_with_parent=True)
    flag = f"--acme-http01-solver-nameservers={inside.address}"
    port = free_port()
    with controller_of(edge, flag, name="blind", port=port):
        world.apply(wish("hidden", BY_INGRESS))
        until_reason(world, "hidden.example.com", "cannot be told from here", "10.99.0.66")
    _presented_long_ago(world, "hidden.example.com")
    with controller_of(edge, flag, name="blind-again", port=port):
        world.wait_ready("hidden", timeout=MENDED_WITHIN)
        nothing_left(world)
    inside.process.stop()


def _presented_long_ago(world: World, host: str) -> None:
    name = challenge_of(world, host)["metadata"]["name"]
    past = {"presentedAt": "2026-01-01T00:00:00Z"}
    patch_status(world, "challenge", name, past, user=CONTROLLER_USER)
