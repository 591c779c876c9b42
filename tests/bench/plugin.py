"""What `kubectl order` costs whoever types it: time by the wall and memory of the process."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devcluster.kubectl import program
from tests.bench.api import Api
from tests.bench.population import ready_certificates
from tests.bench.scenarios import Bench, Row, issue, wish

RUNS: Final = 21
ORDERS: Final = 10_000


async def status(bench: Bench) -> Row:
    """kubectl order status of a finished Certificate, invoked directly; kubectl get beside it"""
    async with Api(bench.cluster.api) as api:
        await issue(bench, api, [wish("first", "www.example.com")], 30)
    row = await asyncio.to_thread(_measured, [_plugin(), "status", "first"], bench, RUNS)
    get = [str(program()), "get", "certificate", "first"]
    other = await asyncio.to_thread(_measured, get, bench, RUNS)
    return row | {"kubectl get p50 s": other["p50 s"]}


async def listing(bench: Bench) -> Row:
    """kubectl order list -A with 10,000 Orders and as many Certificates"""
    async with Api(bench.cluster.api) as api:
        await issue(bench, api, [wish("first", "www.example.com")], 30)
        bench.controller.stop()
        await ready_certificates(bench.cluster, api, ORDERS)
    return await asyncio.to_thread(_measured, [_plugin(), "list", "-A"], bench, 5)


def _plugin() -> str:
    return str(Path(sys.executable).with_name("kubectl-order"))


def _measured(command: Sequence[str], bench: Bench, runs: int) -> Row:
    """Seconds by the wall, and the most memory of any run; the first run warms the disk."""
    took, memory, failed = list[float](), 0, 0
    kubeconfig = f"--kubeconfig={bench.cluster.kubeconfig}"
    for run in range(runs + 1):
        began = time.perf_counter()
        process = subprocess.Popen([*command, kubeconfig], stdout=subprocess.DEVNULL)
        _, state, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(state)
        failed += process.returncode != 0
        if run:
            took.append(time.perf_counter() - began)
            memory = max(memory, usage.ru_maxrss)
    took.sort()
    return {
        "wanted": runs + 1,
        "ready": runs + 1 - failed,
        "p50 s": statistics.median(took),
        "p95 s": took[int(0.95 * (len(took) - 1))],
        "max s": took[-1],
        "rss MB": memory / 1024,
    }
