"""One devcluster with our API installed, as a test sees it: apply, look, wait, ask the CA."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from devcluster import controller, webhook, zone
from devcluster.cluster import Cluster
from devcluster.demo import apply_issuer
from devcluster.kubectl import KubectlFailed, kubectl

T = TypeVar("T")
Json = dict[str, Any]
ISSUER = {"kind": "ClusterIssuer", "name": "acme"}


@dataclass(frozen=True, slots=True)
class World:
    """The cluster, and short ways to use it."""

    cluster: Cluster
    folder: Path

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """kubectl as the admin."""
        return kubectl(self.cluster.kubeconfig, *arguments, stdin=stdin)

    def kubectl_fails(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl says when it is refused; empty where it is not."""
        try:
            self.kubectl(*arguments, stdin=stdin)
        except KubectlFailed as error:
            return str(error)
        return ""

    def apply(self, *manifests: Json) -> None:
        """Apply manifests, given as the JSON they are."""
        content = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.kubectl("apply", "-f", "-", stdin=json.dumps(content))

    def get(self, kind: str, name: str, namespace: str = "default") -> Json | None:
        """The object, or None."""
        try:
            found = self.kubectl("-n", namespace, "get", kind, name, "-o", "json")
        except KubectlFailed as error:
            if "NotFound" in str(error):
                return None
            raise
        content: Json = json.loads(found)
        return content

    def all(self, kind: str, namespace: str = "default", *arguments: str) -> list[Json]:
        """The objects of a namespace, oldest first."""
        found = self.kubectl("-n", namespace, "get", kind, *arguments, "-o", "json")
        items: list[Json] = json.loads(found)["items"]
        return items

    def names(self, kind: str, prefix: str = "", namespace: str = "default") -> list[str]:
        """The names of the objects of a namespace that begin with `prefix`."""
        listed = [str(item["metadata"]["name"]) for item in self.all(kind, namespace)]
        return [name for name in listed if name.startswith(prefix)]

    def revision(self, name: str, namespace: str = "default") -> int:
        """The Certificate's revision; 0 before the first issuance."""
        found = self.get("certificate", name, namespace) or {}
        return int(found.get("status", {}).get("revision", 0))

    def namespace(self, name: str) -> str:
        """Make a namespace."""
        self.kubectl("create", "namespace", name)
        return name

    def wait_ready(self, name: str, namespace: str = "default", timeout: int = 60) -> Json:
        """Wait as people do, with kubectl wait, until the Certificate is Ready."""
        condition = ["--for=condition=Ready", f"--timeout={timeout}s"]
        self.kubectl("-n", namespace, "wait", *condition, f"certificate/{name}")
        certificate = self.get("certificate", name, namespace)
        assert certificate is not None
        return certificate

    def until(self, what: Callable[[], T | None], timeout: float = 30.0, *, why: str = "") -> T:
        """Look every 0.2 s until `what()` gives something; AssertionError after `timeout` s."""
        deadline = time.monotonic() + timeout
        while True:
            found = what()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout:.0f} s: {why}\n{self.state()}")
            time.sleep(0.2)

    def state(self) -> str:
        """Everything of ours in the cluster, for a failed assertion."""
        kinds = "certificates,certificaterequests,orders,challenges,clusterissuers,issuers"
        return self.kubectl("get", kinds, "-A", "-o", "yaml")[-12000:]

    def ca_requests(self, path: str) -> list[Json]:
        """What the CA was asked at that path, nonce rejections left out."""
        seen = self.cluster.pebble.requests()
        return [line for line in seen if line["path"].startswith(path)]

    def orders_placed(self) -> int:
        """How many orders the CA has accepted."""
        return len(
            [line for line in self.ca_requests("/order-plz") if str(line["status"]) == "201"]
        )

    def challenge_records(self, name_part: str = "") -> dict[str, list[str]]:
        """The TXT records in both zones whose name contains `name_part`."""
        found: dict[str, list[str]] = {}
        for name in self.cluster.dns.zones:
            found |= zone.records(self.cluster.dns, name.rstrip("."))
        return {name: values for name, values in found.items() if name_part in name}

    def start_controller(
        self, *flags: str, name: str = "order-controller", ready: bool = True
    ) -> controller.Controller:
        """Start the controller under its own ServiceAccount, and wait until it says it is ready."""
        return controller.start_controller(
            self.cluster,
            self.folder / name,
            flags=flags,
            name=name,
            die_with_parent=True,
            ready=ready,
        )


def certificate(
    name: str,
    *dns_names: str,
    namespace: str = "default",
    issuer: Mapping[str, str] = ISSUER,
    **spec: Any,
) -> Json:
    """A Certificate with an ECDSA key, in the Secret `<name>-tls`."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "secretName": f"{name}-tls",
            "dnsNames": list(dns_names or [f"{name}.example.com"]),
            "privateKey": {"algorithm": "ECDSA"},
            "issuerRef": dict(issuer),
        }
        | spec,
    }


def condition(obj: Json, kind: str) -> Json:
    """The condition of that type, or an empty one."""
    conditions: Sequence[Json] = obj.get("status", {}).get("conditions", [])
    return next((c for c in conditions if c["type"] == kind), {})


def installed(cluster: Cluster, folder: Path) -> World:
    """The cluster with our API, rights, policies and the ClusterIssuer `acme`."""
    controller.install(cluster.kubeconfig)
    webhook.install_policies(cluster.kubeconfig)
    apply_issuer(cluster)
    return World(cluster, folder)
