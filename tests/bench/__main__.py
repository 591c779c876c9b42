"""`make bench`: what issuance costs here, as a table and as bench.json.

The comparison is cert-manager's figures on the same kind of machine and CA. Nothing is asserted: a
benchmark that fails on a busy machine teaches people to ignore it.
"""

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from devcluster import cluster, controller, netns, traefik
from devcluster.demo import apply_issuer
from devcluster.process import free_port
from tests.bench import plugin, responder, scenarios, webhook
from tests.bench.scenarios import Row
from tests.routers import issuing
from tests.system.world import World

SCENARIOS: dict[str, Callable[[scenarios.Bench], Coroutine[Any, Any, Row]]] = {
    "one": scenarios.one,
    "dns01": scenarios.hundred,
    "http01-one": scenarios.one,
    "http01": scenarios.hundred,
    "valid": scenarios.two_hundred_already_valid,
    "foreign": scenarios.ten_thousand_foreign_secrets,
    "own": scenarios.ten_thousand_own,
    "status": plugin.status,
    "list": plugin.listing,
}
ALONE = {
    "responder": responder.responder,
    "responder-flat-out": responder.flat_out,
    "webhook": webhook.webhook,
}
"""Without a cluster."""
PEBBLE = {"PEBBLE_AUTHZREUSE": "100", "PEBBLE_WFE_NONCEREJECT": "5"}


def main(wanted: list[str]) -> int:
    """Run the scenarios named, or all; 0 when every Certificate became ready."""
    rows = []
    for name in wanted or [*SCENARIOS, *ALONE]:
        print(f"{name}: {_about(name)}", file=sys.stderr, flush=True)
        rows.append(_run(name))
    _show(rows)
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    Path("bench.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    return 0 if all(row["ready"] == row["wanted"] for row in rows) else 1


def _about(name: str) -> str:
    return str(ALONE[name].__doc__ if name in ALONE else SCENARIOS[name].__doc__)


def _run(name: str) -> Row:
    if name in ALONE:
        return {"scenario": name} | asyncio.run(ALONE[name]())
    with tempfile.TemporaryDirectory(prefix="kubectl-order-bench-") as place:
        folder = Path(place) / "cluster"
        by_http01 = name.startswith("http01")
        address = netns.ROUTER if by_http01 else "127.0.0.1"
        running = cluster.start(
            folder, die_with_parent=True, pebble_environment=PEBBLE, dns_address=address
        )
        try:
            controller.install(running.kubeconfig)
            apply_issuer(running)
            bench = _behind_a_router(running, folder) if by_http01 else _plain(running, folder)
            return {"scenario": name} | asyncio.run(SCENARIOS[name](bench))
        finally:
            running.stop()


def _plain(running: cluster.Cluster, folder: Path) -> scenarios.Bench:
    process = controller.start_controller(running, folder, die_with_parent=True)
    return scenarios.Bench(running, process, folder)


def _behind_a_router(running: cluster.Cluster, folder: Path) -> scenarios.Bench:
    """With Traefik in front, which is led to the responder by EndpointSlices."""
    world, port = World(running, folder), free_port()
    traefik.start_traefik(running, folder, die_with_parent=True)
    issuing.lead_to(world, port)
    issuing.apply_issuer(world, "by-ingress", issuing.INGRESS)
    flag = f"--http01-listen-address={netns.RESPONDER}:{port}"
    process = controller.start_controller(running, folder, flags=(flag,), die_with_parent=True)
    return scenarios.Bench(running, process, folder, issuer="by-ingress")


def _show(rows: list[Row]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    Console(width=200).print(table)


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str("" if value is None else value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
