"""The devcluster itself: it starts, stops clean, and recovers from a crash of its launcher."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dns import query
from dns.message import make_query
from dns.update import UpdateMessage

from devcluster import cluster, servers, zone
from devcluster.process import leftovers

LAUNCH_AND_CRASH = """
import os, pathlib, sys
from devcluster import cluster
cluster.start(pathlib.Path(sys.argv[1]))
os.kill(os.getpid(), 9)
"""


def test_a_namespace_comes_and_goes(devcluster: cluster.Cluster) -> None:
    kubectl = ["kubectl", f"--kubeconfig={devcluster.kubeconfig}"]
    subprocess.run([*kubectl, "create", "namespace", "short-lived"], check=True)
    subprocess.run([*kubectl, "delete", "namespace", "short-lived", "--timeout=60s"], check=True)


def test_pebble_counts_what_it_is_asked(pebble: servers.Pebble) -> None:
    assert pebble.root().startswith(b"-----BEGIN CERTIFICATE-----")
    assert "/dir" in {line["path"] for line in pebble.requests()}


def test_dns_holds_records_back_and_shows_them(dns: servers.Dns) -> None:
    zone.add(dns, "example.net", "_acme-challenge.www", "TXT", "one")
    zone.add(dns, "example.net", "_acme-challenge.www", "TXT", "two")
    assert zone.records(dns, "example.net") == {"_acme-challenge.www.example.net.": ["one", "two"]}
    assert _asked(dns, "_acme-challenge.www.example.net") == {"one", "two"}
    zone.hold(dns, "example.net")
    assert _asked(dns, "_acme-challenge.www.example.net") == set()
    zone.release(dns, "example.net")
    assert _asked(dns, "_acme-challenge.www.example.net") == {"one", "two"}
    zone.remove(dns, "example.net", "_acme-challenge.www")
    assert zone.records(dns, "example.net") == {}


def test_dns_refuses_an_update_that_is_not_signed(dns: servers.Dns) -> None:
    update = UpdateMessage("example.com")
    update.add("_acme-challenge.www", 60, "TXT", "value")
    with pytest.raises(zone.Refused, match="NOTAUTH"):
        zone.send(dns, update)


def test_a_crashed_launcher_leaves_a_cluster_that_works_and_can_be_cleared(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    crashed = subprocess.run([sys.executable, "-c", LAUNCH_AND_CRASH, str(folder)], check=False)
    assert crashed.returncode == -9
    survivors = leftovers(folder)
    try:
        assert len(survivors) == 5
        kubectl = ["kubectl", f"--kubeconfig={folder / 'kubeconfig'}", "get", "ns", "-o", "json"]
        listed = json.loads(subprocess.run(kubectl, check=True, capture_output=True).stdout)
        assert "default" in [item["metadata"]["name"] for item in listed["items"]]
        began = time.monotonic()
        again = cluster.start(folder, die_with_parent=True)
        assert time.monotonic() - began < 60
        assert not any(process.alive() for process in survivors)
        assert again.pebble.root()
    finally:
        cluster.stop(folder)
    assert leftovers(folder) == []


def _asked(server: servers.Dns, name: str) -> set[str]:
    host, _, port = server.address.rpartition(":")
    answer = query.udp(make_query(name, "TXT"), host, timeout=5, port=int(port))
    return {data.to_text().strip('"') for rrset in answer.answer for data in rrset}
