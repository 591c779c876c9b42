"""What stands before the API in these tests: put up, taken down, and gone round."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from devcluster import webhook
from devcluster.controller import DEPLOY
from devcluster.webhook import Webhook
from orderapi.names import WEBHOOK_CONFIGURATION
from tests.admission.layers import without_rules
from tests.system.world import World

RULED = ("orders", "challenges", "certificaterequests")


class Guard:
    """The running webhook, its registration, the policies, and the rules in the CRDs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kubeconfig = world.cluster.kubeconfig
        self.webhook = self._install()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The webhook's process does not run; a new one is ready afterwards."""
        self.webhook.stop()
        try:
            yield
        finally:
            self.webhook = self._install()

    @contextmanager
    def without_webhook(self) -> Iterator[None]:
        """The registration is gone, the policies stand."""
        self._world.kubectl("delete", "validatingwebhookconfiguration", WEBHOOK_CONFIGURATION)
        try:
            yield
        finally:
            webhook.register(self._kubeconfig, self.webhook.address)
            self._world.until(self.webhook.ready, why="the webhook is registered again")

    @contextmanager
    def without_policies(self) -> Iterator[None]:
        """The policies are gone, the webhook serves."""
        self._world.kubectl("delete", "-f", str(DEPLOY / "policy.yaml"))
        try:
            yield
        finally:
            webhook.install_policies(self._kubeconfig)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Neither webhook nor policies nor rules in the CRDs: whoever has the right may write."""
        with self.without_webhook(), self.without_policies():
            for name in RULED:
                self._define(without_rules(_shipped(name)))
            try:
                yield
            finally:
                for name in RULED:
                    self._define(_shipped(name))

    def _install(self) -> Webhook:
        world = self._world
        return webhook.install(world.cluster, world.folder / "webhook", die_with_parent=True)

    def _define(self, definition: dict[str, Any]) -> None:
        arguments = ("apply", "--server-side", "--force-conflicts", "-f", "-")
        self._world.kubectl(*arguments, stdin=json.dumps(definition))


def _shipped(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "crds" / f"{name}.yaml").read_text())
    return found
