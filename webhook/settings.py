"""Every setting of the webhook: its flag, its default, what it is for.

The command line is the only source. Durations are written as Go writes them (`1h30m`); flags that
take several values are repeated, or take them with commas between.
"""

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from orderapi.durations import format_duration
from orderapi.names import CONTROLLER_USER, WEBHOOK_NAMESPACE, WEBHOOK_SERVICE
from webhook import flags


def _flag(default: Any, text: str, read: Callable[[str], Any] = str) -> Any:
    return dataclasses.field(default=default, metadata={"help": text, "read": read})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one process of the webhook is told. Addresses are `[host]:port`."""

    kubeconfig: str = _flag(
        "", "File with the address of the API server and credentials; empty: those of the pod."
    )
    controller: tuple[str, ...] = _flag(
        (CONTROLLER_USER,),
        "Users that make Orders and Challenges and write their status; given once or more, in "
        "place of the default.",
        flags.words,
    )
    listen_address: str = _flag(
        ":10250",
        "Where API servers reach /validate, by TLS; without a host: on all addresses.",
        flags.listening,
    )
    metrics_listen_address: str = _flag(
        ":9402",
        "Where /metrics, /livez and /readyz are served, by plain HTTP; without a host: on all "
        "addresses; 0: nowhere.",
        flags.listening_or_not,
    )
    log_level: str = _flag("info", f"One of {', '.join(flags.LEVELS)}.", flags.level)
    shutdown_grace: timedelta = _flag(
        timedelta(seconds=5),
        "How long requests are still answered after SIGTERM, while it spreads that this replica "
        "is not ready.",
        flags.duration,
    )
    namespace: str = _flag(
        WEBHOOK_NAMESPACE, "Namespace of the Service and of the Secret of the CA.", flags.label
    )
    service: str = _flag(WEBHOOK_SERVICE, "Service by which API servers call.", flags.label)
    serving_name: tuple[str, ...] = _flag(
        (),
        "Further DNS names or IP addresses of the serving certificate; with --tls-cert-file, the "
        "name by which API servers call.",
        flags.hosts,
    )
    tls_cert_file: str = _flag(
        "",
        "Serve this certificate (PEM, with its chain) instead of making one. The webhook then "
        "writes nothing and needs no right to; the caBundle is yours to set.",
    )
    tls_private_key_file: str = _flag("", "The key of that certificate.")
    tls_ca_file: str = _flag(
        "",
        "The caBundle that API servers verify it with, so that readiness can try it; empty: the "
        "certificate is trusted as it is.",
    )
    client_ca_file: str = _flag(
        "", "Let only clients in that have a certificate of these CAs (PEM); empty: every client."
    )
    client_name: tuple[str, ...] = _flag(
        (), "Let only clients in whose certificate has one of these names too.", flags.words
    )

    @property
    def static(self) -> bool:
        """Whether the serving certificate comes from files."""
        return bool(self.tls_cert_file)

    @property
    def server_name(self) -> str:
        """The name by which API servers call."""
        if self.static and self.serving_name:
            return self.serving_name[0]
        return f"{self.service}.{self.namespace}.svc"

    @property
    def serving_names(self) -> tuple[str, ...]:
        """All names of the serving certificate that the webhook makes, each once."""
        short = f"{self.service}.{self.namespace}"
        names = (f"{short}.svc", f"{short}.svc.cluster.local", short, self.service)
        return tuple(dict.fromkeys((*names, *self.serving_name)))


def read(argv: Sequence[str]) -> Settings:
    """Settings from the command line; a wrong one ends the process with a message and code 2."""
    parser = argparse.ArgumentParser(
        prog="order-webhook",
        description="Validates what is written to Orders, Challenges, CertificateRequests, "
        "Certificates, Issuers and ClusterIssuers, before the API server stores it.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    for field in dataclasses.fields(Settings):
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            action="extend" if isinstance(field.default, tuple) else "store",
            type=field.metadata["read"],
            help=f"{field.metadata['help']} Default: {_shown(field.default)}.".replace("%", "%%"),
            metavar=field.name.rpartition("_")[2].upper(),
        )
    given = vars(parser.parse_args(argv)).items()
    settings = Settings(**{name: _each_once(value) for name, value in given})
    wrong = _contradiction(settings)
    if wrong:
        parser.error(wrong)
    return settings


def _each_once(value: Any) -> Any:
    return tuple(dict.fromkeys(value)) if isinstance(value, list) else value


def _shown(value: object) -> str:
    match value:
        case "" | ():
            return "none"
        case tuple():
            return ",".join(value)
        case timedelta():
            return format_duration(value)
    return str(value)


def _contradiction(settings: Settings) -> str:
    if bool(settings.tls_cert_file) != bool(settings.tls_private_key_file):
        return "--tls-cert-file and --tls-private-key-file go together"
    if settings.tls_ca_file and not settings.static:
        return "--tls-ca-file is for --tls-cert-file"
    if settings.client_name and not settings.client_ca_file:
        return "--client-name needs --client-ca-file"
    if not settings.controller:
        return "--controller needs a user: with none, no Order could be made"
    return ""
