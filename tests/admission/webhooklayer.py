"""The webhook as a layer: as it runs, or as one that never answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devcluster import controller, webhook
from devcluster.cluster import Cluster
from devcluster.kubectl import kubectl
from orderapi.names import WEBHOOK_CONFIGURATION
from orderapi.registration import webhook_configuration
from tests.admission.api import DRY
from tests.admission.case import changed
from tests.admission.layers import Stand, until

_REGISTERED: Final = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


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
            registration = ("validatingwebhookconfiguration", WEBHOOK_CONFIGURATION)
            kubectl(kubeconfig, "delete", *registration)
            running.stop()


@contextmanager
def unanswered(stand: Stand, **changes: object) -> Iterator[Stand]:
    """The registration as it is shipped, but for `changes` in each entry, at an address where
    nobody listens. The stand has an object `Order`."""
    shipped = webhook_configuration()
    changes["clientConfig"] = {"url": "https://127.0.0.1:1/validate"}
    path = f"{_REGISTERED}/{WEBHOOK_CONFIGURATION}"
    webhooks = [one | changes for one in shipped["webhooks"]]
    bent = changed(stand.objects["Order"], {("spec", "profile"): "bent"})
    stand.api.apply(path, shipped | {"webhooks": webhooks}).result()
    try:
        until(lambda: not stand.api.replace(bent, query=DRY).passed, "it is registered")
        yield stand
    finally:
        stand.api.call("DELETE", path).result()
    until(lambda: stand.api.replace(bent, query=DRY).passed, "it is not registered any more")
