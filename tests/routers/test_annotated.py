"""An annotated Ingress or Gateway gets its Certificate, by HTTP-01 through that very router."""

from collections.abc import Iterator

import pytest

from devcluster.controller import Controller
from devcluster.demo import verify
from tests.routers.edge import Edge, gateway
from tests.routers.issuing import apply_issuers, controller_of, nothing_left
from tests.system.world import Json


@pytest.fixture(scope="module", autouse=True)
def controller(edge: Edge) -> Iterator[Controller]:
    """The controller."""
    with controller_of(edge) as running:
        apply_issuers(edge.world)
        yield running
        nothing_left(edge.world)


def test_an_annotated_ingress(edge: Edge) -> None:
    world = edge.world
    backend = {"service": {"name": "app", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    host = "site.example.com"
    site: Json = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "site",
            "namespace": "default",
            "annotations": {
                "cert-manager.io/cluster-issuer": "by-ingress",
                "cert-manager.io/private-key-algorithm": "ECDSA",
                "acme.cert-manager.io/http01-edit-in-place": "true",
            },
        },
        "spec": {
            "ingressClassName": "traefik",
            "rules": [{"host": host, "http": {"paths": [path]}}],
            "tls": [{"hosts": [host], "secretName": "site-tls"}],
        },
    }
    world.apply(site)
    world.until(lambda: world.get("certificate", "site-tls"), why="the Certificate")
    verify(world.cluster, world.wait_ready("site-tls"))
    assert (world.get("ingress", "site") or {})["spec"] == site["spec"]
    world.kubectl("delete", "ingress", "site")
    world.until(lambda: not world.get("certificate", "site-tls"), why="gone with its owner")


def test_an_annotated_gateway(edge: Edge) -> None:
    world = edge.world
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "gate-tls"}]}
    listeners: list[Json] = [
        {"name": "http", "protocol": "HTTP", "port": 80},
        {
            "name": "https",
            "protocol": "HTTPS",
            "port": 443,
            "hostname": "gate.example.com",
            "tls": tls,
        },
    ]
    gate = gateway("gate", "default", *listeners)
    gate["metadata"]["annotations"] = {
        "cert-manager.io/cluster-issuer": "by-gateway",
        "cert-manager.io/private-key-algorithm": "ECDSA",
    }
    world.apply(gate)
    world.until(lambda: world.get("certificate", "gate-tls"), why="the Certificate")
    verify(world.cluster, world.wait_ready("gate-tls"))
    world.kubectl("delete", "gateway", "gate")
    world.until(lambda: not world.get("certificate", "gate-tls"), why="gone with its owner")
