"""What an issuance costs: API requests, CA requests, CPU and memory of the controller."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from devcluster.cluster import Cluster
from devcluster.controller import ACCOUNT, NAMESPACE

USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Counts since the start of the cluster, CPU seconds since the start of the processes.

    `servers_cpu` is that of the API server, etcd and Pebble together: they share the machine.
    """

    reads: int
    writes: int
    events: int
    acme: int
    orders: int
    cpu: float
    servers_cpu: float

    def since(self, before: "Reading") -> "Reading":
        """The difference."""
        return Reading(
            self.reads - before.reads,
            self.writes - before.writes,
            self.events - before.events,
            self.acme - before.acme,
            self.orders - before.orders,
            self.cpu - before.cpu,
            self.servers_cpu - before.servers_cpu,
        )


def read(cluster: Cluster, pid: int) -> Reading:
    """Count in the audit log and the CA's access log. Watches and the Lease are not counted."""
    reads = writes = events = 0
    for line in cluster.api.audit_log.read_text().splitlines():
        entry = json.loads(line)
        if entry["user"]["username"] != USER or entry.get("stage") != "ResponseComplete":
            continue
        resource = entry.get("objectRef", {}).get("resource")
        match entry["verb"]:
            case "watch":
                pass
            case _ if resource == "leases":
                pass
            case _ if resource == "events":
                events += 1
            case "get" | "list":
                reads += 1
            case _:
                writes += 1
    asked = cluster.pebble.requests()
    placed = [
        line for line in asked if line["path"] == "/order-plz" and str(line["status"]) == "201"
    ]
    others = (cluster.api.process, cluster.etcd.process, cluster.pebble.process)
    servers_cpu = sum(cpu_seconds(process.pid) for process in others)
    return Reading(reads, writes, events, len(asked), len(placed), cpu_seconds(pid), servers_cpu)


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, *, peak: bool = False) -> float:
    """Resident memory in MB (10^6 bytes), now or at its peak."""
    wanted = "VmHWM:" if peak else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(wanted)
