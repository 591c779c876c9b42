"""Whoever may write Challenges and Orders gets neither credentials nor certificates out of it.

The controller alone sees to that here: webhook, policies and the rules of the CRDs are taken away.
"""

import json
import socket
import time
from collections.abc import Iterator

import msgspec
import pytest

from controller.solvers.fingerprint import fingerprint
from devcluster import zone
from devcluster.controller import Controller
from orderapi.challenge import ChallengeSpec
from tests.system.guard import Guard
from tests.system.manifests import issuer, patch_status, rfc2136, update_key
from tests.system.world import ISSUER, Json, World, certificate, condition

OWN = {"kind": "Issuer", "name": "own"}


@pytest.fixture(scope="module", autouse=True)
def _nothing_stands_guard(guard: Guard) -> Iterator[None]:
    with guard.down():
        yield


@pytest.fixture(scope="module")
def controller(
    world: World, _nothing_stands_guard: None, request: pytest.FixtureRequest
) -> Iterator[Controller]:
    """The controller; a test that gives flags as parameter gets one of its own, and may end it."""
    running = world.start_controller(*getattr(request, "param", ()), name="forgery")
    yield running
    running.stop()


pytestmark = pytest.mark.usefixtures("controller")


@pytest.fixture
def held(world: World) -> Iterator[None]:
    """DNS shows no record of example.net, so that Challenges there stay pending."""
    zone.hold(world.cluster.dns, "example.net")
    yield
    zone.release(world.cluster.dns, "example.net")


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """A DNS server of somebody else: it answers nothing, and knows whether it was asked."""
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        yield listener


@pytest.mark.usefixtures("held")
def test_a_hand_made_challenge_touches_no_credential(world: World, trap: socket.socket) -> None:
    world.apply(certificate("honest", "honest.example.net"))
    real = world.until(lambda: _presented(world, "honest-"), why="a Challenge to copy")
    order = real["metadata"]["ownerReferences"]
    another = [order[0] | {"kind": "Certificate", "apiVersion": "cert-manager.io/v1"}]
    victim = {"dnsName": "victim.example.net", "key": "v" * 43}
    world.apply(
        _challenge(real, "unowned", [], **victim),
        _challenge(real, "owned-by-another", another, **victim),
        _challenge(real, "forged-name", order, **victim),
        _challenge(real, "forged-solver", order, solver=_solver(world, trap)),
    )
    world.until(
        lambda: not {"forged-name", "forged-solver"} & set(world.names("challenges")),
        why="the Order takes away what it did not make",
    )
    time.sleep(2)
    assert _silent(trap)
    assert world.challenge_records("victim") == {}
    assert "status" not in (world.get("challenge", "unowned") or {})
    kept = _presented(world, "honest-") or {}
    assert kept["metadata"]["uid"] == real["metadata"]["uid"]
    world.kubectl("delete", "challenge", "unowned", "owned-by-another", "--ignore-not-found")


@pytest.mark.usefixtures("held")
def test_deleting_a_hand_made_challenge_takes_no_record_of_others_away(world: World) -> None:
    """Whoever may write its status says it was presented; the digest in there is no secret."""
    world.apply(certificate("model", "model.example.net"))
    real = world.until(lambda: _presented(world, "model-"), why="a Challenge to copy")
    value = "another-programs-proof-of-43-characters-----"
    zone.add(world.cluster.dns, "example.net", "_acme-challenge.others", "TXT", value)
    made = _challenge(real, "eraser", [], dnsName="others.example.net", key=value)
    made["metadata"]["finalizers"] = ["acme.cert-manager.io/finalizer"]
    world.apply(made)
    digest = fingerprint(msgspec.convert(made["spec"], ChallengeSpec))
    presented = {"presented": True, "presentedSolver": digest, "state": "pending"}
    patch_status(world, "challenge", "eraser", presented)
    world.kubectl("delete", "challenge", "eraser", "--timeout=20s")
    found = world.challenge_records("others")
    zone.remove(world.cluster.dns, "example.net", "_acme-challenge.others")
    assert found == {"_acme-challenge.others.example.net.": [value]}


@pytest.mark.usefixtures("held")
def test_an_edited_challenge_is_not_cleaned_up_where_it_leads_now(
    world: World, trap: socket.socket
) -> None:
    world.apply(certificate("bent", "bent.example.net"))
    real = world.until(lambda: _presented(world, "bent-"), why="a Challenge to edit")
    edit = {"spec": {"solver": _solver(world, trap), "dnsName": "victim.example.net"}}
    name, uid = real["metadata"]["name"], real["metadata"]["uid"]
    world.kubectl("patch", "challenge", name, "--type=merge", "-p", json.dumps(edit))
    world.until(
        lambda: (
            (world.get("challenge", name) or {}).get("metadata", {}).get("uid") not in (uid, None)
        ),
        why="the Order makes it anew",
    )
    assert _silent(trap)
    zone.release(world.cluster.dns, "example.net")
    world.wait_ready("bent", timeout=20)
    world.until(lambda: world.challenge_records("bent") == {}, why="the record taken away")


@pytest.mark.parametrize("controller", [("--log-level=debug",)], indirect=True, ids=["restarted"])
def test_a_solver_of_yesterday_is_not_used(
    world: World, controller: Controller, trap: socket.socket
) -> None:
    """Its issuer was changed while nobody looked: that address may be somebody else's by now."""
    namespace = world.namespace("yesterday")
    world.apply(update_key(world, namespace), issuer(world, namespace, _solver(world, trap)))
    world.apply(certificate("late", namespace=namespace, issuer=OWN))
    world.until(lambda: not _silent(trap), why="the first solver is used")
    controller.stop()
    world.apply(issuer(world, namespace, {"dns01": {"rfc2136": rfc2136(world)}}))
    while not _silent(trap):
        pass
    again = world.start_controller(name="forgery-again")
    try:
        world.wait_ready("late", namespace, timeout=20)
    finally:
        again.stop()
    assert _silent(trap)


def test_a_hand_made_order_is_not_that_of_the_request(world: World) -> None:
    """It asks the ClusterIssuer for what the namespace's own Issuer cannot prove."""
    namespace, solver = world.namespace("forged-orders"), {"dns01": {"rfc2136": rfc2136(world)}}
    useless = solver | {"selector": {"dnsNames": ["else.example.com"]}}
    world.apply(update_key(world, namespace), issuer(world, namespace, useless))
    world.apply(certificate("modest", namespace=namespace, issuer=OWN))
    real = world.until(lambda: _waiting(world, namespace), why="an Order that waits")
    meta = {
        "name": "forged",
        "namespace": namespace,
        "ownerReferences": real["metadata"]["ownerReferences"],
    }
    kind = {"apiVersion": real["apiVersion"], "kind": "Order"}
    world.apply(kind | {"metadata": meta, "spec": real["spec"] | {"issuerRef": ISSUER}})
    world.until(
        lambda: (
            (world.get("order", "forged", namespace) or {}).get("status", {}).get("state")
            in ("valid", "errored", "invalid")
        ),
        why="the end of the forged Order",
    )
    time.sleep(2)
    request = world.get("certificaterequest", "modest-1", namespace) or {}
    assert condition(request, "Ready")["reason"] == "Pending"
    assert real["metadata"]["name"] in condition(request, "Ready")["message"]
    world.apply(issuer(world, namespace, solver))
    world.wait_ready("modest", namespace, timeout=20)
    request = world.get("certificaterequest", "modest-1", namespace) or {}
    own = world.get("order", real["metadata"]["name"], namespace) or {}
    assert request["status"]["certificate"] == own["status"]["certificate"]


def _waiting(world: World, namespace: str) -> Json | None:
    """The namespace's first Order, once it says what is in its way."""
    return next(
        (o for o in world.all("orders", namespace) if o.get("status", {}).get("reason")), None
    )


def _silent(trap: socket.socket) -> bool:
    """Whether nothing more has arrived; takes one packet out."""
    try:
        return not trap.recv(1)
    except BlockingIOError:
        return True


def _solver(world: World, trap: socket.socket) -> Json:
    address = "{}:{}".format(*trap.getsockname())
    return {"dns01": {"rfc2136": rfc2136(world, nameserver=address)}}


def _presented(world: World, prefix: str) -> Json | None:
    found = [c for c in world.all("challenges") if c.get("status", {}).get("presented")]
    return next((c for c in found if c["metadata"]["name"].startswith(prefix)), None)


def _challenge(real: Json, name: str, owners: list[Json], **spec: object) -> Json:
    meta = {"name": name, "namespace": "default", "ownerReferences": owners}
    kind = {"apiVersion": real["apiVersion"], "kind": "Challenge"}
    return kind | {"metadata": meta, "spec": real["spec"] | spec}
