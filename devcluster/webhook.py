"""The webhook as a local process, with the token of its own ServiceAccount, and its registration.

In a network namespace the API server reaches it as in a cluster, by the ClusterIP of its Service;
elsewhere by an address of loopback, which the registration then names.
"""

import http.client
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from devcluster import netns
from devcluster.cluster import Cluster
from devcluster.controller import DEPLOY, token_kubeconfig
from devcluster.kubectl import kubectl
from devcluster.process import Process, free_port, start
from orderapi.names import WEBHOOK_NAMESPACE, WEBHOOK_SERVICE


@dataclass(frozen=True, slots=True)
class Webhook:
    """A running webhook: `address` is where the API server calls it, `health` where it is asked how
    it does."""

    address: str
    health: str
    process: Process

    def ready(self) -> bool:
        """Whether it says that it is ready."""
        return self._readiness()[0] == HTTPStatus.OK

    def trouble(self) -> str:
        """Why it is not ready, in its own words; empty where it is, or does not answer."""
        status, said = self._readiness()
        return "" if status == HTTPStatus.OK else said

    def _readiness(self) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.health, timeout=10)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def stop(self, grace: float = 10.0) -> None:
        """End it with SIGTERM, and wait."""
        self.process.stop(grace)


def address(kubeconfig: Path) -> str:
    """Where a webhook is to listen: the Service's ClusterIP, or a free port of loopback."""
    if netns.missing():
        return f"127.0.0.1:{free_port()}"
    where = (
        "-n",
        WEBHOOK_NAMESPACE,
        "get",
        "service",
        WEBHOOK_SERVICE,
        "-o",
        "jsonpath={.spec.clusterIP}",
    )
    ip = kubectl(kubeconfig, *where)
    netns.add_address(ip)
    return f"{ip}:443"


def register(kubeconfig: Path, listen: str = "") -> None:
    """Apply the registration as it is shipped, or with that address of loopback in it."""
    path = DEPLOY / "webhook-configuration.yaml"
    configuration: dict[str, Any] = yaml.safe_load(path.read_text())
    if listen.startswith("127."):
        for webhook in configuration["webhooks"]:
            webhook["clientConfig"] = {"url": f"https://{listen}/validate"}
    content = json.dumps(configuration)
    kubectl(kubeconfig, "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=content)


def start_webhook(
    cluster: Cluster,
    folder: Path,
    listen: str,
    *,
    flags: Sequence[str] = (),
    name: str = WEBHOOK_SERVICE,
    die_with_parent: bool = False,
    ready: bool = True,
) -> Webhook:
    """Start it for that cluster under its ServiceAccount; returns when it is ready to be called."""
    health = f"127.0.0.1:{free_port()}"
    command = [
        sys.executable,
        "-m",
        "webhook",
        f"--kubeconfig={token_kubeconfig(cluster, folder, WEBHOOK_SERVICE)}",
        f"--listen-address={listen}",
        f"--metrics-listen-address={health}",
        f"--serving-name={listen.rpartition(':')[0]}",
        "--shutdown-grace=0s",
        *flags,
    ]
    process = start(name, command, folder, die_with_parent=die_with_parent)
    webhook = Webhook(listen, health, process)
    if ready:
        process.await_ready(webhook.ready)
    return webhook


def install_policies(kubeconfig: Path) -> None:
    """Apply what the API server itself refuses, with no webhook."""
    _apply(kubeconfig, "policy.yaml")


def install(
    cluster: Cluster, folder: Path, *, flags: Sequence[str] = (), die_with_parent: bool = False
) -> Webhook:
    """Rights, registration and a running webhook, in one go."""
    _apply(cluster.kubeconfig, "webhook.yaml")
    listen = address(cluster.kubeconfig)
    register(cluster.kubeconfig, listen)
    return start_webhook(cluster, folder, listen, flags=flags, die_with_parent=die_with_parent)


def _apply(kubeconfig: Path, file: str) -> None:
    path = str(DEPLOY / file)
    kubectl(kubeconfig, "apply", "--server-side", "--force-conflicts", "-f", path)
