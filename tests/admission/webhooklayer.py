"""The running webhook as a layer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devcluster import controller, webhook
from devcluster.cluster import Cluster
from devcluster.kubectl import kubectl


@dataclass(frozen=True, slots=True)
class WebhookLayer:
    """It runs, registered as it is shipped, while it is up."""

    cluster: Cluster
    folder: Path

    @contextmanager
    def up(self) -> Iterator[webhook.Webhook]:
        """Put it up, and take it away again."""
        kubeconfig = self.cluster.kubeconfig
        controller.install(kubeconfig, ("namespace.yaml",))
        running = webhook.install(self.cluster, self.folder, die_with_parent=True)
        try:
            yield running
        finally:
            registration = ("validatingwebhookconfiguration", webhook.CONFIGURATION)
            kubectl(kubeconfig, "delete", *registration)
            running.stop()
