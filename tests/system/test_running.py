"""The process: it leads alone, hands over at once, and ends when it is told to."""

import json
import time

from tests.system.world import World, certificate


def test_sigterm_ends_it_within_five_seconds_and_frees_the_lease(world: World) -> None:
    first = world.start_controller(name="first")
    world.until(lambda: _holder(world), why="a holder of the Lease")
    second = world.start_controller(name="second")
    held = _holder(world)
    began = time.monotonic()
    first.stop(grace=10)
    assert time.monotonic() - began < 5
    try:
        world.until(lambda: _holder(world) not in ("", held), 10, why="the second leads")
        world.apply(certificate("handed-over"))
        world.wait_ready("handed-over", timeout=20)
    finally:
        second.stop()
    assert _holder(world) == ""


def test_every_log_line_is_json_and_holds_no_secret(world: World) -> None:
    running = world.start_controller("--log-level=debug", name="talking")
    try:
        world.apply(certificate("talked-about"))
        world.wait_ready("talked-about", timeout=20)
    finally:
        running.stop()
    lines = [json.loads(line) for line in running.process.log.read_text().splitlines()]
    about = [line for line in lines if line.get("name") == "talked-about"]
    assert {"time", "level", "message"} <= set(about[0])
    text = running.process.log.read_text()
    for secret in (world.cluster.dns.tsig_secret, "PRIVATE KEY", "eyJ"):
        assert secret not in text


def _holder(world: World) -> str:
    lease = world.get("lease", "cert-manager-controller", "cert-manager") or {"spec": {}}
    return str(lease["spec"].get("holderIdentity") or "")
