"""Fixtures: a control plane with our API, a CA that reuses authorizations, the rooms at work."""

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from devcluster import controller, pki, servers
from devcluster.cluster import Cluster
from tests.controller.acme.faults import running_front
from tests.controller.orders.live import Live, running


@pytest.fixture(scope="session")
def plane(devcluster: Cluster) -> Cluster:
    """The control plane with our kinds."""
    controller.install(devcluster.kubeconfig, ("namespace.yaml", "crds"))
    return devcluster


@pytest.fixture(scope="session")
def ca(
    tmp_path_factory: pytest.TempPathFactory, authority: pki.Authority, dns: servers.Dns
) -> Iterator[servers.Pebble]:
    """Pebble with its faults on, which never asks twice for the same name."""
    server = servers.start_pebble(
        tmp_path_factory.mktemp("reusing"),
        authority,
        dns_server=dns.address,
        environment={"PEBBLE_AUTHZREUSE": "100"},
        die_with_parent=True,
    )
    yield server
    server.process.stop()


@pytest.fixture
def flags() -> dict[str, Any]:
    """Settings that differ from the usual ones; a test may have others."""
    return {}


@pytest.fixture
async def live(
    plane: Cluster,
    ca: servers.Pebble,
    authority: pki.Authority,
    dns: servers.Dns,
    flags: dict[str, Any],
) -> AsyncIterator[Live]:
    """The rooms, not yet started, behind a front that can break what the CA says."""
    trust = ssl.create_default_context(cafile=str(authority.certificate))
    upstream = ca.directory_url.removesuffix("/dir")
    pair = authority.issue("rooms", server=True)
    bundle = authority.certificate.read_bytes()
    async with (
        running_front(upstream, trust, pair) as front,
        running(plane.kubeconfig, dns, front, bundle, **flags) as started,
    ):
        yield started
