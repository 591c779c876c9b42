"""What keeps a request or a Secret from being made: admission, the spec, other owners, deletion."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from devcluster import pki, servers
from devcluster.controller import Controller
from tests.system.causes import scene
from tests.system.causes.cause import Cause, check
from tests.system.causes.scene import by
from tests.system.guard import Guard
from tests.system.manifests import issuer, secret
from tests.system.world import Json, World, certificate

NAMESPACE = "causes-requests"
JUDGED = {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
ADMISSION = "admissionregistration.k8s.io/v1"
CROWDED = "causes-crowded"
REFUSED = "order-refused"
NO_KEY = "key-refused"

CAUSES = (
    Cause(
        name=REFUSED,
        slug="webhook-refused",
        words=('ValidatingAdmissionPolicy "judge" refuses the Order', "none of these here"),
        who="admin",
        stands="Failed create new order.*none of these here",
    ),
    Cause(
        name=NO_KEY,
        slug="webhook-refused",
        words=("none of these here",),
        who="admin",
        stands="none of these here",
    ),
    Cause(
        name="a-ca",
        slug="request-invalid",
        words=("asks for a CA certificate",),
        who="you",
        stands="does not issue CA certificates",
    ),
    Cause(
        name="a-uri",
        slug="request-invalid",
        words=("spiffe://example.com/web",),
        who="you",
        stands="DNS names and IP addresses only",
    ),
    Cause(
        name="bad-spec",
        slug="certificate-spec-invalid",
        words=('spec.renewBefore: "1m"',),
        who="you",
        stands="No request can be made of this spec",
    ),
    Cause(
        name="second-owner",
        slug="secret-owned-by-two",
        words=('"shared-tls"', '"first-owner"'),
        who="you",
        stands="DuplicateSecretName",
    ),
    Cause(
        name="not-adopted",
        slug="secret-not-adopted",
        words=('"not-adopted-tls"', '"password"'),
        who="you",
        stands="SecretNotAdopted",
    ),
    Cause(
        name="account-key",
        slug="secret-not-adopted",
        words=('"own-account"', "account key"),
        who="you",
        stands="SecretNotAdopted",
    ),
    Cause(
        name="kept-key",
        slug="key-cannot-be-kept",
        words=('private key in Secret "kept-key-tls"', "spec.privateKey.algorithm"),
        who="you",
        stands="User intervention required",
    ),
    Cause(
        name="no-password",
        slug="keystore-password-missing",
        words=('Secret "no-such-password"', "JKS"),
        who="you",
        stands="no-such-password",
    ),
    Cause(
        name="spent",
        slug="budget-spent",
        words=("5 requests within an hour",),
        who="you",
        stands="requests were made within an hour",
    ),
)
QUOTA = Cause(
    name="no-room",
    slug="quota-refused",
    words=('ResourceQuota "few-orders"', "no room for the Order"),
    who="admin",
    stands="exceeded quota",
)


@pytest.fixture(scope="module", autouse=True)
def standing(
    world: World, controller: Controller, guard: Guard, authority: pki.Authority
) -> Iterator[None]:
    """A Certificate for each cause, in one namespace."""
    assert controller.ready()
    with scene.namespace(world, NAMESPACE), scene.namespace(world, CROWDED):
        world.apply(
            *_policy(),
            issuer(world, NAMESPACE, scene.solver(world)),
            secret("not-adopted-tls", NAMESPACE, password="of somebody"),
            _tls_secret("kept-key-tls", authority.issue("kept-key")),
            _quota(),
            issuer(world, CROWDED, scene.solver(world)),
        )
        world.until(lambda: _judged(world, REFUSED), why="the policy holds")
        world.apply(certificate("first-owner", **_usual("shared-tls")))
        world.apply(*_certificates(), certificate(QUOTA.name, namespace=CROWDED, issuer=by("own")))
        with guard.without_webhook():
            world.apply(certificate("bad-spec", renewBefore="1m", **_usual("bad-spec-tls")))
        _spend(world)
        yield
    world.kubectl(
        "delete", "validatingadmissionpolicies,validatingadmissionpolicybindings", "judge"
    )


def _policy() -> list[Json]:
    """A policy of the cluster's admin against some Orders and Secrets."""
    name = f"request.resource.resource == 'secrets' ? '{NO_KEY}' : '{REFUSED}'"
    expression = f"!object.metadata.name.startsWith({name})"
    validation = {"expression": expression, "message": "there are none of these here"}
    kind, meta = "ValidatingAdmissionPolicy", {"name": "judge"}
    match = {"resourceRules": _rules("secrets"), "namespaceSelector": JUDGED}
    spec = {"matchConstraints": match, "validations": [validation]}
    binding = {"policyName": "judge", "validationActions": ["Deny"]}
    return [
        {"apiVersion": ADMISSION, "kind": kind, "metadata": meta, "spec": spec},
        {"apiVersion": ADMISSION, "kind": f"{kind}Binding", "metadata": meta, "spec": binding},
    ]


def _rules(*more: str) -> list[Json]:
    """Orders, and ConfigMaps to see by that they are judged."""
    every = {"apiVersions": ["v1"], "operations": ["CREATE"]}
    return [
        every | {"apiGroups": ["acme.cert-manager.io"], "resources": ["orders"]},
        every | {"apiGroups": [""], "resources": ["configmaps", *more]},
    ]


def _quota() -> Json:
    """No room for any Order."""
    meta = {"name": "few-orders", "namespace": CROWDED}
    hard = {"count/orders.acme.cert-manager.io": "0"}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": hard}}


def _judged(world: World, name: str) -> bool:
    where = ("-n", NAMESPACE, "create", "configmap", f"{name}-tried", "--dry-run=server")
    return bool(world.kubectl_fails(*where))


def _usual(secret_name: str = "") -> Json:
    named = {"secretName": secret_name} if secret_name else {}
    return {"namespace": NAMESPACE, "issuer": by("own")} | named


def _certificates() -> Iterator[Json]:
    for name in (REFUSED, NO_KEY, "not-adopted"):
        yield certificate(name, **_usual())
    yield certificate("a-ca", isCA=True, **_usual())
    yield certificate("a-uri", uris=["spiffe://example.com/web"], **_usual())
    yield certificate("second-owner", **_usual("shared-tls"))
    yield certificate("account-key", **_usual("own-account"))
    rsa = {"algorithm": "RSA", "rotationPolicy": "Never"}
    yield certificate("kept-key", **_usual() | {"privateKey": rsa})
    password = {"name": "no-such-password", "key": "password"}
    store = {"create": True, "passwordSecretRef": password}
    yield certificate("no-password", keystores={"jks": store}, **_usual())
    yield certificate("spent", servers.BLOCKED_NAME, **_usual())


def _tls_secret(name: str, pair: pki.Pair) -> Json:
    def text(path: Path) -> str:
        return path.read_text()

    entries = {"tls_crt": text(pair.certificate), "tls_key": text(pair.key)}
    return secret(name, NAMESPACE, kind="kubernetes.io/tls", **entries)


def _spend(world: World) -> None:
    """Let five attempts fail, each after a change of the spec that ends the wait for the next."""
    for made in range(1, 6):
        world.until(partial(_failed, world, made), why=f"attempt {made} failed")
        patch = json.dumps({"spec": {"revisionHistoryLimit": made + 1}})
        where = ("-n", NAMESPACE, "patch", "certificate", "spent", "--type=merge")
        world.kubectl(*where, "-p", patch)


def _failed(world: World, times: int) -> bool:
    found = world.get("certificate", "spent", NAMESPACE) or {}
    return bool(found.get("status", {}).get("failedIssuanceAttempts", 0) >= times)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_the_first_line_names_it(world: World, cause: Cause) -> None:
    check(world, cause, NAMESPACE)


def test_a_quota_is_named(world: World) -> None:
    check(world, QUOTA, CROWDED)
