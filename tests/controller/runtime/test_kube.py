"""The verbs over real sockets, against the small API server."""

import logging
from typing import NoReturn

import msgspec
import pytest

from controller.runtime import errors
from controller.runtime.credentials import Credentials
from controller.runtime.kube import Kube
from controller.runtime.metrics import Metrics
from controller.runtime.objects import SECRET, Secret
from controller.runtime.patches import status_patch
from controller.runtime.schedule import Key
from orderapi.meta import ObjectMeta
from orderapi.order import Order, OrderSpec
from orderapi.references import IssuerRef
from orderapi.resources import CLUSTER_ISSUER, ORDER
from tests.controller.runtime.apiserver import ApiServer, Fault
from tests.controller.runtime.build import lines


def a_new_secret(name: str = "a") -> Secret:
    meta = ObjectMeta(name=name, namespace="default")
    return Secret(metadata=meta, type="Opaque", data={"key": b"value"})


def an_order() -> Order:
    return Order(
        metadata=ObjectMeta(name="o", namespace="default"),
        spec=OrderSpec(request=b"csr", issuer_ref=IssuerRef(name="le")),
    )


async def test_create_fills_in_what_kind_it_is_and_gives_what_was_made(
    server: ApiServer, kube: Kube
) -> None:
    made = await kube.create(ORDER, an_order())
    sent = server.asked("create")[0]
    assert (sent.body["apiVersion"], sent.body["kind"]) == ("acme.cert-manager.io/v1", "Order")
    assert sent.path == "/apis/acme.cert-manager.io/v1/namespaces/default/orders"
    assert sent.headers["User-Agent"] == "order-controller/1"
    assert made.metadata.uid
    assert made.spec.request == b"csr"


async def test_get_list_patch_delete(server: ApiServer, kube: Kube) -> None:
    made = await kube.create(SECRET, a_new_secret())
    assert (await kube.get(SECRET, "default", "a")).data == {"key": b"value"}
    changed = await kube.patch(SECRET, "default", "a", {"data": {"key": None, "new": b"\x00"}})
    assert changed.data == {"new": b"\x00"}
    listed = await kube.list(SECRET, "default")
    assert [item.metadata.name for item in listed.items] == ["a"]
    assert int(listed.resource_version) >= int(changed.metadata.resource_version)
    assert await kube.delete(SECRET, "default", "a", uid=made.metadata.uid) is None
    with pytest.raises(errors.NotFound):
        await kube.get(SECRET, "default", "a")


async def test_a_status_patch_is_refused_when_the_object_has_changed(
    server: ApiServer, kube: Kube
) -> None:
    made = await kube.create(ORDER, an_order())
    status = msgspec.structs.replace(made.status, state="pending")
    await kube.patch(ORDER, "default", "o", status_patch(made, status), subresource="status")
    assert server.asked("patch")[0].path.endswith("/orders/o/status")
    with pytest.raises(
        errors.Conflict, match=r"patch orders\.acme\.cert-manager\.io/status default/o"
    ):
        await kube.patch(ORDER, "default", "o", status_patch(made, status), subresource="status")


async def test_a_uid_alone_is_no_guard_of_a_status(server: ApiServer, kube: Kube) -> None:
    with pytest.raises(ValueError, match="guards nothing"):
        await kube.patch(
            ORDER, "default", "o", {"metadata": {"uid": "u"}, "status": {}}, subresource="status"
        )
    assert server.seen == []


async def test_apply_names_its_manager(server: ApiServer, kube: Kube) -> None:
    obj = {"metadata": {"name": "a", "namespace": "default"}, "data": {"key": b"value"}}
    made = await kube.apply(SECRET, obj, manager="cert-manager-certificates-issuing")
    assert made.data == {"key": b"value"}
    sent = server.asked("patch")[0]
    assert sent.query == {"fieldManager": "cert-manager-certificates-issuing", "force": "true"}
    assert sent.headers["Content-Type"] == "application/apply-patch+yaml"
    assert sent.body["kind"] == "Secret"


async def test_delete_gives_back_what_a_finalizer_holds(server: ApiServer, kube: Kube) -> None:
    server.put("secrets", "default", "a", metadata={"finalizers": ["x/y"]})
    held = await kube.delete(SECRET, "default", "a")
    assert held is not None
    assert held.metadata.deletion_timestamp is not None


async def test_delete_of_another_object_of_that_name_is_a_conflict(
    server: ApiServer, kube: Kube
) -> None:
    server.put("secrets", "default", "a")
    with pytest.raises(errors.Conflict):
        await kube.delete(SECRET, "default", "a", uid="former")
    assert server.asked("delete")[0].body["propagationPolicy"] == "Background"


async def test_cluster_scoped_resources_have_no_namespace_in_their_path(
    server: ApiServer, kube: Kube
) -> None:
    with pytest.raises(errors.NotFound):
        await kube.get(CLUSTER_ISSUER, "", "le")
    assert server.seen[0].path == "/apis/cert-manager.io/v1/clusterissuers/le"


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_a_name_that_is_no_path_segment_is_never_asked_for(
    server: ApiServer, kube: Kube, name: str
) -> None:
    with pytest.raises(errors.NotFound):
        await kube.get(SECRET, "default", name)
    assert server.seen == []


async def test_a_name_cannot_lead_to_another_path(server: ApiServer, kube: Kube) -> None:
    server.put("secrets", "kube-system", "token")
    with pytest.raises(errors.NotFound):
        await kube.get(SECRET, "default", "../../kube-system/secrets/token")


async def test_lists_are_fetched_in_pages(server: ApiServer, kube: Kube) -> None:
    spec = {"request": "", "issuerRef": {"name": "le"}}
    for number in range(1100):
        server.put("orders", "default", f"o-{number:04}", spec=spec)
    listed = await kube.list(ORDER)
    assert len({item.metadata.name for item in listed.items}) == 1100
    assert [seen.query["limit"] for seen in server.asked("list")] == ["500", "500", "500"]


async def test_secrets_which_may_be_large_come_in_small_pages(
    server: ApiServer, kube: Kube
) -> None:
    for number in range(60):
        server.put("secrets", "default", f"s-{number:04}")
    listed = await kube.list(SECRET)
    assert len({item.metadata.name for item in listed.items}) == 60
    assert [seen.query["limit"] for seen in server.asked("list")] == ["25", "25", "25"]


async def test_one_object_that_does_not_decode_costs_itself_only(
    server: ApiServer, kube: Kube, caplog: pytest.LogCaptureFixture
) -> None:
    server.put("secrets", "default", "good")
    server.put("secrets", "default", "odd", data={"key": "not base64, and secret"})
    listed = await kube.list(SECRET)
    assert [item.metadata.name for item in listed.items] == ["good"]
    assert listed.unreadable == (Key("default", "odd"),)
    (line,) = lines(caplog, "object skipped: it does not decode")
    assert line.levelno == logging.ERROR
    assert (line.resource, line.object) == ("secrets", "default/odd")
    assert "and secret" not in line.error


async def test_too_many_requests_says_how_long_to_wait(server: ApiServer, kube: Kube) -> None:
    server.faults.append(Fault("get", 429, "TooManyRequests", headers={"Retry-After": "7"}))
    with pytest.raises(errors.TooManyRequests) as caught:
        await kube.get(SECRET, "default", "a")
    assert caught.value.retry_after == 7
    assert len(server.seen) == 1


async def test_a_terminating_namespace_is_not_a_missing_rule(server: ApiServer, kube: Kube) -> None:
    details = {"causes": [{"reason": "NamespaceTerminating"}]}
    server.faults.append(Fault("create", 403, "Forbidden", details=details))
    with pytest.raises(errors.NamespaceTerminating):
        await kube.create(SECRET, a_new_secret())


async def test_no_server_is_unavailable_and_says_where() -> None:
    kube = Kube(Credentials(server="http://127.0.0.1:1"), user_agent="x")
    with pytest.raises(errors.Unavailable, match=r"get secrets default/a: .*127\.0\.0\.1"):
        await kube.get(SECRET, "default", "a")
    await kube.close()


async def test_a_connection_cut_in_the_middle_is_unavailable(server: ApiServer, kube: Kube) -> None:
    server.faults.append(Fault("create", cut=True, body=b"", code=200))
    with pytest.raises(errors.Unavailable):
        await kube.create(SECRET, a_new_secret())


@pytest.mark.parametrize("error", [RuntimeError("the handler is closed"), ValueError("a line")])
async def test_what_the_event_loop_or_the_parser_raises_is_unavailable(
    kube: Kube, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(kube._transport._session, "request", broken)
    with pytest.raises(errors.Unavailable, match=f"get secrets default/a: .*{error}"):
        await kube.get(SECRET, "default", "a")
    with pytest.raises(errors.Unavailable, match=f"watch secrets: .*{error}"):
        await anext(kube.watch(SECRET, resource_version="1", timeout=60))


async def test_an_answer_that_is_not_json_is_unavailable(server: ApiServer, kube: Kube) -> None:
    server.faults.append(Fault("get", 200, body=b"<html>"))
    with pytest.raises(errors.Unavailable):
        await kube.get(SECRET, "default", "a")


async def test_requests_are_counted(server: ApiServer) -> None:
    metrics = Metrics()
    kube = Kube(server.credentials, user_agent="x", observe=metrics.requested)
    await kube.create(SECRET, a_new_secret())
    with pytest.raises(errors.NotFound):
        await kube.get(SECRET, "default", "other")
    await kube.close()
    page = metrics.page().decode()
    asked = 'kubernetes_requests_total{code="%s",resource="secrets",verb="%s"} 1.0'
    assert asked % (201, "create") in page
    assert asked % (404, "get") in page
