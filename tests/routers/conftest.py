"""The cluster behind a router. It needs addresses and port 80 of a network namespace."""

from collections.abc import Iterator

import pytest

from devcluster import cluster, gatewayapi, netns, traefik
from tests.routers.edge import Edge
from tests.system.world import installed


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """A devcluster of its own whose names resolve to Traefik, with our API and the Gateway API."""
    if netns.missing():
        pytest.skip(netns.missing())
    folder = tmp_path_factory.mktemp("edge")
    running = cluster.start(folder / "cluster", die_with_parent=True, dns_address=netns.ROUTER)
    try:
        world = installed(running, folder)
        gatewayapi.install(running.kubeconfig)
        router = traefik.start_traefik(running, folder, gateway=True, die_with_parent=True)
        yield Edge(world, router)
        router.stop()
    finally:
        running.stop()
