"""The whole way to a real API server: kubeconfig, TLS, objects, lists, watches, refusals."""

import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from devcluster.cluster import Cluster
from devcluster.kubectl import kubectl
from kubectl_order.access.api import METADATA_LIST, TABLE, Api, path_to
from kubectl_order.access.errors import Conflict, Forbidden, NotFound, Unauthorized
from kubectl_order.access.kubeconfig import credentials
from kubectl_order.flags import Flags
from tests.kubectl_order.access.serving import proxying

NAMESPACE = "access"
MAPS = path_to("api", "v1", "namespaces", NAMESPACE, "configmaps")


def connected(cluster: Cluster, **flags: Any) -> Api:
    """With the admin's kubeconfig."""
    return Api(credentials(Flags(kubeconfig=str(cluster.kubeconfig), **flags), {}), timeout=30)


@pytest.fixture(scope="module")
def cluster(devcluster: Cluster) -> Cluster:
    """With a namespace of three ConfigMaps."""
    kubectl(devcluster.kubeconfig, "create", "namespace", NAMESPACE)
    for name in ("a", "b", "c"):
        kubectl(devcluster.kubeconfig, "-n", NAMESPACE, "create", "configmap", name)
    return devcluster


def names(page: bytes) -> list[str]:
    """Of a list."""
    return [item["metadata"]["name"] for item in json.loads(page)["items"]]


def test_reading(cluster: Cluster) -> None:
    api = connected(cluster)
    assert json.loads(api.get(f"{MAPS}/a"))["metadata"]["name"] == "a"
    found = [name for page in api.pages(MAPS, limit=1) for name in names(page)]
    assert {"a", "b", "c"} <= set(found)
    assert json.loads(api.get(MAPS, accept=TABLE))["kind"] == "Table"
    listed = json.loads(api.get(MAPS, accept=METADATA_LIST))
    assert listed["kind"] == "PartialObjectMetadataList"
    with pytest.raises(NotFound, match='configmaps "x" not found') as caught:
        api.get(f"{MAPS}/x")
    assert caught.value.reason == "NotFound"
    with pytest.raises(NotFound, match="404 page not found") as caught:
        api.get("/apis/nothing.test/v1/things")
    assert caught.value.reason == ""
    api.close()


def test_changing_and_watching(cluster: Cluster) -> None:
    api = connected(cluster)
    version = json.loads(api.get(MAPS))["metadata"]["resourceVersion"]
    watch = api.watch(MAPS, {"resourceVersion": version}, timeout=30)
    timer = threading.Timer(10, watch.close)  # should nothing come
    timer.start()

    def patch(data: dict[str, str], **metadata: str) -> dict[str, Any]:
        body = msgspec.json.encode({"data": data, "metadata": metadata})
        sent = api.patch(f"{MAPS}/a", body, content_type="application/merge-patch+json")
        return dict(json.loads(sent))

    assert patch({"x": "1"})["data"] == {"x": "1"}
    kind, content = next(watch)
    assert (kind, json.loads(content)["data"]) == ("MODIFIED", {"x": "1"})
    with pytest.raises(Conflict, match="the object has been modified"):
        patch({"x": "2"}, resourceVersion=version)
    watch.close()
    assert list(watch) == []
    timer.cancel()
    api.close()


def test_as_others(cluster: Cluster) -> None:
    nobody = connected(cluster, as_user="nobody", as_group=["a", "b"])
    with pytest.raises(Forbidden, match='User "nobody" cannot list resource "configmaps"') as no:
        nobody.get(MAPS)
    assert no.value.hint == "kubectl auth can-i --list"
    nobody.close()
    masters = connected(cluster, as_user="jane", as_group=["system:masters"], as_uid="7")
    assert masters.get(MAPS)
    masters.close()
    stranger = connected(cluster, token="no-token")
    with pytest.raises(Unauthorized) as unknown:
        stranger.get(MAPS)
    assert "no-token" not in str(unknown.value)
    stranger.close()


def test_through_a_proxy(cluster: Cluster, tmp_path: Path) -> None:
    config = json.loads(cluster.kubeconfig.read_text())
    with proxying() as proxy:
        config["clusters"][0]["cluster"]["proxy-url"] = f"http://{proxy.address}"
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(config))
        api = Api(credentials(Flags(kubeconfig=str(file)), {}))
        assert api.get(MAPS)
        api.close()
    assert len(proxy.heads) == 1


def test_with_a_plugin(cluster: Cluster, tmp_path: Path) -> None:
    account = ["-n", NAMESPACE, "create"]
    kubectl(cluster.kubeconfig, *account, "serviceaccount", "robot")
    token = kubectl(cluster.kubeconfig, *account, "token", "robot").strip()
    version = "client.authentication.k8s.io/v1"
    shown = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": token}}
    plugin = tmp_path / "plugin"
    plugin.write_text(f"#!/bin/sh\ncat {tmp_path}/shown\n")
    plugin.chmod(0o755)
    (tmp_path / "shown").write_text(json.dumps(shown))
    config = json.loads(cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"exec": {"apiVersion": version, "command": "./plugin"}}
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    api = Api(credentials(Flags(kubeconfig=str(tmp_path / "kubeconfig")), {}))
    with pytest.raises(Forbidden, match=f'User "system:serviceaccount:{NAMESPACE}:robot"'):
        api.get(MAPS)
    api.close()


def test_the_times_are_alike(cluster: Cluster) -> None:
    api = connected(cluster)
    before = api.now
    api.get("/version")
    assert abs((api.now - before).total_seconds()) < 30
    api.close()
