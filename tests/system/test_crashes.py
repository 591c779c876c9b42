"""Killed at any moment and started again, the controller converges and leaves nothing behind.

It runs without the Lease here: one that died holding it would keep its successor waiting, and most
kills would hit a process that does nothing.
"""

import random
import time

from tests.system.world import World, certificate, condition

COUNT = 30
MOST_KILLS = 40
IN_FLIGHT = 2  # --acme-max-in-flight of the devcluster


def test_thirty_certificates_through_kill_after_kill(world: World) -> None:
    namespace = world.namespace("crashes")
    names = [f"crash-{index:02}" for index in range(COUNT)]
    placed_before = world.orders_placed()
    dice = random.Random(20261124)  # noqa: S311  when to kill, not a secret
    running = world.start_controller("--leader-elect=false", name="crashing")
    kills, waiting = 0, list(names)
    while waiting or _ready(world, namespace) < COUNT:
        # A few at a time, so that every kill finds some of them under way.
        batch, waiting = waiting[:3], waiting[3:]
        if batch:
            world.apply(*(certificate(name, namespace=namespace) for name in batch))
        time.sleep(dice.uniform(0.0, 1.2))
        running.kill()
        kills += 1
        assert kills < MOST_KILLS, world.state()
        running = world.start_controller("--leader-elect=false", name="crashing")
    try:
        world.until(lambda: _ready(world, namespace) == COUNT, 120, why="all Ready")
        world.until(lambda: _leftovers(world, namespace) == [], 30, why="nothing left behind")
        extra = world.orders_placed() - placed_before - COUNT
        print(f"{kills} kills, {extra} extra orders")
        assert kills >= COUNT / 3
        assert extra <= kills * IN_FLIGHT
    finally:
        running.stop()


def _ready(world: World, namespace: str) -> int:
    listed = world.all("certificates", namespace)
    return len([c for c in listed if condition(c, "Ready").get("status") == "True"])


def _leftovers(world: World, namespace: str) -> list[str]:
    temporary = world.all("secrets", namespace, "-l", "cert-manager.io/next-private-key=true")
    found = [item["metadata"]["name"] for item in [*temporary, *world.all("challenges", namespace)]]
    return [*found, *world.challenge_records("crash-")]
