"""An Order that exists cannot be bent: every way kubectl has, as cluster admin."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest

from devcluster.controller import Controller
from devcluster.kubectl import program
from tests.system.manifests import issuer, rfc2136, update_key
from tests.system.world import Json, World, certificate

OTHER = {"kind": "Issuer", "name": "other"}
PATCHES: list[Json] = [
    {"dnsNames": ["frozen.example.com", "more.example.com"]},
    {"issuerRef": OTHER},
    {"commonName": "frozen.example.com"},
    {"profile": "shortlived"},
]


@pytest.fixture(scope="module")
def order(world: World, controller: Controller) -> Iterator[Json]:
    """A valid Order that the controller made."""
    assert controller.ready()
    world.apply(certificate("frozen", issuer={"kind": "ClusterIssuer", "name": "acme"}))
    world.wait_ready("frozen")
    yield _order(world)
    world.kubectl("delete", "certificate", "frozen")


@pytest.mark.parametrize("spec", PATCHES, ids=lambda spec: next(iter(spec)))
@pytest.mark.parametrize("way", ["merge", "json", "apply", "server-side", "replace", "edit"])
def test_no_way_of_kubectl_changes_the_spec(
    world: World, order: Json, way: str, spec: Json
) -> None:
    before = _order(world)["spec"]
    said = WAYS[way](world, deepcopy(order), spec)
    assert f"spec.{next(iter(spec))}" in said
    assert "delete the Order" in said
    assert _order(world)["spec"] == before


def test_spelling_out_a_default_is_no_change(world: World, order: Json) -> None:
    world.kubectl(*_patch(order, {"spec": {"issuerRef": {"group": "cert-manager.io"}}}))
    world.kubectl(*_patch(order, {"spec": {"issuerRef": {"group": None}}}))


def test_ordinary_labels_and_annotations_pass(world: World, order: Json) -> None:
    name = f"order/{order['metadata']['name']}"
    world.kubectl("label", name, "team=web", "app.kubernetes.io/instance=shop")
    world.kubectl("annotate", name, "example.com/note=seen", "kubectl-order/note=seen")
    world.kubectl("label", name, "team-", "app.kubernetes.io/instance-")


def test_settings_of_the_solver_do_not_change(world: World, order: Json) -> None:
    name = f"order/{order['metadata']['name']}"
    setting = "acme.cert-manager.io/http01-override-ingress-name"
    said = world.kubectl_fails("annotate", name, f"{setting}=mine")
    assert f"metadata.annotations[{setting}]" in said
    said = world.kubectl_fails("annotate", name, "acme.cert-manager.io/anything=mine")
    assert "acme.cert-manager.io/anything" in said


def test_labels_that_choose_a_solver_do_not_change(world: World) -> None:
    namespace, usable = world.namespace("solver-labels"), {"dns01": {"rfc2136": rfc2136(world)}}
    chosen = usable | {"selector": {"matchLabels": {"solver": "labelled"}}}
    elsewhere = usable | {"selector": {"dnsNames": ["else.example.com"]}}
    world.apply(update_key(world, namespace), issuer(world, namespace, chosen, elsewhere))
    wish = certificate("unlabelled", namespace=namespace, issuer={"kind": "Issuer", "name": "own"})
    world.apply(wish)
    names = world.until(
        lambda: [
            o["metadata"]["name"]
            for o in world.all("orders", namespace)
            if o.get("status", {}).get("reason")
        ],
        why="an Order that waits for a solver",
    )
    where = ("-n", namespace, "label", "order", names[0])
    said = world.kubectl_fails(*where, "solver=labelled")
    assert "metadata.labels[solver]" in said
    world.kubectl(*where, "colour=blue")
    world.kubectl("delete", "namespace", namespace)


def test_replace_force_deletes_and_does_not_create(world: World, order: Json) -> None:
    """kubectl deletes first; what it then creates is no controller's."""
    manifest = deepcopy(_order(world))
    manifest["spec"]["dnsNames"] = ["bent.example.com"]
    manifest["metadata"] = {"name": order["metadata"]["name"], "namespace": "default"}
    said = world.kubectl_fails("replace", "--force", "-f", "-", stdin=json.dumps(manifest))
    assert "the controller alone" in said
    world.kubectl("delete", "certificate", "frozen")
    world.apply(certificate("frozen"))
    world.wait_ready("frozen")


def _merge(world: World, order: Json, spec: Json) -> str:
    return world.kubectl_fails(*_patch(order, {"spec": spec}))


def _json(world: World, order: Json, spec: Json) -> str:
    field, value = next(iter(spec.items()))
    patch = json.dumps([{"op": "add", "path": f"/spec/{field}", "value": value}])
    where = ("patch", "order", order["metadata"]["name"], "--type=json", "-p", patch)
    return world.kubectl_fails(*where)


def _apply(world: World, order: Json, spec: Json) -> str:
    return world.kubectl_fails("apply", "-f", "-", stdin=_manifest(order, spec))


def _server_side(world: World, order: Json, spec: Json) -> str:
    content = _manifest(order, spec)
    arguments = ("apply", "--server-side", "--force-conflicts", "-f", "-")
    return world.kubectl_fails(*arguments, stdin=content)


def _replace(world: World, order: Json, spec: Json) -> str:
    return world.kubectl_fails("replace", "-f", "-", stdin=_manifest(order, spec))


def _edit(world: World, order: Json, spec: Json) -> str:
    """kubectl edit, with a person who adds these fields and reads aloud what the file says: when
    kubectl is refused it opens the editor again, with the reason at the top."""
    script = (
        "import sys, json, pathlib, yaml; path = pathlib.Path(sys.argv[1]);"
        " found = yaml.safe_load(path.read_text()); print(path.read_text(), file=sys.stderr);"
        f" found['spec'].update(json.loads({json.dumps(spec)!r}));"
        " path.write_text(yaml.safe_dump(found))"
    )
    editor = f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}"
    done = subprocess.run(
        [
            program(),
            f"--kubeconfig={world.cluster.kubeconfig}",
            *("edit", "order", order["metadata"]["name"]),
        ],
        env=os.environ | {"KUBE_EDITOR": editor},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode
    return done.stderr


WAYS: dict[str, Callable[[World, Json, Json], str]] = {
    "merge": _merge,
    "json": _json,
    "apply": _apply,
    "server-side": _server_side,
    "replace": _replace,
    "edit": _edit,
}


def _patch(order: Json, patch: Json) -> tuple[str, ...]:
    name = order["metadata"]["name"]
    return ("patch", "order", name, "--type=merge", "-p", json.dumps(patch))


def _manifest(order: Json, spec: Json) -> str:
    meta = {key: order["metadata"][key] for key in ("name", "namespace")}
    kind = {key: order[key] for key in ("apiVersion", "kind")}
    return json.dumps(kind | {"metadata": meta, "spec": order["spec"] | spec})


def _order(world: World) -> Json:
    return next(o for o in world.all("orders") if o["metadata"]["name"].startswith("frozen-"))
