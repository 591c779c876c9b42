"""Who answers: any replica, a process of its own with hardly a right, and nobody after a crash."""

import signal
import time
from collections.abc import Iterator

import pytest

from devcluster import netns
from devcluster.controller import NAMESPACE, start_responder
from devcluster.kubectl import KubectlFailed
from devcluster.process import free_port
from tests.routers.edge import Edge
from tests.routers.issuing import (
    BY_GATEWAY,
    BY_INGRESS,
    PATH,
    apply_issuers,
    challenge_of,
    controller_of,
    lead_to,
    left_over,
    nothing_left,
    wish,
)
from tests.system.world import World

RESPONDER = "system:serviceaccount:cert-manager:order-responder"


@pytest.fixture(scope="module", autouse=True)
def issuers(edge: Edge) -> Iterator[None]:
    """The issuers; no controller yet."""
    apply_issuers(edge.world)
    yield
    nothing_left(edge.world)


def test_a_replica_that_does_not_lead_answers(edge: Edge) -> None:
    world = edge.world
    with controller_of(edge, "--http01-listen-address=0", name="leads"):
        world.apply(wish("before", BY_INGRESS))
        port = free_port()
        address = f"--http01-listen-address={netns.RESPONDER}:{port}"
        standby = world.start_controller(address, name="stands-by")
        lead_to(world, port)
        world.wait_ready("before")
        world.apply(wish("by-standby", BY_INGRESS), wish("by-standby-gated", BY_GATEWAY))
        world.wait_ready("by-standby")
        world.wait_ready("by-standby-gated")
        assert 'kubectl_order_http01_requests_total{outcome="answered"}' in standby.metrics()
        standby.stop()
        nothing_left(world)


def test_a_process_of_its_own_answers_with_the_right_to_read_challenges(edge: Edge) -> None:
    world = edge.world
    port = free_port()
    alone = start_responder(
        world.cluster,
        world.folder / "alone",
        listen=f"{netns.RESPONDER}:{port}",
        flags=("--shutdown-grace=2s",),
        die_with_parent=True,
    )
    with controller_of(edge, "--http01-listen-address=0", name="leads-alone"):
        lead_to(world, port)
        world.apply(wish("by-process", BY_INGRESS))
        world.wait_ready("by-process")
        nothing_left(world)
    assert 'kubectl_order_http01_requests_total{outcome="answered"}' in alone.metrics()
    began = time.monotonic()
    alone.stop()
    assert 2 <= time.monotonic() - began < 6
    for verb, kind in (("get", "secrets"), ("list", "orders"), ("patch", "challenges/status")):
        assert not _may(world, verb, kind)
    assert _may(world, "list", "challenges")


def test_who_ends_leads_no_more_but_answers_while_the_grace_lasts(edge: Edge) -> None:
    """Nobody ever sees the answer, so that it stays; told once more to end, it ends at once."""
    world, host = edge.world, "held.example.com"
    unseen = f"--http01-check-port={free_port()}"
    with controller_of(edge, "--shutdown-grace=60s", unseen, name="ends") as ending:
        world.apply(wish("held", BY_INGRESS, host))
        world.until(lambda: _presented(world, host), why="a presented Challenge")
        spec = challenge_of(world, host)["spec"]
        edge.seconds_until(200, host, PATH + spec["token"])
        assert _holder(world)
        ending.process.signal(signal.SIGTERM)
        world.until(lambda: not _holder(world), 5, why="a free Lease")
        assert not ending.ready()
        following = world.start_controller("--http01-listen-address=0", unseen, name="follows")
        world.until(lambda: _holder(world), 10, why="another that leads")
        assert edge.fetch(host, PATH + spec["token"]) == (200, spec["key"])
        ending.process.signal(signal.SIGTERM)
        world.until(lambda: not ending.process.alive(), 5, why="the end at once")
    world.kubectl("delete", "certificate", "held")
    nothing_left(world)
    following.stop()


def test_a_crash_leaves_nothing(edge: Edge) -> None:
    world = edge.world
    names = [f"crashed-{n}" for n in range(12)]
    for number in range(3):
        with controller_of(edge, "--leader-elect=false", name=f"crash-{number}") as running:
            world.apply(*(wish(name, BY_INGRESS) for name in names[number * 4 : number * 4 + 4]))
            time.sleep(0.5 + number / 2)
            running.kill()
    with controller_of(edge, "--leader-elect=false", name="survivor"):
        for name in names:
            world.wait_ready(name)
        nothing_left(world)


def test_what_is_left_of_a_challenge_that_was_torn_away_is_swept_at_start(edge: Edge) -> None:
    world = edge.world
    with controller_of(edge, "--leader-elect=false", name="torn") as running:
        world.apply(wish("torn", BY_GATEWAY, "torn.example.com"))
        world.apply(wish("torn-in", BY_INGRESS, "torn-in.example.com"))
        world.until(lambda: _stands(world, "Service/", "ReferenceGrant/"), why="a backend stands")
        running.kill()
    for name in world.names("challenges", "torn"):
        patch = '{"metadata":{"finalizers":null}}'
        world.kubectl("patch", "challenge", name, "--type=merge", "-p", patch)
    world.kubectl("delete", "certificates", "torn", "torn-in")
    world.until(lambda: not world.names("challenges"), why="the Challenges gone with their owners")
    assert left_over(world)
    with controller_of(edge, "--leader-elect=false", name="sweeper"):
        nothing_left(world)


def _may(world: World, verb: str, kind: str) -> bool:
    """Whether the responder's ServiceAccount may do that; kubectl answers no with an error."""
    try:
        world.kubectl("auth", "can-i", verb, kind, "-A", f"--as={RESPONDER}")
    except KubectlFailed:
        return False
    return True


def _stands(world: World, *kinds: str) -> bool:
    found = left_over(world)
    return all(any(one.startswith(kind) for one in found) for kind in kinds)


def _presented(world: World, host: str) -> bool:
    return bool(challenge_of(world, host).get("status", {}).get("presented"))


def _holder(world: World) -> str:
    lease = world.get("lease", "cert-manager-controller", NAMESPACE) or {"spec": {}}
    return str(lease["spec"].get("holderIdentity") or "")
