"""Backends on a real API server, under the rules of deploy/rbac.yaml."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from controller.networking import SERVICE, Service, ServicePort, ServiceSpec
from controller.runtime.objects import NAMESPACE
from devcluster import controller, gatewayapi
from devcluster.cluster import Cluster
from devcluster.kubectl import kubectl
from orderapi.meta import ObjectMeta
from orderapi.resources import CHALLENGE
from tests.controller.backends.build import GATEWAY, INGRESS, NODE_PORT, SLICE_LABELS
from tests.controller.backends.live import NAME, Live, running


@pytest.fixture(scope="session")
def account(devcluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig of the controller's own ServiceAccount; the cluster has all our kinds."""
    controller.install(devcluster.kubeconfig)
    gatewayapi.install(devcluster.kubeconfig)
    kubectl(devcluster.kubeconfig, "get", "referencegrants", "--all-namespaces")  # served by now
    return controller.token_kubeconfig(devcluster, tmp_path_factory.mktemp("account"))


@pytest.fixture
def flags() -> dict[str, Any]:
    """Settings that differ from the usual ones."""
    return {}


@pytest.fixture
async def live(devcluster: Cluster, account: Path, flags: dict[str, Any]) -> AsyncIterator[Live]:
    """A namespace and the room, not yet started."""
    async with running(devcluster.kubeconfig, account, **flags) as started:
        yield started


async def leads_to(live: Live, *expected: str, family: str = "ipv4") -> None:
    """Wait until the slice of the family leads to exactly these."""

    async def follows() -> bool:
        return await live.addresses(family) == list(expected)

    await live.until(follows)


async def test_the_backend_stands_while_there_is_a_challenge(live: Live) -> None:
    await live.responder("10.1.0.1")
    await live.start()
    challenge = await live.challenge()
    await leads_to(live, "10.1.0.1:8089")
    service, one = await live.service(), await live.slice()
    assert service is not None
    assert one is not None
    assert service.metadata.annotations == {"auth.istio.io/8089": "NONE"}
    assert service.metadata.owner_references == ()
    assert (service.spec.type, service.spec.ports) == (
        "ClusterIP",
        (ServicePort(name="http", port=8089, protocol="TCP", target_port=8089),),
    )
    assert SLICE_LABELS.items() <= one.metadata.labels.items()
    assert live.asked == {"create services": 1, "create endpointslices.discovery.k8s.io": 1}
    await live.challenge(name="web-1")
    await asyncio.sleep(0.5)
    assert live.asked.total() == 2
    await live.ended(challenge)
    await asyncio.sleep(0.5)
    assert live.asked.total() == 2
    await live.kube.delete(CHALLENGE, live.namespace, "web-1")
    await live.gone()
    assert live.asked.total() == 4


async def test_it_follows_the_responder(live: Live) -> None:
    await live.start()
    await live.challenge()
    await live.until(live.slice)
    assert await live.addresses() == []
    await live.responder("10.1.0.1", "10.1.0.2")
    await leads_to(live, "10.1.0.1:8089", "10.1.0.2:8089")
    await live.responder("10.1.0.2", port=9000)
    await leads_to(live, "10.1.0.2:9000")
    service = await live.service()
    assert service is not None
    assert service.spec.ports[0].target_port == 9000
    await live.responder()
    await leads_to(live)
    assert await live.slice() is not None


async def test_what_was_left_behind_is_swept_at_the_start(live: Live) -> None:
    await live.responder("10.1.0.1")
    await live.start()
    challenge = await live.challenge()
    await live.challenge(GATEWAY, name="web-1")
    await leads_to(live, "10.1.0.1:8089")
    await live.until(live.grant)
    await live.crash()
    await live.ended(challenge)
    await live.kube.delete(CHALLENGE, live.namespace, "web-1")
    await live.start()
    await live.gone()


async def test_after_a_crash_nothing_is_written_again(live: Live) -> None:
    await live.responder("10.1.0.1")
    await live.start()
    await live.challenge()
    await live.challenge(GATEWAY, name="web-1")
    await leads_to(live, "10.1.0.1:8089")
    await live.until(live.grant)
    await live.crash()
    live.asked.clear()
    await live.start()
    await asyncio.sleep(0.5)
    assert live.asked == {}


async def test_a_stranger_is_left_alone(live: Live) -> None:
    meta = ObjectMeta(name=NAME, namespace=live.namespace)
    spec = ServiceSpec(ports=(ServicePort(name="web", port=80),))
    theirs = await live.kube.create(SERVICE, Service(metadata=meta, spec=spec))
    await live.responder("10.1.0.1")
    await live.start()
    challenge = await live.challenge()
    await asyncio.sleep(1)
    assert await live.service() == theirs
    assert await live.slice() is None
    assert live.asked == {"create services": 1, "get services": 1}
    await live.ended(challenge)
    await asyncio.sleep(0.5)
    assert await live.service() == theirs


async def test_what_somebody_removes_or_bends_comes_back(live: Live) -> None:
    await live.responder("10.1.0.1")
    await live.start()
    await live.challenge()
    await leads_to(live, "10.1.0.1:8089")
    await live.kube.delete(SERVICE, live.namespace, NAME)
    await live.until(live.service)
    bent = {"spec": {"type": "LoadBalancer"}, "metadata": {"labels": {"theirs": "x"}}}
    await live.kube.patch(SERVICE, live.namespace, NAME, bent)

    async def straight() -> bool:
        found = await live.service()
        return found is not None and found.spec.type == "ClusterIP"

    await live.until(straight)
    service = await live.service()
    assert service is not None
    assert service.metadata.labels["theirs"] == "x"


async def test_a_node_port_where_a_solver_asks_for_one(live: Live) -> None:
    await live.start()
    await live.challenge(INGRESS)
    first = await live.until(live.service)
    asking = await live.challenge(NODE_PORT, name="web-1")

    async def widened() -> Service | None:
        found = await live.service()
        return found if found is not None and found.spec.type == "NodePort" else None

    service = await live.until(widened)
    assert service.metadata.uid == first.metadata.uid
    await live.ended(asking)
    await asyncio.sleep(0.5)
    assert await live.service() == service


async def test_a_grant_for_routes_of_a_gateway_and_no_service(live: Live) -> None:
    await live.start()
    challenge = await live.challenge(GATEWAY)
    grant = await live.until(live.grant)
    (source,), (target,) = grant.spec.from_, grant.spec.to
    assert (source.group, source.kind, source.namespace) == (
        "gateway.networking.k8s.io",
        "HTTPRoute",
        live.namespace,
    )
    assert (target.group, target.kind, target.name) == ("", "Service", live.home.name)
    await asyncio.sleep(0.5)
    assert await live.service() is None
    assert live.asked == {"create referencegrants.gateway.networking.k8s.io": 1}
    await live.ended(challenge)
    await live.gone()


BY_ADDRESS = {"http01_responder_address": ("10.1.0.7:80", "[2001:DB8:0::7]:80")}


@pytest.mark.parametrize("flags", [BY_ADDRESS])
async def test_both_families_by_address_for_a_gateway_too(live: Live) -> None:
    await live.start()
    challenge = await live.challenge(GATEWAY)
    await leads_to(live, "10.1.0.7:80")
    await leads_to(live, "2001:db8::7:80", family="ipv6")
    assert await live.grant() is None
    await live.ended(challenge)
    await live.gone()


@pytest.mark.parametrize("flags", [{"http01_responder_address": ("responder.example:8443",)}])
async def test_a_name_takes_the_place_of_addresses_and_back(live: Live) -> None:
    named, live.settings = live.settings, type(live.settings)()
    await live.start()
    challenge = await live.challenge()
    await live.until(live.slice)
    await live.crash()
    live.settings = named
    await live.start()

    async def by_name() -> bool:
        found = await live.service()
        named = found is not None and found.spec.external_name == "responder.example"
        return named and await live.slice() is None

    await live.until(by_name)
    service = await live.service()
    assert service is not None
    assert (service.spec.type, service.spec.ports[0].port) == ("ExternalName", 8443)
    await live.crash()
    live.settings = type(live.settings)()
    await live.start()
    await live.until(live.slice)
    await live.ended(challenge)
    await live.gone()


async def test_a_namespace_that_terminates_is_left(live: Live) -> None:
    await live.start()
    await live.challenge()
    await live.until(live.slice)
    held = {"metadata": {"finalizers": ["test.example/hold"]}}
    await live.kube.patch(CHALLENGE, live.namespace, "web-0", held)
    await live.kube.delete(NAMESPACE, "", live.namespace)

    async def emptied() -> bool:
        return await live.service() is None

    await live.until(emptied, 30)
    live.asked.clear()
    await asyncio.sleep(1)
    assert live.asked.total() <= 2
    await live.kube.patch(CHALLENGE, live.namespace, "web-0", {"metadata": {"finalizers": None}})
