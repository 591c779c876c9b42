"""The archive for krew, built for this computer, and run as krew installs it; and the wheel."""

import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tarfile
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from devcluster.kubectl import program
from tests.kubectl_order import scenery
from tests.kubectl_order.recorded import Recorded, serving

ROOT = Path(__file__).parents[2]
MACHINE = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
HERE = f"{sys.platform}/{MACHINE}"
LARGEST = 5_000_000
SLOWEST = 1.0

pytestmark = pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="built for Unix")


@dataclass(frozen=True)
class Installed:
    """The archive, unpacked, with a link on PATH; and the manifest."""

    archive: Path
    manifest: dict[str, Any]
    folder: Path
    path: Path
    server: Recorded

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of this environment's packages: the interpreter that it was made of, and PATH."""
        python = Path(sys.base_prefix) / "bin"
        kubeconfig = self.server.kubeconfig(self.path)
        return {
            "PATH": f"{self.path}:{python}:/usr/bin:/bin",
            "HOME": str(self.path),
            "KUBECONFIG": str(kubeconfig),
        }

    def run(
        self, *arguments: str, through_kubectl: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """Run the plugin."""
        plugin = [str(self.path / "kubectl-acme_order")]
        command = [program(), "acme-order"] if through_kubectl else plugin
        return subprocess.run(
            [*command, *arguments], env=self.environ, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    output = tmp_path_factory.mktemp("krew")
    build = [sys.executable, "packaging/krew.py", "--installed", "--platform", HERE]
    where = ["--output", str(output), "--base=https://a.test/v1/", "--homepage=https://a.test"]
    subprocess.run([*build, *where], cwd=ROOT, check=True, capture_output=True)
    folder, path = output / "store", output / "bin"
    path.mkdir()
    (archive,) = output.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    manifest = yaml.safe_load((output / "acme-order.yaml").read_text())
    (path / "kubectl-acme_order").symlink_to(folder / "kubectl-acme_order")
    with serving(scenery.shop()) as server:
        yield Installed(archive, manifest, folder, path, server)


def test_the_manifest_names_the_archive_and_its_digest(installed: Installed) -> None:
    assert installed.manifest["metadata"]["name"] == "acme-order"
    spec = installed.manifest["spec"]
    assert len(spec["shortDescription"]) <= 50
    (entry,) = spec["platforms"]
    assert entry["uri"] == f"https://a.test/v1/{installed.archive.name}"
    assert entry["sha256"] == hashlib.sha256(installed.archive.read_bytes()).hexdigest()
    assert (installed.folder / entry["bin"]).is_file()


def test_it_is_small_and_has_the_licenses(installed: Installed) -> None:
    assert installed.archive.stat().st_size < LARGEST
    assert (installed.folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    native = next(installed.folder.glob("cp3*"))
    packages = {one.name for one in (*(installed.folder / "lib").iterdir(), *native.iterdir())}
    assert {"typer", "rich", "dns", "jsonpath", "msgspec", "yaml", "kubernetes"} <= packages
    assert {"controller", "webhook", "aiohttp", "cryptography", "pydantic"} & packages == set()
    assert len(list((installed.folder / "licenses").iterdir())) >= len(packages) - 6


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--version", "kubectl-order 0."),
        ("--help", "Usage: kubectl acme-order COMMAND"),
        ("status web", 'Certificate "web" in namespace "shop": fine'),
        ("status web -o yaml", "kind: OrderStatus"),
        ("status web -o jsonpath={.subject.name}", "web"),
        ("why mail", "acme.example does not issue for mail.example.com"),
        ("watch web", "certificate/web  ready"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_runs_from_where_it_was_unpacked(
    installed: Installed, arguments: str, says: str
) -> None:
    done = installed.run(*arguments.split())
    assert done.stderr == ""
    assert says in done.stdout


@pytest.mark.parametrize("arguments", ["why", "status -v x", "stauts"])
def test_errors_are_a_line_there_too(installed: Installed, arguments: str) -> None:
    done = installed.run(*arguments.split(), through_kubectl=False)
    assert done.returncode == 2
    assert "kubectl acme-order" in done.stderr
    assert "Traceback" not in done.stderr


def test_pages_for_a_terminal_need_nothing_else(installed: Installed) -> None:
    environ = installed.environ | {"CLICOLOR_FORCE": "1", "FORCE_COLOR": "1", "TERM": "xterm"}
    command = [str(installed.path / "kubectl-acme_order"), "tree"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert "\x1b[1mweb-tls" in done.stdout


def test_checks_from_here_need_nothing_else(installed: Installed) -> None:
    done = installed.run("why", "api", "--live", "--nameserver=127.0.0.1:1")
    assert "Looked at from here:" in done.stdout, done.stderr


def test_credential_plugins_are_run(installed: Installed, tmp_path: Path) -> None:
    config = json.loads(Path(installed.environ["KUBECONFIG"]).read_text())
    shown = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    shown |= {"status": {"token": "shown-by-the-plugin"}}  # type: ignore[dict-item]
    exec_ = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "echo",
        "args": [json.dumps(shown)],
        "interactiveMode": "Never",
    }
    config["users"] = [{"name": "me", "user": {"exec": exec_}}]
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    done = installed.run("status", "web", f"--kubeconfig={kubeconfig}", through_kubectl=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_completion_is_installed_beside_it_and_kubectl_finds_it(installed: Installed) -> None:
    done = installed.run("completion", "install")
    assert done.returncode == 0, done.stderr
    completer = installed.path / "kubectl_complete-acme_order"
    assert f"{completer} is written." in done.stdout
    assert "is there already" in installed.run("completion", "install").stdout
    offered = subprocess.run(
        [program(), "__complete", "acme-order", "status", "w"],
        env=installed.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert offered.stdout.splitlines()[0] == "web\tCertificate"


def test_it_starts_quickly(installed: Installed) -> None:
    took = []
    for _ in range(5):
        began = time.monotonic()
        installed.run("status", "web", through_kubectl=False)
        took.append(time.monotonic() - began)
    assert statistics.median(took) < SLOWEST


def test_another_python_is_told(installed: Installed, tmp_path: Path) -> None:
    launcher = (installed.folder / "kubectl-acme_order").read_text()
    old = tmp_path / "kubectl-acme_order"
    old.write_text(launcher.replace("OLDEST = (3, 11)", "OLDEST = (3, 99)"))
    done = subprocess.run([sys.executable, old], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: kubectl order needs a Python from 3.99 to ")


def test_the_wheel_brings_its_two_commands(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    wheel = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    subprocess.run([*pip, *wheel, str(ROOT)], check=True, env=os.environ | {"PIP_NO_INDEX": "1"})
    (built,) = tmp_path.glob("kubectl_order-*.whl")
    home = tmp_path / "home"
    venv.create(home, with_pip=False, symlinks=True)
    install = ["--python", str(home / "bin" / "python"), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, *install, "--no-index", str(built)], check=True)
    (site,) = home.glob("lib/python3*/site-packages")
    # The packages that it depends on are this environment's: there may be no network here.
    (site / "others.pth").write_text(next(path for path in sys.path if "site-packages" in path))
    for name, arguments, says in (
        ("kubectl-order", ["--version"], "kubectl-order 0."),
        ("kubectl_complete-order", ["sta"], "status\t"),
    ):
        command = [str(home / "bin" / name), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert says in done.stdout
