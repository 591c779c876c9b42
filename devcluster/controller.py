"""The controller as a local process, with the token of its own ServiceAccount and nothing more."""

import signal
import sys
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from devcluster.cluster import Cluster, write_kubeconfig
from devcluster.kubectl import kubectl
from devcluster.process import Process, free_port, start

NAMESPACE = "cert-manager"
ACCOUNT = "order-controller"
DEPLOY = Path(__file__).parent.parent / "deploy"


@dataclass(frozen=True, slots=True)
class Controller:
    """A running controller; `address` serves /metrics, /healthz and /readyz."""

    address: str
    process: Process

    def ready(self) -> bool:
        """Whether it says that it is ready."""
        with suppress(OSError), urllib.request.urlopen(f"http://{self.address}/readyz") as answer:
            return bool(answer.status == 200)
        return False

    def metrics(self) -> str:
        """What Prometheus would scrape."""
        with urllib.request.urlopen(f"http://{self.address}/metrics") as answer:
            return str(answer.read().decode())

    def stop(self, grace: float = 10.0) -> None:
        """End it with SIGTERM, and wait."""
        self.process.stop(grace)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash does."""
        self.process.signal(signal.SIGKILL)
        self.process.stop()


def install(
    kubeconfig: Path,
    parts: Sequence[str] = (
        "namespace.yaml",
        "crds",
        "rbac.yaml",
        "users.yaml",
        "responder.yaml",
    ),
) -> str:
    """Apply what the controller needs from deploy/; returns what kubectl said."""
    files = [argument for part in parts for argument in ("-f", str(DEPLOY / part))]
    said = kubectl(kubeconfig, "apply", "--server-side", "--force-conflicts", *files)
    if "crds" in parts:
        kubectl(kubeconfig, "wait", "--for=condition=Established", "--timeout=30s", "crd", *CRDS)
    return said


CRDS = (
    "certificates.cert-manager.io",
    "certificaterequests.cert-manager.io",
    "issuers.cert-manager.io",
    "clusterissuers.cert-manager.io",
    "orders.acme.cert-manager.io",
    "challenges.acme.cert-manager.io",
)


def token_kubeconfig(cluster: Cluster, folder: Path, account: str = ACCOUNT) -> Path:
    """A kubeconfig with a fresh token of that ServiceAccount."""
    folder.mkdir(parents=True, exist_ok=True)
    token = kubectl(
        cluster.kubeconfig, "-n", NAMESPACE, "create", "token", account, "--duration=24h"
    ).strip()
    return write_kubeconfig(folder / f"{account}.kubeconfig", cluster.api, {"token": token})


def start_controller(
    cluster: Cluster,
    folder: Path,
    *,
    flags: Sequence[str] = (),
    name: str = "order-controller",
    die_with_parent: bool = False,
    ready: bool = True,
) -> Controller:
    """Start it for that cluster under its ServiceAccount; returns when it is ready to lead."""
    responder = f"127.0.0.1:{free_port()}"
    command = [
        f"--kubeconfig={token_kubeconfig(cluster, folder)}",
        f"--cluster-resource-namespace={NAMESPACE}",
        f"--leader-election-namespace={NAMESPACE}",
        f"--http01-listen-address={responder}",
        f"--acme-http01-solver-nameservers={cluster.dns.address}",
        f"--dns01-recursive-nameservers={cluster.dns.address}",
        "--dns01-recursive-nameservers-only",
        "--acme-max-in-flight=2",
        "--allow-special-addresses",
        "--shutdown-grace=0s",
        *flags,
    ]
    return _start(name, command, folder, die_with_parent=die_with_parent, ready=ready)


def start_responder(
    cluster: Cluster,
    folder: Path,
    *,
    listen: str,
    flags: Sequence[str] = (),
    name: str = "order-responder",
    die_with_parent: bool = False,
) -> Controller:
    """Start the responder to HTTP-01 challenges alone, under its own ServiceAccount."""
    kubeconfig = token_kubeconfig(cluster, folder, "order-responder")
    command = [
        "responder",
        f"--kubeconfig={kubeconfig}",
        f"--http01-listen-address={listen}",
        "--shutdown-grace=0s",
        *flags,
    ]
    return _start(name, command, folder, die_with_parent=die_with_parent, ready=True)


def _start(
    name: str, arguments: Sequence[str], folder: Path, *, die_with_parent: bool, ready: bool
) -> Controller:
    address = f"127.0.0.1:{free_port()}"
    command = [
        sys.executable,
        "-m",
        "controller",
        *arguments,
        f"--metrics-listen-address={address}",
    ]
    process = start(name, command, folder, die_with_parent=die_with_parent)
    controller = Controller(address, process)
    if ready:
        process.await_ready(controller.ready)
    return controller
