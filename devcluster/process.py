"""A server as a process: started, awaited, stopped, and found again after its launcher crashed."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1


class NotReady(Exception):
    """A server ended or did not answer in time; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running server. `started` is the kernel's start time of the pid: pids are used again."""

    name: str
    pid: int
    started: str
    log: Path

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return _start_time(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, to this process and to no later one of the same pid."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self, grace: float = 10.0) -> None:
        """Ask it to end, wait for `grace` seconds, then end it; return when it is gone."""
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while self.alive() and time.monotonic() < deadline:
            _reap(self.pid)
            time.sleep(0.02)
        self.signal(signal.SIGKILL)
        while self.alive():
            _reap(self.pid)
            time.sleep(0.02)

    def await_ready(self, ready: Callable[[], bool], timeout: float = 60.0) -> None:
        """Return when `ready()` holds; raise NotReady when the process ends or time runs out."""
        deadline = time.monotonic() + timeout
        while not ready():
            _reap(self.pid)
            if not self.alive():
                raise NotReady(f"{self.name} ended while starting:\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise NotReady(f"{self.name} is not ready after {timeout:.0f} s:\n{self.log_end()}")
            time.sleep(0.05)

    def log_end(self) -> str:
        """The last 2,000 characters of its log."""
        return self.log.read_text(errors="replace")[-2000:]


def start(
    name: str,
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    die_with_parent: bool = False,
) -> Process:
    """Start a server with its log in `folder`, and note its pid there for `leftovers`."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(environment or {}),
            start_new_session=True,
            preexec_fn=_die_with_parent if die_with_parent else None,
        )
    child.returncode = 0  # we wait for it ourselves, by pid: it may outlive this object
    started = _start_time(child.pid) or ""
    note = {"name": name, "pid": child.pid, "started": started, "log": str(log)}
    (folder / f"{name}.pid.json").write_text(json.dumps(note))
    return Process(name, child.pid, started, log)


def leftovers(folder: Path) -> list[Process]:
    """The processes noted in `folder` that still run."""
    noted = [json.loads(path.read_text()) for path in sorted(folder.glob("*.pid.json"))]
    processes = [Process(n["name"], n["pid"], n["started"], Path(n["log"])) for n in noted]
    return [process for process in processes if process.alive()]


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now, free for UDP too."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            with suppress(OSError):
                udp.bind(("127.0.0.1", port))
                return port


def _start_time(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
