"""What the API server makes of the policies, and what goes on while they stand."""

import base64
from collections.abc import Iterator
from functools import partial

import pytest

from orderapi.names import FINALIZER
from tests.admission.api import CONTROLLER, TENANT, Json
from tests.admission.case import CRD, POLICY, Change, base, changed
from tests.admission.layers import Ground, Stand, until
from tests.webhook.rules import build

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
HOLD: Change = {("metadata", "finalizers"): ["example.com/hold"]}


def _largest() -> Json:
    """An Order near the limit of what the API server stores."""
    names = [f"name-{number:05d}.a-long-domain.example.com" for number in range(10_000)]
    request = base64.b64encode(bytes(100_000)).decode()
    change: Change = {("spec", "request"): request, ("spec", "dnsNames"): names, **HOLD}
    status = {"certificate": base64.b64encode(bytes(300_000)).decode()}
    return changed(base("Order"), change) | {"status": status}


@pytest.fixture(scope="module")
def stand(ground: Ground) -> Iterator[Stand]:
    """Policies and rules of the CRDs."""
    with ground.standing(CRD, POLICY, objects={"largest": _largest()}) as standing:
        yield standing


def test_the_server_finds_no_fault_in_the_expressions(stand: Stand) -> None:
    def checked() -> list[Json]:
        found: list[Json] = stand.api.call("GET", POLICIES).result()["items"]
        seen = [one for one in found if "typeChecking" in one.get("status", {})]
        return seen if len(seen) == 3 else []

    until(checked, "the policies are checked")
    assert [policy["status"]["typeChecking"] for policy in checked()] == [{}, {}, {}]


def test_the_largest_order_is_still_let_go(stand: Stand) -> None:
    largest = stand.objects["largest"]
    freed = stand.api.replace(changed(largest, {("metadata", "finalizers"): ...}), TENANT)
    assert freed.passed, freed.message
    bent = changed(freed.body, {("spec", "dnsNames", 9_999): "else.example.com"})
    assert "spec.dnsNames" in stand.api.replace(bent).message


def test_the_garbage_collector_does_its_work(stand: Stand) -> None:
    left = {policy: _deleted(stand, policy) for policy in ("Background", "Foreground", "Orphan")}
    for policy, (request, order) in left.items():
        until(partial(_gone, stand, request), f"the request is gone, {policy}", timeout=60)
        if policy == "Orphan":
            assert "ownerReferences" not in stand.api.read(order).result()["metadata"]
        else:
            until(partial(_gone, stand, order), f"the Order is gone, {policy}", timeout=60)


def _deleted(stand: Stand, policy: str) -> tuple[Json, Json]:
    """A request that is deleted with that policy, and the Order that it owns."""
    api, suffix = stand.api, policy.lower()
    request = api.create(stand.placed(_request(), f"owner-{suffix}")).result()
    order = stand.placed(base("Order"), f"owned-{suffix}")
    order["metadata"]["ownerReferences"][0] |= {
        "name": request["metadata"]["name"],
        "uid": request["metadata"]["uid"],
    }
    order = api.create(order, CONTROLLER).result()
    api.delete(request, query={"propagationPolicy": policy}).result()
    return request, order


def test_a_namespace_goes_with_all_that_is_in_it(ground: Ground, stand: Stand) -> None:
    name = ground.new_namespace("leaving")
    request = _request() | {"metadata": {"name": "web", "namespace": name}}
    request = stand.api.create(request).result()
    metadata = {"name": "web", "namespace": name, "finalizers": [FINALIZER]}
    owner = base("Order")["metadata"]["ownerReferences"][0]
    owner |= {"uid": request["metadata"]["uid"], "name": "web"}
    order = base("Order") | {"metadata": metadata | {"ownerReferences": [owner]}}
    order = stand.api.create(order, CONTROLLER).result()
    stand.api.call("DELETE", f"/api/v1/namespaces/{name}").result()
    until(lambda: stand.api.read(order).body["metadata"].get("deletionTimestamp"), "it is leaving")
    leaving = changed(stand.api.read(order).result(), {("metadata", "finalizers"): ...})
    stand.api.replace(leaving, TENANT).result()
    until(
        lambda: stand.api.call("GET", f"/api/v1/namespaces/{name}").status == 404,
        "the namespace is gone",
        timeout=60,
    )


def _request() -> Json:
    return base("CertificateRequest") | {"spec": build.certificate_request()["spec"]}


def _gone(stand: Stand, obj: Json) -> bool:
    return stand.api.read(obj).status == 404
