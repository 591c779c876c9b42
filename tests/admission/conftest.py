"""A cluster of its own: definitions and policies, which hold for all of it, come and go here."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from devcluster import cluster
from tests.admission.api import Api
from tests.admission.case import WEBHOOK
from tests.admission.layers import Ground
from tests.admission.webhooklayer import WebhookLayer


@pytest.fixture(scope="session")
def admission_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    """A control plane where layers of admission are put up and taken away."""
    running = cluster.start(tmp_path_factory.mktemp("admission"), die_with_parent=True)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def ground(
    admission_cluster: cluster.Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """It, with our definitions but none of their rules."""
    webhook = WebhookLayer(admission_cluster, tmp_path_factory.mktemp("webhook"))
    with closing(Api(admission_cluster)) as api:
        yield Ground(api, {WEBHOOK: webhook.up})
