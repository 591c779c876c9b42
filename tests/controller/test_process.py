"""The process by itself, with an API server that does not answer."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from devcluster.process import free_port, start

KUBECONFIG = {
    "current-context": "any",
    "contexts": [{"name": "any", "context": {"cluster": "any", "user": "any"}}],
    "clusters": [{"name": "any", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "any", "user": {"token": "any"}}],
}


def a_kubeconfig(folder: Path) -> Path:
    path = folder / "kubeconfig"
    path.write_text(json.dumps(KUBECONFIG))
    return path


@pytest.mark.parametrize("part", [[], ["responder"]], ids=["controller", "responder"])
def test_a_process_that_cannot_listen_says_so_in_one_line(part: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        flags = [f"--kubeconfig={a_kubeconfig(tmp_path)}", f"--metrics-listen-address={address}"]
        ended = subprocess.run(
            [sys.executable, "-m", "controller", *part, *flags],
            capture_output=True,
            check=False,
            timeout=60,
        )
    (line,) = ended.stderr.splitlines()
    assert json.loads(line)["error"] == f'cannot listen on "{address}": Address already in use'
    assert ended.returncode == 1


@pytest.mark.parametrize("part", [[], ["responder"]], ids=["controller", "responder"])
def test_nobody_is_answered_before_the_challenges_are_known(
    part: list[str], tmp_path: Path
) -> None:
    """A router tries again where nobody listens, but a 404 costs an order."""
    port, probes = free_port(), f"127.0.0.1:{free_port()}"
    flags = [
        f"--kubeconfig={a_kubeconfig(tmp_path)}",
        f"--http01-listen-address=127.0.0.1:{port}",
        f"--metrics-listen-address={probes}",
        "--shutdown-grace=30s",
    ]
    command = [sys.executable, "-m", "controller", *part, *flags]
    process = start("unheard", command, tmp_path, die_with_parent=True)
    try:
        process.await_ready(lambda: readiness(probes) != "")
        assert "the responder to HTTP-01 challenges does not listen yet" in readiness(probes)
        with socket.socket() as client:
            assert client.connect_ex(("127.0.0.1", port)) != 0
        process.signal(signal.SIGTERM)
        process.await_ready(lambda: "this process was told to end" in readiness(probes))
    finally:
        began = time.monotonic()
        process.stop()
        assert time.monotonic() - began < 5


def readiness(address: str) -> str:
    """What is said against being ready; empty where nobody answers."""
    try:
        urllib.request.urlopen(f"http://{address}/readyz")
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
    except OSError:
        return ""
    return "ready"
