"""What `kubectl order` costs whoever types it: time by the wall and memory of the process."""

import asyncio
import json
import statistics
import sys
from pathlib import Path
from typing import Final

from devcluster.kubectl import program
from tests.bench.api import Api
from tests.bench.population import ready_certificates
from tests.bench.scenarios import Bench, Row, issue, wish

RUNS: Final = 21
LONG_RUNS: Final = 5
ORDERS: Final = 10_000


async def status(bench: Bench) -> Row:
    """kubectl order status of a finished Certificate, invoked directly; kubectl get beside it"""
    async with Api(bench.cluster.api) as api:
        await issue(bench, api, [wish("first", "www.example.com")], 30)
    row = await _measured(bench, RUNS, _plugin(), "status", "first")
    other = await _measured(bench, RUNS, str(program()), "get", "certificate", "first")
    return row | {"kubectl get p50 s": other["p50 s"]}


async def listing(bench: Bench) -> Row:
    """kubectl order list -A with 10,000 Orders and as many Certificates; kubectl get beside it"""
    async with Api(bench.cluster.api) as api:
        await issue(bench, api, [wish("first", "www.example.com")], 30)
        bench.controller.stop()
        await ready_certificates(bench.cluster, api, ORDERS)
    row = await _measured(bench, LONG_RUNS, _plugin(), "list", "-A")
    kinds = "certificates,orders"
    other = await _measured(bench, LONG_RUNS, str(program()), "get", kinds, "-A")
    return row | {"kubectl get p50 s": other["p50 s"]}


def _plugin() -> str:
    return str(Path(sys.executable).with_name("kubectl-order"))


async def _measured(bench: Bench, runs: int, *command: str) -> Row:
    """Seconds by the wall, and the most memory of any run; one run before them warms the disk."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.runs", str(runs + 1)),
        *(*command, f"--kubeconfig={bench.cluster.kubeconfig}"),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    done: list[tuple[float, int, int]] = json.loads(printed)
    took = sorted(seconds for seconds, _, _ in done[1:])
    return {
        "wanted": len(done),
        "ready": sum(code == 0 for _, _, code in done),
        "p50 s": statistics.median(took),
        "p95 s": took[int(0.95 * (len(took) - 1))],
        "max s": took[-1],
        "rss MB": max(used for _, used, _ in done) / 1e6,
    }
