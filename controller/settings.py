"""Every setting of the controller: its flag, its unit, its default, what it is for.

Flags carry cert-manager's names wherever it has the same setting; a flag that is not here has
nothing to set, and is refused by name. Booleans and durations are written as Go writes them
(`--leader-elect=false`, `1h30m`). The command line is the only source: nothing here reads the
environment.
"""

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from controller import flags
from orderapi.durations import format_duration


def _flag(default: Any, text: str, read: Callable[[str], Any] = str) -> Any:
    return dataclasses.field(default=default, metadata={"help": text, "read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one process of the controller is told. Durations are timedeltas, addresses host:port."""

    kubeconfig: str = _flag(
        "", "File with the address of the API server and credentials; empty: those of the pod."
    )
    namespace: str = _flag(
        "", "Look at this namespace only; ClusterIssuers are then left alone. Empty: all."
    )
    cluster_resource_namespace: str = _flag(
        "kube-system", "Namespace of the Secrets that ClusterIssuers name."
    )
    leader_elect: bool = _flag(
        True, "Work only while holding the Lease, so that several replicas can run.", flags.boolean
    )
    leader_election_namespace: str = _flag("kube-system", "Namespace of the Lease.")
    controllers: tuple[str, ...] = _flag(
        ("*",),
        "What to run: names, * for all, -name to leave one out. Known: "
        + ", ".join(flags.KNOWN_CONTROLLERS)
        + ".",
        flags.controllers,
    )
    concurrent_workers: int = _flag(
        20,
        "How many objects of one kind are worked on at the same time; of one namespace half as "
        "many at most.",
        flags.positive,
    )
    max_concurrent_challenges: int = _flag(
        60,
        "How many challenges may be presented at the same time in the cluster; one that has been "
        "for ten minutes is not counted.",
        flags.positive,
    )
    acme_max_in_flight: int = _flag(
        8, "How many requests to one ACME directory may be open at the same time.", flags.positive
    )
    dns01_recursive_nameservers: tuple[str, ...] = _flag(
        (),
        "DNS servers (ip:port, comma separated) to find zones with; empty: those of resolv.conf.",
        flags.name_servers,
    )
    dns01_recursive_nameservers_only: bool = _flag(
        False, "Check records at those servers alone, not at the authoritative ones.", flags.boolean
    )
    http01_listen_address: str = _flag(
        ":8089",
        "Where the responder to HTTP-01 challenges listens, in every replica; without a host: on "
        "all addresses; 0: nowhere, another process responds.",
        flags.listening,
    )
    http01_responder_service: str = _flag(
        "cert-manager/order-responder",
        "Service (namespace/name) of the responder: routers are led to its endpoints.",
        flags.namespaced_name,
    )
    http01_responder_address: tuple[str, ...] = _flag(
        (),
        "Where routers reach the responder instead: ip:port (several with one port, comma "
        "separated), or one host:port for an ExternalName Service.",
        flags.responders,
    )
    acme_http01_solver_nameservers: tuple[str, ...] = _flag(
        (),
        "DNS servers (ip:port, comma separated) that the HTTP-01 self-check asks; empty: those of "
        "resolv.conf.",
        flags.name_servers,
    )
    http01_check_port: int = _flag(
        80,
        "Port that the HTTP-01 self-check connects to. CAs connect to 80; anything else is for "
        "development alone.",
        flags.port,
    )
    enable_gateway_api: bool = _flag(
        True, "Use the Gateway API where the cluster has it.", flags.boolean
    )
    auto_certificate_annotations: tuple[str, ...] = _flag(
        ("kubernetes.io/tls-acme",),
        "Annotations that ask for a Certificate for an Ingress, with the default issuer.",
        flags.words,
    )
    default_issuer_name: str = _flag("", "Issuer of Ingresses that name none.")
    default_issuer_kind: str = _flag("Issuer", "Kind of that issuer.")
    default_issuer_group: str = _flag("cert-manager.io", "API group of that issuer.")
    extra_certificate_annotations: tuple[str, ...] = _flag(
        (), "Annotations of an Ingress or Gateway that its Certificates get.", flags.words
    )
    issuer_ambient_credentials: bool = _flag(
        False,
        "Whether an Issuer may use credentials of the controller's surroundings. No solver of this "
        "release does.",
        flags.boolean,
    )
    cluster_issuer_ambient_credentials: bool = _flag(
        True, "Whether a ClusterIssuer may use them. No solver of this release does.", flags.boolean
    )
    enable_certificate_owner_ref: bool = _flag(
        False, "Make a Certificate the owner of its Secret, which then goes with it.", flags.boolean
    )
    copied_annotation_prefixes: tuple[str, ...] = _flag(
        ("cert-manager.io/", "acme.cert-manager.io/"),
        "Annotations of a Certificate that its requests and Orders get, by prefix.",
        flags.words,
    )
    certificate_request_minimum_backoff_duration: timedelta | None = _flag(
        None, "Least wait after a failed attempt; unset: chosen from the cause.", flags.duration
    )
    certificate_request_maximum_backoff_duration: timedelta | None = _flag(
        None, "Longest wait after failed attempts; unset: chosen from the cause.", flags.duration
    )
    allow_special_addresses: bool = _flag(
        False,
        "Let issuers name ACME and DNS servers on loopback, link-local and metadata addresses. "
        "For development alone.",
        flags.boolean,
    )
    metrics_listen_address: str = _flag(
        ":9402",
        "Where /metrics, /healthz and /readyz are served; without a host: on all addresses; 0: "
        "nowhere.",
        flags.listening,
    )
    shutdown_grace: timedelta = _flag(
        timedelta(seconds=5),
        "How long challenges are still answered after SIGTERM, while routers learn that this "
        "replica goes; work ends and the Lease is free at once.",
        flags.duration,
    )
    log_level: str = _flag("info", "debug, info, warning or error.", str.lower)

    @property
    def approve_requests(self) -> bool:
        """Whether CertificateRequests are approved by this controller."""
        return self.runs(flags.APPROVER)

    def runs(self, controller: str) -> bool:
        """Whether `--controllers` asks for this one."""
        if f"-{controller}" in self.controllers:
            return False
        return "*" in self.controllers or controller in self.controllers


def read(argv: Sequence[str]) -> Settings:
    """Settings from the command line; a wrong one ends the process with a message and code 2."""
    parser = argparse.ArgumentParser(
        prog="order-controller",
        description="Runs Certificates through ACME Orders into TLS Secrets. As `order-controller "
        "responder` it answers HTTP-01 challenges and does nothing else.",
        allow_abbrev=False,
    )
    for field in dataclasses.fields(Settings):
        boolean = isinstance(field.default, bool)
        optional: dict[str, Any] = {"nargs": "?", "const": True} if boolean else {}
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            dest=field.name,
            type=field.metadata["read"],
            default=field.default,
            help=f"{field.metadata['help']} Default: {_shown(field.default)}.".replace("%", "%%"),
            metavar="BOOL" if boolean else field.name.rpartition("_")[2].upper(),
            **optional,
        )
    return Settings(**vars(parser.parse_args(argv)))


def _shown(value: object) -> str:
    match value:
        case None | "" | ():
            return "none"
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(value)
        case timedelta():
            return format_duration(value)
    return str(value)
