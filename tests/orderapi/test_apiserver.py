"""The definitions on a real API server: installed without a warning, and nothing is pruned."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from devcluster.cluster import Cluster
from devcluster.kubectl import KubectlFailed, kubectl, program
from orderapi.crds import definitions
from orderapi.names import GROUP
from orderapi.resources import ISSUER
from tests.orderapi.test_every_field import KINDS, OBJECTS

CRDS = Path(__file__).parents[2] / "deploy" / "crds"
NAMESPACE = "every-field"
NAMES = [definition["metadata"]["name"] for definition in definitions()]


@pytest.fixture(scope="module")
def admin(devcluster: Cluster) -> Iterator[Path]:
    """The kubeconfig of a cluster with our definitions and a namespace of this module's own."""
    assert _apply(devcluster.kubeconfig) == ""
    kubectl(devcluster.kubeconfig, "wait", "--for=condition=Established", "crd", *NAMES)
    kubectl(devcluster.kubeconfig, "create", "namespace", NAMESPACE)
    yield devcluster.kubeconfig
    # Before anything else of this session can meet these odd objects.
    ours = [obj["metadata"]["name"] for obj in OBJECTS if obj["kind"] == "ClusterIssuer"]
    kubectl(devcluster.kubeconfig, "delete", "clusterissuers", *ours, "--ignore-not-found")
    plurals = ",".join(name for name in NAMES if not name.startswith("clusterissuers"))
    kubectl(devcluster.kubeconfig, "delete", plurals, "--all", "-n", NAMESPACE)
    kubectl(devcluster.kubeconfig, "delete", "namespace", NAMESPACE, "--wait=false")


def _apply(kubeconfig: Path) -> str:
    """What kubectl says on stderr."""
    done = subprocess.run(
        [program(), f"--kubeconfig={kubeconfig}", "apply", "--server-side", "-f", str(CRDS)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def _get(kubeconfig: Path, resource: str, *arguments: str) -> Any:
    return json.loads(kubectl(kubeconfig, "get", resource, "-o", "json", *arguments))


def test_they_apply_again_without_a_warning(admin: Path) -> None:
    assert _apply(admin) == ""


def test_the_server_finds_nothing_wrong_with_them(admin: Path) -> None:
    for crd in _get(admin, "crd", *NAMES)["items"]:
        conditions = {c["type"]: c["status"] for c in crd["status"]["conditions"]}
        assert conditions.pop("Established") == "True"
        assert conditions.pop("NamesAccepted") == "True"
        assert conditions == {}, crd["metadata"]["name"]  # NonStructuralSchema, above all


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj["metadata"]["name"])
def test_nothing_of_a_manifest_is_pruned(admin: Path, obj: dict[str, Any]) -> None:
    where = ("-n", NAMESPACE)
    name, kind = obj["metadata"]["name"], obj["kind"]
    kubectl(admin, "create", "--validate=strict", *where, "-f", "-", stdin=json.dumps(obj))
    stored = _get(admin, f"{kind.lower()}s.{obj['apiVersion'].split('/')[0]}", name, *where)
    assert stored["spec"] == obj["spec"]
    assert "status" not in stored
    whole = json.dumps(stored | {"status": obj["status"]})
    kubectl(
        admin,
        "replace",
        "--subresource=status",
        "--validate=strict",
        *where,
        "-f",
        "-",
        stdin=whole,
    )
    stored = _get(admin, f"{kind.lower()}s.{obj['apiVersion'].split('/')[0]}", name, *where)
    assert stored["spec"] == obj["spec"]
    assert stored["status"] == obj["status"]
    read = msgspec.convert(stored, KINDS[kind])
    written = msgspec.json.decode(msgspec.json.encode(read))
    assert (written["spec"], written["status"]) == (obj["spec"], obj["status"])


def test_an_order_shows_its_reason_and_is_found_by_its_issuer(admin: Path) -> None:
    order = next(obj for obj in OBJECTS if obj["kind"] == "Order")
    order = order | {"metadata": {"name": "shown"}}
    kubectl(admin, "create", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(order))
    found = kubectl(
        admin,
        "get",
        "orders",
        "-n",
        NAMESPACE,
        f"--field-selector=spec.issuerRef.name={order['spec']['issuerRef']['name']}",
    )
    header, *_ = found.splitlines()
    assert header.split() == ["NAME", "STATE", "REASON", "AGE"]
    assert "shown" in found
    other = "--field-selector=spec.issuerRef.name=other"
    assert kubectl(admin, "get", "orders", "-n", NAMESPACE, other) == ""


def test_only_the_four_defaults_are_filled_in(admin: Path) -> None:
    acme = {
        "server": "https://ca.example",
        "privateKeySecretRef": {"name": "account"},
        "solvers": [{"http01": {"gatewayHTTPRoute": {"parentRefs": [{"name": "gateway"}]}}}],
    }
    stored = _dry_run(admin, {"acme": acme})
    parent = {"name": "gateway", "group": "gateway.networking.k8s.io", "kind": "Gateway"}
    acme["solvers"] = [{"http01": {"gatewayHTTPRoute": {"parentRefs": [parent]}}}]
    assert stored["spec"] == {"acme": acme | {"renewalInformationSource": "ARI"}}


@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        pytest.param(
            {"venafi": {"zone": "z"}}, "exactly one of tpp, cloud and ngts must be set", id="none"
        ),
        pytest.param(
            {
                "venafi": {
                    "zone": "z",
                    "cloud": {"apiTokenSecretRef": {"name": "a"}},
                    "tpp": {"url": "u", "credentialsRef": {"name": "c"}},
                }
            },
            "exactly one of tpp, cloud and ngts must be set",
            id="two",
        ),
        pytest.param({"acme": {"server": "s"}}, "privateKeySecretRef: Required", id="no key"),
        pytest.param(
            {
                "acme": {
                    "server": "s",
                    "privateKeySecretRef": {"name": "a"},
                    "solvers": [{"dns01": {"cnameStrategy": "Guess"}}],
                }
            },
            'supported values: "None", "Follow"',
            id="enum",
        ),
    ],
)
def test_what_the_schema_forbids_is_refused(
    admin: Path, spec: dict[str, Any], refusal: str
) -> None:
    with pytest.raises(KubectlFailed, match=refusal):
        _dry_run(admin, spec)


def _dry_run(kubeconfig: Path, spec: dict[str, Any]) -> Any:
    issuer = {
        "apiVersion": f"{GROUP}/v1",
        "kind": ISSUER.kind,
        "metadata": {"name": "tried", "namespace": NAMESPACE},
        "spec": spec,
    }
    arguments = ("create", "--dry-run=server", "-o", "json", "-f", "-")
    return json.loads(kubectl(kubeconfig, *arguments, stdin=json.dumps(issuer)))


def test_fields_are_explained(admin: Path) -> None:
    text = kubectl(admin, "explain", "order.spec.request")
    assert "PEM" in text
