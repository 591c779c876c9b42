"""The connection to the API server, against a real one."""

import json
from typing import Any

import pytest

from devcluster.cluster import Cluster
from webhook.credentials import Credentials, from_kubeconfig
from webhook.errors import ApiError, Conflict, Forbidden, NotFound, Unavailable
from webhook.kube import Kube, path_to, selects

PATH = "/api/v1/namespaces/default/configmaps/a"


def a_map(name: str = "a", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": data}


async def test_the_verbs_on_a_real_server(kube: Kube, namespace: str) -> None:
    maps = path_to("api", "v1", "namespaces", namespace, "configmaps")
    assert json.loads(await kube.create(maps, a_map(x="1")))["data"] == {"x": "1"}
    with pytest.raises(Conflict) as taken:
        await kube.create(maps, a_map())
    assert taken.value.reason == "AlreadyExists"
    one = f"{maps}/a"
    test = {"op": "test", "path": "/data/x", "value": "1"}
    put = {"op": "replace", "path": "/data/x", "value": "2"}
    assert json.loads(await kube.patch(one, [test, put]))["data"] == {"x": "2"}
    for misfit in ([test, put], [{"op": "remove", "path": "/data/none"}]):
        with pytest.raises(Conflict, match="is not as the patch takes it to be"):
            await kube.patch(one, misfit)
    with pytest.raises(ApiError, match=r"422 Invalid: .* cannot unmarshal number") as caught:
        await kube.patch(one, [{"op": "add", "path": "/metadata/labels", "value": 5}])
    assert "apiVersion" not in str(caught.value)
    assert json.loads(await kube.get(one))["data"] == {"x": "2"}
    query = {"fieldSelector": selects("metadata.name", "a")}
    assert len(json.loads(await kube.get(maps, query))["items"]) == 1
    with pytest.raises(NotFound, match=rf"^get {maps}/none: 404 NotFound: "):
        await kube.get(f"{maps}/none")


async def test_a_watch_of_a_real_server_tells_of_one_object(kube: Kube, namespace: str) -> None:
    maps = path_to("api", "v1", "namespaces", namespace, "configmaps")
    await kube.create(maps, a_map(x="1"))
    events = kube.watch(maps, name="a", timeout=2)
    assert await anext(events) == "ADDED"
    await kube.create(maps, a_map("other"))
    change = {"op": "replace", "path": "/data/x", "value": "2"}
    await kube.patch(f"{maps}/a", [change])
    assert [kind async for kind in events] == ["MODIFIED"]


async def test_a_real_server_refuses_who_it_does_not_know(devcluster: Cluster) -> None:
    known = from_kubeconfig(devcluster.kubeconfig)
    unknown = Credentials(server=known.server, ca=known.ca, token="hidden")
    async with Kube(unknown, user_agent="tests") as kube:
        with pytest.raises(ApiError, match="401 Unauthorized") as caught:
            await kube.get(PATH)
    assert "hidden" not in str(caught.value)
    nobody = Credentials(server=known.server, ca=known.ca)
    async with Kube(nobody, user_agent="tests") as kube:
        with pytest.raises(Forbidden, match='User "system:anonymous" cannot get'):
            await kube.get(PATH)


async def test_a_server_of_another_authority_is_not_spoken_to(devcluster: Cluster) -> None:
    server = from_kubeconfig(devcluster.kubeconfig).server
    async with Kube(Credentials(server=server, token="t"), user_agent="tests") as kube:
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await kube.get(PATH)


async def test_a_server_may_have_another_name_or_none(devcluster: Cluster) -> None:
    known = from_kubeconfig(devcluster.kubeconfig)
    wrong = Credentials(server=known.server, ca=known.ca, server_name="other.example")
    async with Kube(wrong, user_agent="tests") as kube:
        with pytest.raises(Unavailable, match=r"other\.example"):
            await kube.get(PATH)
    named = Credentials(server=known.server, ca=known.ca, server_name="kubernetes.default.svc")
    unverified = Credentials(server=known.server, server_name="other.example", verify=False)
    for credentials in (named, unverified):
        async with Kube(credentials, user_agent="tests") as kube:
            with pytest.raises(Forbidden):
                await kube.get(PATH)


async def test_a_body_that_a_real_server_cannot_read_is_not_quoted(
    kube: Kube, namespace: str
) -> None:
    secrets = path_to("api", "v1", "namespaces", namespace, "secrets")
    secret = {"metadata": {"name": "a"}, "data": {"a": "c2VjcmV0", "b": 5, "c": "not base64"}}
    with pytest.raises(ApiError, match="400 BadRequest") as caught:
        await kube.create(secrets, secret)
    assert "c2VjcmV0" not in str(caught.value)
    assert "not base64" not in str(caught.value)
