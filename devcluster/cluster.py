"""All servers together in one folder: a cluster that one command starts and one command ends.

The folder then holds `kubeconfig` (the admin's) and `env` (for a shell: the ACME directory, the DNS
server, its TSIG key, a PATH with `kubectl order`). What an earlier start left behind, running or
not, is cleared away first.
"""

import json
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from devcluster import binary, kubectl, pki, servers
from devcluster.process import Process, leftovers


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster. `kubeconfig` is the admin's."""

    folder: Path
    kubeconfig: Path
    api: servers.ApiServer
    pebble: servers.Pebble
    dns: servers.Dns
    etcd: servers.Etcd
    controller_manager: Process

    def stop(self) -> None:
        """End every server that runs in this folder."""
        stop(self.folder)


def start(
    folder: Path,
    *,
    die_with_parent: bool = False,
    pebble_environment: Mapping[str, str] | None = None,
    dns_address: str = "127.0.0.1",
    http_port: int = 80,
    say: Callable[[str], None] = lambda line: None,
) -> Cluster:
    """A fresh cluster in `folder`, ready for use; `say` is told each step.

    Names without records of their own resolve to `dns_address`; HTTP-01 goes to `http_port`.
    Raises BuildFailed or NotReady, and leaves nothing running then.
    """
    binary.program("kube-apiserver")
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        return _start(
            folder, die_with_parent, pebble_environment or {}, dns_address, http_port, say
        )
    except BaseException:
        stop(folder)
        raise


def _start(
    folder: Path,
    die_with_parent: bool,
    pebble_environment: Mapping[str, str],
    dns_address: str,
    http_port: int,
    say: Callable[[str], None],
) -> Cluster:
    began = time.monotonic()
    authority = pki.Authority(folder)

    def acme() -> tuple[servers.Dns, servers.Pebble]:
        dns = servers.start_dns(folder, address=dns_address, die_with_parent=die_with_parent)
        pebble = servers.start_pebble(
            folder,
            authority,
            dns_server=dns.address,
            http_port=http_port,
            environment=pebble_environment,
            die_with_parent=die_with_parent,
        )
        say(f"ACME CA at {pebble.directory_url}, DNS at {dns.address}")
        return dns, pebble

    # Not in a thread that ends: PR_SET_PDEATHSIG follows the thread that started the process.
    dns, pebble = acme()
    etcd = servers.start_etcd(folder, die_with_parent=die_with_parent)
    api = servers.start_apiserver(folder, authority, etcd, die_with_parent=die_with_parent)
    say(f"Kubernetes {binary.KUBERNETES} at {api.url}")
    kubeconfig = write_kubeconfig(
        folder / "kubeconfig",
        api,
        {"client-certificate": str(api.admin.certificate), "client-key": str(api.admin.key)},
    )
    manager = servers.start_controller_manager(folder, kubeconfig, die_with_parent=die_with_parent)
    _write_env(folder / "env", kubeconfig, dns, pebble)
    say(f"ready in {time.monotonic() - began:.1f} s")
    return Cluster(folder, kubeconfig, api, pebble, dns, etcd, manager)


def stop(folder: Path) -> int:
    """End what runs in `folder`, etcd last, and wait for it; returns how many processes ended."""
    running = leftovers(folder)
    first = [process for process in running if process.name != "etcd"]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Process.stop, first))
    for process in running:
        process.stop()
    for note in folder.glob("*.pid.json"):
        with suppress(FileNotFoundError):
            note.unlink()
    return len(running)


def write_kubeconfig(path: Path, api: servers.ApiServer, user: Mapping[str, str]) -> Path:
    """A kubeconfig (JSON, which is YAML) for that API server and user entry."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "devcluster",
                "cluster": {"server": api.url, "certificate-authority": str(api.ca)},
            }
        ],
        "users": [{"name": "user", "user": dict(user)}],
        "contexts": [
            {
                "name": "devcluster",
                "context": {"cluster": "devcluster", "user": "user", "namespace": "default"},
            }
        ],
        "current-context": "devcluster",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1))
    return path


def _write_env(path: Path, kubeconfig: Path, dns: servers.Dns, pebble: servers.Pebble) -> None:
    values = {
        "KUBECONFIG": str(kubeconfig),
        "ORDER_ACME_DIRECTORY": pebble.directory_url,
        "ORDER_ACME_CA": str(pebble.ca),
        "ORDER_DNS_SERVER": dns.address,
        "ORDER_DNS_ZONE": dns.zones[0],
        "ORDER_TSIG_KEY_NAME": dns.tsig_name,
        "ORDER_TSIG_SECRET": dns.tsig_secret,
        "ORDER_TSIG_ALGORITHM": dns.tsig_algorithm,
    }
    # kubectl finds `kubectl order` on PATH: it is installed beside this Python.
    programs = [str(Path(sys.executable).parent)]
    if shutil.which("kubectl") is None:
        programs.append(str(Path(kubectl.program()).parent))
    path.touch(mode=0o600)
    path.write_text(
        "".join(f"export {key}={shlex.quote(value)}\n" for key, value in values.items())
        + f"export PATH={shlex.quote(':'.join(programs))}:$PATH\n"
    )
