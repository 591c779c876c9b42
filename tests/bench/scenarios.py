"""The loads of the benchmark. Each starts on a cluster of its own and gives one row."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devcluster import controller
from devcluster.cluster import Cluster
from tests.bench import measure, population
from tests.bench.api import Api, Json

Row = dict[str, Any]
NAMESPACE = "default"


@dataclass(frozen=True, slots=True)
class Bench:
    """A cluster with a controller that has nothing to do yet."""

    cluster: Cluster
    controller: controller.Controller
    folder: Path
    issuer: str = "acme"

    @property
    def pid(self) -> int:
        """The controller's process."""
        return self.controller.process.pid


def wish(name: str, *dns_names: str, issuer: str = "acme") -> Json:
    """A Certificate with an ECDSA key."""
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "secretName": f"{name}-tls",
            "dnsNames": list(dns_names),
            "privateKey": {"algorithm": "ECDSA"},
            "issuerRef": {"kind": "ClusterIssuer", "name": issuer},
        },
    }


async def one(bench: Bench) -> Row:
    """one Certificate, create to Ready, ten times in turn"""
    async with Api(bench.cluster.api) as api:
        warm_up = wish("warm-up", "warm-up.example.com", issuer=bench.issuer)
        await issue(bench, api, [warm_up], 30)
        before, spans = measure.read(bench.cluster, bench.pid), list[float]()
        for index in range(10):
            name = f"one-{index}"
            one = wish(name, f"{name}.example.com", issuer=bench.issuer)
            row = await issue(bench, api, [one], 30, settle=False)
            spans.append(row["max s"])
    return _row(bench, before, spans, 10, sum(spans))


async def hundred(bench: Bench) -> Row:
    """100 Certificates with different names at once"""
    wishes = [
        wish(f"many-{n:03}", f"many-{n:03}.example.com", issuer=bench.issuer) for n in range(100)
    ]
    async with Api(bench.cluster.api) as api:
        return await issue(bench, api, wishes, 380)


async def two_hundred_already_valid(bench: Bench) -> Row:
    """200 Certificates at once whose authorization the CA already holds"""
    async with Api(bench.cluster.api) as api:
        await issue(bench, api, [wish("first", "valid.example.com")], 30)
        wishes = [wish(f"valid-{n:03}", "valid.example.com") for n in range(200)]
        return await issue(bench, api, wishes, 120)


async def ten_thousand_foreign_secrets(bench: Bench) -> Row:
    """20 Certificates on a cluster with 10,000 foreign Secrets of 8 kB, controller started anew"""
    async with Api(bench.cluster.api) as api:
        wishes = [wish(f"before-{n:02}", f"before-{n:02}.example.com") for n in range(20)]
        issued = await issue(bench, api, wishes, 60)
        without = await _restarted(bench)
        await api.create(population.foreign_secrets(10_000, 8_000))
        among = await _restarted(bench)
    counts = {key: issued[key] for key in ("wanted", "ready")}
    return counts | {"rss MB": among, "rss MB without": without}


async def ten_thousand_own(bench: Bench) -> Row:
    """10,000 own Ready Certificates: memory, and what a restart writes and asks"""
    count = 10_000
    async with Api(bench.cluster.api) as api:
        await issue(bench, api, [wish("first", "valid.example.com")], 30)
        bench.controller.stop()
        await population.ready_certificates(bench.cluster, api, count - 1)
    again = controller.start_controller(
        bench.cluster, bench.folder, name="again", die_with_parent=True
    )
    began, quiet = time.monotonic(), measure.read(bench.cluster, again.process.pid)
    await asyncio.sleep(30)
    after = measure.read(bench.cluster, again.process.pid)
    async with Api(bench.cluster.api) as api:
        ready = await api.ready_count(NAMESPACE)
    cost = after.since(quiet)
    return {
        "wanted": count,
        "ready": ready,
        "writes": cost.writes + cost.events,
        "acme": cost.acme,
        "cpu s": after.cpu,
        "rss MB": measure.memory(again.process.pid),
        "rss MB peak": measure.memory(again.process.pid, peak=True),
        "watched s": time.monotonic() - began,
    }


async def _restarted(bench: Bench) -> float:
    """The memory of a controller that was started just now and is at rest."""
    bench.controller.stop()
    again = controller.start_controller(
        bench.cluster, bench.folder, name="again", die_with_parent=True
    )
    await asyncio.sleep(10)
    used = measure.memory(again.process.pid)
    again.stop()
    return used


async def issue(
    bench: Bench, api: Api, wishes: list[Json], timeout: float, *, settle: bool = True
) -> Row:
    """Create these, and wait until they are Ready, at most `timeout` seconds."""
    before = measure.read(bench.cluster, bench.pid)
    total = api.ready_so_far + len(wishes)
    known = asyncio.create_task(api.ready_times(NAMESPACE, total, timeout))
    began = time.monotonic()
    created = dict(
        zip([w["metadata"]["name"] for w in wishes], await _timed(api, wishes), strict=True)
    )
    ready = await known
    spans = [ready[name] - at for name, at in created.items() if name in ready]
    api.ready_so_far = len(ready)
    took = max((ready[name] for name in created if name in ready), default=began) - began
    if settle:
        await asyncio.sleep(3)  # clean-up and events are part of the cost
    return _row(bench, before, spans, len(wishes), took)


async def _timed(api: Api, wishes: list[Json]) -> list[float]:
    """Create all of them, 16 at a time; when (monotonic) each was sent."""
    gate = asyncio.Semaphore(16)

    async def one(obj: Json) -> float:
        async with gate:
            began = time.monotonic()
            await api.create([obj])
            return began

    return await asyncio.gather(*(one(obj) for obj in wishes))


def _row(
    bench: Bench, before: measure.Reading, spans: list[float], wanted: int, took: float
) -> Row:
    cost = measure.read(bench.cluster, bench.pid).since(before)
    done = max(len(spans), 1)
    ordered = sorted(spans) or [0.0]
    return {
        "wanted": wanted,
        "ready": len(spans),
        "seconds": took,
        "per s": len(spans) / took if took else 0.0,
        "p50 s": statistics.median(ordered),
        "p95 s": ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))],
        "max s": ordered[-1],
        "api reads": cost.reads / done,
        "api writes": cost.writes / done,
        "events": cost.events / done,
        "acme": cost.acme / done,
        "cpu ms": cost.cpu * 1000 / done,
        "servers cpu ms": cost.servers_cpu * 1000 / done,
        "rss MB": measure.memory(bench.pid),
    }
