"""A cluster that is already full: foreign Secrets, and Certificates that were issued long ago."""

import base64
import copy
import json
import os
from typing import Any

from devcluster.cluster import Cluster
from devcluster.kubectl import kubectl
from tests.bench.api import Api, Json


def foreign_secrets(count: int, size: int) -> list[Json]:
    """Secrets that are nobody's business of ours, with `size` bytes of noise each."""
    content = base64.b64encode(os.urandom(size)).decode()
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"foreign-{n:05}", "namespace": "default"},
            "data": {"blob": content},
        }
        for n in range(count)
    ]


async def ready_certificates(cluster: Cluster, api: Api, count: int) -> None:
    """`count` copies of what the Certificate `first` has become: Secret, request, Order and all."""
    model = {
        kind: _first(cluster, kind)
        for kind in ("certificate", "secret", "certificaterequest", "order")
    }
    for start in range(0, count, 500):
        await _copies(api, model, range(start, min(start + 500, count)))


async def _copies(api: Api, model: dict[str, Json], numbers: range) -> None:
    names = [f"own-{n:05}" for n in numbers]
    certificates = await api.create(
        [_renamed(model["certificate"], name, {"secretName": f"{name}-tls"}) for name in names]
    )
    secrets = [_renamed(model["secret"], f"{name}-tls", {}) for name in names]
    for secret, name in zip(secrets, names, strict=True):
        secret["metadata"]["annotations"]["cert-manager.io/certificate-name"] = name
    await api.create(secrets)
    requests = []
    for owner, name in zip(certificates, names, strict=True):
        request = _renamed(model["certificaterequest"], f"{name}-1", {})
        request["metadata"]["annotations"]["cert-manager.io/certificate-name"] = name
        requests.append(_owned(request, owner))
    made = await api.create(requests)
    orders = []
    for owner, name in zip(made, names, strict=True):
        order = _renamed(model["order"], f"{name}-1234567890", {})
        order["metadata"]["annotations"]["cert-manager.io/certificate-name"] = name
        orders.append(_owned(order, owner))
    await api.create(orders)


def _owned(obj: Json, owner: Json) -> Json:
    reference = obj["metadata"]["ownerReferences"][0]
    reference |= {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
    return obj


def _first(cluster: Cluster, kind: str) -> Json:
    listed = kubectl(cluster.kubeconfig, "-n", "default", "get", kind, "-o", "json")
    items: list[Any] = json.loads(listed)["items"]
    found: Json = next(item for item in items if item["metadata"]["name"].startswith("first"))
    kept = ("name", "namespace", "labels", "annotations", "ownerReferences")
    found["metadata"] = {key: value for key, value in found["metadata"].items() if key in kept}
    return found


def _renamed(model: Json, name: str, spec: Json) -> Json:
    made = copy.deepcopy(model)
    made["metadata"]["name"] = name
    if spec:
        made["spec"] |= spec
    return made
