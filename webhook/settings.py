"""Every setting of the webhook: its flag, its default, what it is for.

The command line is the only source. Durations are written as Go writes them (`1h30m`); flags that
take several values are repeated, or take them with commas between.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from orderapi.durations import parse_duration
from orderapi.names import CONTROLLER_USER

LEVELS: Final = ("debug", "info", "warning", "error")
NOWHERE: Final = ("", "0")
_MOST_PORT: Final = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one process of the webhook is told. Addresses are `[host]:port`."""

    kubeconfig: str
    listen_address: str
    metrics_listen_address: str
    controller: tuple[str, ...]
    namespace: str
    service: str
    serving_secret: str
    configuration: str
    serving_name: tuple[str, ...]
    tls_cert_file: str
    tls_private_key_file: str
    tls_ca_file: str
    client_ca_file: str
    client_name: tuple[str, ...]
    log_level: str
    shutdown_grace: timedelta

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
    )
    flags = _Flags(parser)
    for part in (_add_work, _add_own_certificate, _add_static_certificate, _add_clients):
        part(flags.add)
    settings = flags.read(argv)
    wrong = _contradiction(settings)
    if wrong:
        parser.error(wrong)
    return settings


class _Flags:
    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._repeated: dict[str, tuple[str, ...]] = {}

    def add(
        self, flag: str, default: Any, text: str, read: Callable[[str], Any] = str, shown: str = ""
    ) -> None:
        """One flag; with a tuple as default it may be repeated, and does not add to that."""
        several: dict[str, Any] = {}
        shown = shown or str(default) or "none"
        if isinstance(default, tuple):
            self._repeated[flag.removeprefix("--").replace("-", "_")] = default
            several, shown = {"action": "extend"}, ",".join(default) or "none"
        self._parser.add_argument(
            flag,
            type=read,
            default=None if several else default,
            help=f"{text} Default: {shown}.".replace("%", "%%"),
            metavar=flag.rpartition("-")[2].upper(),
            **several,
        )

    def read(self, argv: Sequence[str]) -> Settings:
        """What the command line says."""
        found = vars(self._parser.parse_args(argv))
        for name, default in self._repeated.items():
            found[name] = default if found[name] is None else tuple(dict.fromkeys(found[name]))
        return Settings(**found)


_Add = Callable[..., None]


def _add_work(add: _Add) -> None:
    add(
        "--kubeconfig",
        "",
        "File with the address of the API server and credentials; empty: those of the pod.",
    )
    add(
        "--controller",
        (CONTROLLER_USER,),
        "Users that make Orders and Challenges and write their status; given once or more, in "
        "place of the default.",
        _words,
    )
    add(
        "--listen-address",
        ":10250",
        "Where API servers reach /validate, by TLS; without a host: on all addresses.",
        _somewhere,
    )
    add(
        "--metrics-listen-address",
        ":9402",
        "Where /metrics, /livez and /readyz are served, by plain HTTP; without a host: on all "
        "addresses; 0: nowhere.",
        _address,
    )
    add("--log-level", "info", f"One of {', '.join(LEVELS)}.", _level)
    add(
        "--shutdown-grace",
        timedelta(seconds=5),
        "How long requests are still answered after SIGTERM, while it spreads that this replica "
        "is not ready.",
        _duration,
        shown="5s",
    )


def _add_own_certificate(add: _Add) -> None:
    add("--namespace", "cert-manager", "Namespace of the Service and of the Secret of the CA.")
    add("--service", "order-webhook", "Service by which API servers call.")
    add("--serving-secret", "order-webhook-ca", "Secret that keeps the CA; it is made.")
    add(
        "--configuration",
        "kubectl-order",
        "ValidatingWebhookConfiguration whose caBundle is kept current.",
    )
    add(
        "--serving-name",
        (),
        "Further DNS names or IP addresses of the serving certificate; with --tls-cert-file, the "
        "name by which API servers call.",
        _words,
    )


def _add_static_certificate(add: _Add) -> None:
    add(
        "--tls-cert-file",
        "",
        "Serve this certificate (PEM, with its chain) instead of making one. The webhook then "
        "writes nothing and needs no right to; the caBundle is yours to set.",
    )
    add("--tls-private-key-file", "", "The key of that certificate.")
    add(
        "--tls-ca-file",
        "",
        "The caBundle that API servers verify it with, so that readiness can try it; empty: the "
        "certificate is trusted as it is.",
    )


def _add_clients(add: _Add) -> None:
    add(
        "--client-ca-file",
        "",
        "Let only clients in that have a certificate of these CAs (PEM); empty: every client.",
    )
    add(
        "--client-name",
        (),
        "Let only clients in whose certificate has one of these names too.",
        _words,
    )


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


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _level(text: str) -> str:
    if text.lower() not in LEVELS:
        raise argparse.ArgumentTypeError(f'"{text}" is none of {", ".join(LEVELS)}')
    return text.lower()


def _duration(text: str) -> timedelta:
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if found < timedelta():
        raise argparse.ArgumentTypeError(f'"{text}" is negative')
    return found


def _somewhere(text: str) -> str:
    if text in NOWHERE:
        raise argparse.ArgumentTypeError("it has to listen somewhere")
    return _address(text)


def _address(text: str) -> str:
    if text in NOWHERE:
        return text
    matched = re.fullmatch(r"(?:\[[^\[\]]+\]|[^:\[\]]*):(\d{1,5})", text)
    if matched is None:
        raise argparse.ArgumentTypeError(f'"{text}" is not of the form <address>:<port>')
    if int(matched[1]) > _MOST_PORT:  # 0: any that is free
        raise argparse.ArgumentTypeError(f'"{matched[1]}" is no port')
    return text
