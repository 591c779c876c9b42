"""What several of these tests need: a connection to a real API server, and the log."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import trustme

from devcluster.cluster import Cluster
from webhook.credentials import from_kubeconfig
from webhook.kube import Kube, path_to
from webhook.log import configure


@pytest.fixture
async def kube(devcluster: Cluster) -> AsyncIterator[Kube]:
    """The control plane, as its admin."""
    async with Kube(from_kubeconfig(devcluster.kubeconfig), user_agent="tests") as connected:
        yield connected


@pytest.fixture
async def namespace(kube: Kube) -> str:
    """A new one."""
    namespaces = path_to("api", "v1", "namespaces")
    made = await kube.create(namespaces, {"metadata": {"generateName": "webhook-"}})
    return str(json.loads(made)["metadata"]["name"])


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log, configured as the process does it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure(stream, "info")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def ca() -> str:
    """A CA certificate."""
    return trustme.CA().cert_pem.bytes().decode()


@pytest.fixture(scope="session")
def pair() -> tuple[str, str]:
    """A certificate and its key."""
    leaf = trustme.CA().issue_cert("client")
    return leaf.cert_chain_pems[0].bytes().decode(), leaf.private_key_pem.bytes().decode()
