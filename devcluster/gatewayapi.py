"""The CRDs of the Gateway API, from its Go module; the module cache keeps them."""

import json
import subprocess
from functools import cache
from pathlib import Path

from devcluster import binary
from devcluster.kubectl import kubectl

MODULE = "sigs.k8s.io/gateway-api@v1.6.3"  # what the pinned Traefik is built with
CHECKSUM = "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc="


@cache
def crds() -> Path:
    """The folder with the CRDs of the standard channel; raises BuildFailed without a network."""
    done = subprocess.run(
        [binary.go(), "mod", "download", "-json", MODULE],
        cwd="/",  # outside of any Go module
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout) if done.stdout else {"Error": done.stderr}
    if done.returncode or said["Sum"] != CHECKSUM:
        raise binary.BuildFailed(f"{MODULE}: {said.get('Error', 'another checksum')}")
    return Path(said["Dir"]) / "config" / "crd" / "standard"


def install(kubeconfig: Path) -> None:
    """Apply the CRDs, and wait until the API server serves them."""
    files = [
        argument
        for path in sorted(crds().glob("gateway.networking.k8s.io_*.yaml"))
        for argument in ("-f", str(path))
    ]
    kubectl(kubeconfig, "apply", "--server-side", "--force-conflicts", *files)
    names = kubectl(kubeconfig, "get", "crd", "-o", "name").split()
    ours = [name for name in names if name.endswith(".gateway.networking.k8s.io")]
    kubectl(kubeconfig, "wait", "--for=condition=Established", "--timeout=30s", *ours)
