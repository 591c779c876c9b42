"""The real parts that tests run against: started once a session, ended with it."""

import asyncio
from collections.abc import Iterator

import hypothesis
import pytest

from devcluster import cluster, pki, servers


def pytest_configure() -> None:
    """No example has a deadline: the machine is shared."""
    hypothesis.settings.register_profile("unhurried", deadline=None)
    hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def _no_idle_event_loop() -> None:
    """Without this the test tools make a loop before the first test, and nobody closes it."""
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> pki.Authority:
    """A CA for the servers of this session that are not part of the cluster."""
    return pki.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def dns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Dns]:
    """A DNS server for example.com and example.net; unknown names there are 127.0.0.1."""
    server = servers.start_dns(tmp_path_factory.mktemp("dns"), die_with_parent=True)
    yield server
    server.process.stop()


@pytest.fixture(scope="session")
def pebble(
    tmp_path_factory: pytest.TempPathFactory, authority: pki.Authority, dns: servers.Dns
) -> Iterator[servers.Pebble]:
    """Pebble with its faults on, which asks `dns`."""
    server = servers.start_pebble(
        tmp_path_factory.mktemp("pebble"), authority, dns_server=dns.address, die_with_parent=True
    )
    yield server
    server.process.stop()


@pytest.fixture(scope="session")
def devcluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    """A control plane with its own CA and DNS."""
    running = cluster.start(tmp_path_factory.mktemp("cluster"), die_with_parent=True)
    yield running
    running.stop()
