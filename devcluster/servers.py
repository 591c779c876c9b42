"""How each server is started, and when it counts as ready. One function a server."""

import base64
import json
import secrets
import ssl
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from devcluster import binary, pki
from devcluster.process import Process, free_port, start

EAB_KEY_ID = "kid-1"
BLOCKED_NAME = (
    "blocked.test"  # two labels: Pebble panics on names with fewer labels than a blocked one
)
DAY = 24 * 3600
PROFILES = {"default": 90 * DAY, "shortlived": 6 * DAY}


@dataclass(frozen=True, slots=True)
class Etcd:
    """The store of the API server; `url` is where clients connect."""

    url: str
    process: Process


@dataclass(frozen=True, slots=True)
class ApiServer:
    """A kube-apiserver; `admin` is the pair of a client in group system:masters."""

    url: str
    ca: Path
    admin: pki.Pair
    audit_log: Path
    process: Process


@dataclass(frozen=True, slots=True)
class Pebble:
    """An ACME CA; `ca` verifies its HTTPS, `management_url` has its roots and intermediates.

    `eab_key` (base64url without padding) belongs to the key id EAB_KEY_ID.
    """

    directory_url: str
    management_url: str
    ca: Path
    access_log: Path
    eab_key: str
    process: Process

    def root(self) -> bytes:
        """The PEM root that the CA's certificates chain to (a new one at each start)."""
        context = ssl.create_default_context(cafile=str(self.ca))
        url = f"{self.management_url}/roots/0"
        with urllib.request.urlopen(url, context=context) as answer:
            content: bytes = answer.read()
        return content

    def ca_bundle(self) -> str:
        """The PEM that verifies its HTTPS, in base64 as an issuer's spec takes it."""
        return base64.b64encode(self.ca.read_bytes()).decode()

    def requests(self) -> list[dict[str, str]]:
        """What the CA has answered so far: time, method, path, status, location, userAgent."""
        return [json.loads(line) for line in self.access_log.read_text().splitlines()]


@dataclass(frozen=True, slots=True)
class Dns:
    """An authoritative DNS server that takes updates signed with its TSIG key."""

    address: str
    zones: tuple[str, ...]
    tsig_name: str
    tsig_secret: str
    tsig_algorithm: str
    process: Process


def start_etcd(folder: Path, *, die_with_parent: bool = False) -> Etcd:
    """etcd without fsync: fast, and of no use after a power cut."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        str(binary.program("etcd")),
        f"--data-dir={folder / 'etcd-data'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]
    process = start("etcd", command, folder, die_with_parent=die_with_parent)
    process.await_ready(lambda: _answers(f"{client}/health"))
    return Etcd(client, process)


def start_apiserver(
    folder: Path, authority: pki.Authority, etcd: Etcd, *, die_with_parent: bool = False
) -> ApiServer:
    """kube-apiserver with RBAC, its own CA, ServiceAccount tokens and an audit log of metadata."""
    port = free_port()
    server = authority.issue("kube-apiserver", server=True)
    admin = authority.issue("kubernetes-admin", organization="system:masters")
    signing = pki.signing_key(folder / "service-account.key")
    policy, audit_log = folder / "audit-policy.json", folder / "audit.log"
    policy.write_text(json.dumps(AUDIT_POLICY))
    command = [
        str(binary.program("kube-apiserver")),
        f"--etcd-servers={etcd.url}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={server.certificate}",
        f"--tls-private-key-file={server.key}",
        f"--client-ca-file={authority.certificate}",
        f"--service-account-key-file={signing}",
        f"--service-account-signing-key-file={signing}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=RBAC",
        "--endpoint-reconciler-type=none",
        f"--audit-policy-file={policy}",
        f"--audit-log-path={audit_log}",
    ]
    process = start("kube-apiserver", command, folder, die_with_parent=die_with_parent)
    url = f"https://127.0.0.1:{port}"
    process.await_ready(lambda: _answers(f"{url}/readyz", authority.certificate, admin))
    return ApiServer(url, authority.certificate, admin, audit_log, process)


AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver", "system:kube-controller-manager"]},
        {"level": "Metadata"},
    ],
}


def start_controller_manager(
    folder: Path, kubeconfig: Path, *, die_with_parent: bool = False
) -> Process:
    """kube-controller-manager: namespaces and owned objects cannot be deleted without it."""
    command = [
        str(binary.program("kube-controller-manager")),
        f"--kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={folder / 'service-account.key'}",
        f"--root-ca-file={folder / 'ca.crt'}",
        f"--cert-dir={folder}",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_port()}",
        "--use-service-account-credentials=false",
        "--leader-elect=false",
    ]
    return start("kube-controller-manager", command, folder, die_with_parent=die_with_parent)


def start_dns(
    folder: Path,
    *,
    zones: Sequence[str] = ("example.com", "example.net"),
    listen: str = "",
    name_servers: Sequence[str] = (),
    address: str = "127.0.0.1",
    name: str = "devdns",
    tsig_secret: str = "",
    die_with_parent: bool = False,
) -> Dns:
    """The DNS server (dns.go) on `listen` or a free port, with a new TSIG key or the given one."""
    folder.mkdir(parents=True, exist_ok=True)
    listen = listen or f"127.0.0.1:{free_port()}"
    tsig_name, secret = (
        "kubectl-order.",
        tsig_secret or base64.b64encode(secrets.token_bytes(32)).decode(),
    )
    secret_file = folder / f"{name}.tsig"
    secret_file.touch(mode=0o600)
    secret_file.write_text(secret)
    command = [
        str(binary.program("devdns")),
        f"-listen={listen}",
        f"-address={address}",
        f"-tsig-name={tsig_name}",
        f"-tsig-file={secret_file}",
        *(f"-zone={zone}" for zone in zones),
        *(f"-ns={server}" for server in name_servers),
    ]
    process = start(name, command, folder, die_with_parent=die_with_parent)
    process.await_ready(lambda: _resolves(listen, zones[0]))
    return Dns(listen, tuple(zones), tsig_name, secret, "HMACSHA256", process)


def start_pebble(
    folder: Path,
    authority: pki.Authority,
    *,
    dns_server: str,
    http_port: int = 80,
    environment: Mapping[str, str] | None = None,
    eab_required: bool = False,
    profiles: Mapping[str, int] = PROFILES,
    name: str = "pebble",
    die_with_parent: bool = False,
) -> Pebble:
    """Pebble with its faults on (5 % of the nonces refused), validating through `dns_server`.

    HTTP-01 goes to `http_port` of what a name resolves to.
    `profiles` gives the validity in seconds by name; an order that names none gets any of them.
    """
    listen, management = (f"127.0.0.1:{free_port()}" for _ in range(2))
    server = authority.issue(name, server=True)
    access_log = folder / f"{name}-access.jsonl"
    access_log.touch(mode=0o600)
    eab_key = base64.urlsafe_b64encode(secrets.token_bytes(64)).decode().rstrip("=")
    config = _pebble_config(
        listen, management, server, eab_required=eab_required, eab_key=eab_key, profiles=profiles
    ) | {"dnsServer": dns_server, "httpPort": http_port, "accessLog": str(access_log)}
    config_file = folder / f"{name}.json"
    config_file.write_text(json.dumps(config))
    command = [str(binary.program("pebble")), f"-config={config_file}"]
    process = start(
        name,
        command,
        folder,
        environment={"PEBBLE_VA_NOSLEEP": "1"} | dict(environment or {}),
        die_with_parent=die_with_parent,
    )
    url = f"https://{listen}/dir"
    process.await_ready(lambda: _answers(url, authority.certificate))
    return Pebble(url, f"https://{management}", authority.certificate, access_log, eab_key, process)


def _pebble_config(
    listen: str,
    management: str,
    server: pki.Pair,
    *,
    eab_required: bool,
    eab_key: str,
    profiles: Mapping[str, int],
) -> dict[str, object]:
    return {
        "listen": listen,
        "managementListen": management,
        "certificate": str(server.certificate),
        "privateKey": str(server.key),
        "tlsPort": 443,
        "keyAlgorithm": "ecdsa",
        "externalAccountBindingRequired": eab_required,
        "externalAccountMACKeys": {EAB_KEY_ID: eab_key},
        "domainBlocklist": [BLOCKED_NAME],
        "profiles": {key: {"validityPeriod": value} for key, value in profiles.items()},
    }


def _answers(url: str, ca: Path | None = None, client: pki.Pair | None = None) -> bool:
    context = ssl.create_default_context(cafile=str(ca)) if ca else None
    if context and client:
        context.load_cert_chain(client.certificate, client.key)
    request = urllib.request.Request(url, headers={"User-Agent": "devcluster"})
    try:
        with urllib.request.urlopen(request, context=context, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _resolves(address: str, zone: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        dns.query.tcp(dns.message.make_query(zone, "SOA"), host, timeout=1, port=int(port))
    except (OSError, dns.exception.DNSException):
        return False
    return True
