"""What an editor of a namespace may do with Orders and Challenges: look, label, delete."""

import base64
import json
from collections.abc import Iterator
from copy import deepcopy

import pytest

from devcluster import zone
from devcluster.controller import Controller
from tests.system.manifests import issuer, rfc2136, update_key
from tests.system.world import Json, World, certificate

TENANT = "tenant"
OWN = {"kind": "Issuer", "name": "own"}
ALL = {
    "apiGroups": ["cert-manager.io", "acme.cert-manager.io"],
    "resources": ["*"],
    "verbs": ["*"],
}


@pytest.fixture(scope="module")
def namespace(world: World, controller: Controller) -> Iterator[str]:
    """A namespace where the user "tenant" may do everything with these kinds, and an Order and a
    Challenge that wait for DNS."""
    assert controller.ready()
    name = world.namespace("tenants")
    where = {"namespace": name, "name": TENANT}
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": TENANT}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": TENANT}
    world.apply(
        kind | {"kind": "Role", "metadata": where, "rules": [ALL]},
        kind | {"kind": "RoleBinding", "metadata": where, "subjects": [subject], "roleRef": ref},
        update_key(world, name),
        issuer(world, name, {"dns01": {"rfc2136": rfc2136(world)}}),
    )
    zone.hold(world.cluster.dns, "example.net")
    world.apply(certificate("waits", "waits.example.net", namespace=name, issuer=OWN))
    world.until(lambda: world.all("challenges", name), why="a Challenge")
    yield name
    zone.release(world.cluster.dns, "example.net")
    world.kubectl("delete", "namespace", name)


def test_orders_and_challenges_are_made_by_the_controller_alone(
    world: World, namespace: str
) -> None:
    for kind in ("orders", "challenges"):
        forged = _forged(world.all(kind, namespace)[0])
        said = _refused(world, namespace, "create", "-f", "-", stdin=json.dumps(forged))
        assert "the controller alone" in said, kind


@pytest.mark.parametrize("kind", ["orders", "challenges"])
def test_they_get_no_other_owner(world: World, namespace: str, kind: str) -> None:
    found = world.all(kind, namespace)[0]
    other = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "other",
        "uid": "5c2a1e0e-0000-4000-8000-000000000000",
    }
    owners = [*found["metadata"]["ownerReferences"], other]
    said = _patched(world, namespace, found, {"metadata": {"ownerReferences": owners}})
    assert "metadata.ownerReferences" in said


@pytest.mark.parametrize("kind", ["orders", "challenges"])
def test_their_issuer_does_not_change(world: World, namespace: str, kind: str) -> None:
    found = world.all(kind, namespace)[0]
    ref = {"kind": "ClusterIssuer", "name": "acme"}
    said = _patched(world, namespace, found, {"spec": {"issuerRef": ref}})
    assert "spec.issuerRef.name" in said or "spec.issuerRef.kind" in said


@pytest.mark.parametrize("kind", ["orders", "challenges"])
def test_their_status_is_the_controllers(world: World, namespace: str, kind: str) -> None:
    found = world.all(kind, namespace)[0]
    said = _patched(world, namespace, found, {"status": {"state": "valid"}}, "--subresource=status")
    assert "the controller alone" in said


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "system:admin"),
        ("uid", "0"),
        ("groups", ["system:masters"]),
        ("extra", {"scopes": ["all"]}),
    ],
)
def test_nobody_asks_in_the_name_of_another(
    world: World, namespace: str, field: str, value: object
) -> None:
    request = _request(world, namespace, **{field: value})
    said = _refused(world, namespace, "create", "-f", "-", stdin=json.dumps(request))
    assert f"spec.{field}" in said


def test_only_those_who_may_approve_do(world: World, namespace: str) -> None:
    """The right to write the status is not enough."""
    request = _request(world, namespace, username=TENANT)
    request["spec"]["issuerRef"] = {"kind": "Issuer", "name": "elsewhere"}
    request["metadata"]["name"] = "honest"
    world.kubectl("-n", namespace, "--as", TENANT, "create", "-f", "-", stdin=json.dumps(request))
    time = "2026-01-02T03:04:05Z"
    denied = {"type": "Denied", "status": "True", "reason": "Test", "lastTransitionTime": time}
    patch = json.dumps({"status": {"conditions": [denied]}})
    where = ("patch", "certificaterequest/honest", "--type=merge", "--subresource=status")
    said = _refused(world, namespace, *where, "-p", patch)
    assert "status.conditions" in said
    assert "approve" in said


def test_deleting_stays_free(world: World, namespace: str) -> None:
    """The controller makes them anew."""
    order = world.all("orders", namespace)[0]["metadata"]
    world.kubectl("-n", namespace, "--as", TENANT, "delete", "order", order["name"])
    world.until(
        lambda: [o for o in world.all("orders", namespace) if o["metadata"]["uid"] != order["uid"]],
        why="another Order",
    )


def _forged(found: Json) -> Json:
    """The same once more, under another name."""
    made = deepcopy(found)
    kept = {key: found["metadata"][key] for key in ("namespace", "ownerReferences")}
    made["metadata"] = kept | {"name": "forged"}
    made.pop("status", None)
    return made


def _request(world: World, namespace: str, **spec: object) -> Json:
    model = world.all("certificaterequests", namespace)[0]
    meta = {"name": "asked-by-hand", "namespace": namespace}
    asked = {key: model["spec"][key] for key in ("request", "issuerRef")}
    assert b"BEGIN" in base64.b64decode(asked["request"])
    kind = {"apiVersion": model["apiVersion"], "kind": "CertificateRequest"}
    return kind | {"metadata": meta, "spec": asked | spec}


def _patched(world: World, namespace: str, found: Json, patch: Json, *more: str) -> str:
    name = f"{found['kind'].lower()}/{found['metadata']['name']}"
    return _refused(world, namespace, "patch", name, "--type=merge", *more, "-p", json.dumps(patch))


def _refused(world: World, namespace: str, *arguments: str, stdin: str = "") -> str:
    return world.kubectl_fails("-n", namespace, "--as", TENANT, *arguments, stdin=stdin)
