"""A real API server with chains in it, as the plugin sees them: as admin or as somebody less."""

import io
import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from devcluster import controller
from devcluster.cluster import Cluster as Devcluster
from devcluster.kubectl import kubectl
from kubectl_order.cluster import Cluster, connect
from kubectl_order.flags import Flags
from kubectl_order.reading.kinds import place
from orderapi.meta import Object, ObjectMeta, owner_reference
from orderapi.resources import Resource

T = TypeVar("T", bound=Object)

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Shelf:
    """One namespace of the cluster; objects are put there by the admin."""

    devcluster: Devcluster
    namespace: str
    admin: Cluster = field(init=False)
    _opened: list[Cluster] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "admin", self.seen_by())

    def seen_by(
        self, user: str = "", *, namespace: str = "", stderr: io.StringIO | None = None
    ) -> Cluster:
        """The plugin's cluster, for the admin or whom the admin acts as; traced to `stderr`."""
        flags = Flags(
            kubeconfig=str(self.devcluster.kubeconfig),
            namespace=namespace or self.namespace,
            as_user=user,
            verbosity=6 if stderr is not None else 0,
        )
        cluster = connect(flags, {}, stderr or io.StringIO())
        self._opened.append(cluster)
        return cluster

    def meta(self, name: str, *, owner: Object | None = None, **fields: Any) -> ObjectMeta:
        """Metadata of an object to put; `owner` is one that was put."""
        owners = (owner_reference(owner, owner),) if owner is not None else ()
        return ObjectMeta(name=name, namespace=self.namespace, owner_references=owners, **fields)

    def put(self, resource: Resource[T], obj: T) -> T:
        """Make the object, with its status, and read it back."""
        content = msgspec.to_builtins(resource.typed(obj))
        status = content.pop("status", None)
        where = place(resource, obj.metadata.namespace, obj.metadata.name)
        query = {"fieldManager": "test", "force": "true"}
        body = self.admin.api.patch(
            where, json.dumps(content).encode(), content_type=_APPLY, query=query
        )
        if status:
            patch = json.dumps({"status": status}).encode()
            body = self.admin.api.patch(f"{where}/status", patch, content_type=_MERGE)
        return msgspec.json.decode(body, type=resource.type)

    def apply(self, *manifests: dict[str, Any]) -> None:
        """Apply other manifests."""
        content = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        kubectl(self.devcluster.kubeconfig, "apply", "-f", "-", stdin=json.dumps(content))

    def allow(self, user: str, *resources: str, verbs: tuple[str, ...] = ("get", "list")) -> None:
        """Let the user read these resources, of whatever group, in the namespace."""
        rules = [{"apiGroups": ["*"], "resources": list(resources), "verbs": list(verbs)}]
        self.apply(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": user, "namespace": self.namespace},
                "rules": rules,
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": user, "namespace": self.namespace},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "Role",
                    "name": user,
                },
                "subjects": [
                    {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
                ],
            },
        )

    def forget(self, kind: str, name: str, namespace: str) -> None:
        """Delete an object of whatever namespace."""
        kubectl(self.devcluster.kubeconfig, "-n", namespace, "delete", kind, name)

    def remove(self) -> None:
        """Have the namespace deleted."""
        for cluster in self._opened:
            cluster.close()
        kubectl(self.devcluster.kubeconfig, "delete", "namespace", self.namespace, "--wait=false")


def shelf(devcluster: Devcluster, namespace: str) -> Shelf:
    """A new namespace in a cluster that serves the API, and where nobody may read the Lease."""
    controller.install(devcluster.kubeconfig, ("namespace.yaml", "crds"))
    for namespace_of_lease in ("cert-manager", "kube-system"):
        role = ("rolebinding", "order-lease-reader", "--ignore-not-found")
        kubectl(devcluster.kubeconfig, "-n", namespace_of_lease, "delete", *role)
    kubectl(devcluster.kubeconfig, "create", "namespace", namespace)
    return Shelf(devcluster, namespace)
