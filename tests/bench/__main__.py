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

from devcluster import cluster, controller
from devcluster.demo import apply_issuer
from tests.bench import scenarios
from tests.bench.scenarios import Row

SCENARIOS: dict[str, Callable[[scenarios.Bench], Coroutine[Any, Any, Row]]] = {
    "one": scenarios.one,
    "dns01": scenarios.hundred_by_dns01,
    "valid": scenarios.two_hundred_already_valid,
    "foreign": scenarios.ten_thousand_foreign_secrets,
    "own": scenarios.ten_thousand_own,
}
PEBBLE = {"PEBBLE_AUTHZREUSE": "100", "PEBBLE_WFE_NONCEREJECT": "5"}


def main(wanted: list[str]) -> int:
    """Run the scenarios named, or all; 0 when every Certificate became ready."""
    rows = []
    for name in wanted or SCENARIOS:
        print(f"{name}: {SCENARIOS[name].__doc__}", file=sys.stderr, flush=True)
        rows.append(_run(name))
    _show(rows)
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    Path("bench.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    return 0 if all(row["ready"] == row["wanted"] for row in rows) else 1


def _run(name: str) -> Row:
    with tempfile.TemporaryDirectory(prefix="kubectl-order-bench-") as place:
        folder = Path(place) / "cluster"
        running = cluster.start(folder, die_with_parent=True, pebble_environment=PEBBLE)
        try:
            controller.install(running.kubeconfig)
            apply_issuer(running)
            process = controller.start_controller(running, folder, die_with_parent=True)
            bench = scenarios.Bench(running, process, folder)
            return {"scenario": name} | asyncio.run(SCENARIOS[name](bench))
        finally:
            running.stop()


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
