"""Killed at any moment and started again, the controller converges and leaves nothing behind."""

import random
import time

from tests.system.world import World, certificate, condition

COUNT = 30
LIMIT = 240.0


def test_thirty_certificates_through_kill_after_kill(world: World) -> None:
    namespace = world.namespace("crashes")
    names = [f"crash-{index:02}" for index in range(COUNT)]
    placed_before = world.orders_placed()
    dice = random.Random(20261124)  # noqa: S311  when to kill, not a secret
    running = world.start_controller(name="crashing")
    world.apply(*(certificate(name, namespace=namespace) for name in names))
    kills, began = 0, time.monotonic()
    while _ready(world, namespace) < COUNT:
        assert time.monotonic() - began < LIMIT, world.state()
        time.sleep(dice.uniform(0.8, 2.0))
        running.kill()
        kills += 1
        running = world.start_controller(name="crashing")
        if kills >= 40:
            break
    try:
        world.until(lambda: _ready(world, namespace) == COUNT, 120, why="all Ready")
        world.until(lambda: _leftovers(world, namespace) == [], 30, why="nothing left behind")
        assert kills >= 3, "the test was over before it began"
        in_flight = 2  # --acme-max-in-flight of the devcluster
        assert world.orders_placed() - placed_before <= COUNT + kills * in_flight
    finally:
        running.stop()


def _ready(world: World, namespace: str) -> int:
    listed = world.all("certificates", namespace)
    return len([c for c in listed if condition(c, "Ready").get("status") == "True"])


def _leftovers(world: World, namespace: str) -> list[str]:
    temporary = world.all("secrets", namespace, "-l", "cert-manager.io/next-private-key=true")
    found = [item["metadata"]["name"] for item in [*temporary, *world.all("challenges", namespace)]]
    return [*found, *world.challenge_records("crash-")]
