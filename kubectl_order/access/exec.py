"""Users whose credentials somebody else has: exec plugins, and tokens of identity providers.

The only importer of the `kubernetes` package, whose import takes a quarter of a second. A plugin is
run as kubectl runs it, with its questions and messages on the terminal. An identity provider is not
asked: its new refresh token would have to be written into the kubeconfig, which is kubectl's to do.
"""

import base64
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from kubectl_order.access.credentials import Credentials, checked_token
from kubectl_order.access.errors import BadConfig

_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_LONGEST: Final = 300


class _Variable(msgspec.Struct, frozen=True):
    name: str
    value: str


class _Exec(msgspec.Struct, frozen=True, rename="camel"):
    command: str
    api_version: str
    args: list[str] | None = None
    env: list[_Variable] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None


class _Node(dict[str, Any]):
    """A part of a kubeconfig as `ExecProvider` reads it."""

    @property
    def value(self) -> dict[str, Any]:
        """All of it."""
        return self

    def safe_get(self, key: str) -> Any:
        """One field; None where it is not there."""
        return self.get(key)


class _Shown(msgspec.Struct, frozen=True, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None


class _Claims(msgspec.Struct, frozen=True):
    exp: float | None = None


def from_exec(
    server: Credentials,
    exec_: Mapping[str, Any],
    *,
    folder: Path,
    where: str,
    environ: Mapping[str, str],
    extension: Any = None,
) -> Credentials:
    """What the plugin of an `exec` user gives; BadConfig says what it did instead.

    A command with a slash is relative to `folder`, that of the kubeconfig. `extension` is what the
    cluster's entry has for plugins.
    """
    try:
        plugin = msgspec.convert(exec_, _Exec)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadConfig(f"the exec plugin of {where} is not described right: {error}") from None
    if plugin.api_version not in _VERSIONS:
        raise BadConfig(f"the exec plugin of {where} is not of version v1 or v1beta1")
    command = _command(plugin, folder, where, environ)

    def run() -> Credentials:
        status = _run(plugin, command, _cluster(server, extension), where, environ)
        found = _with(server, status, f'the exec plugin "{plugin.command}" of {where}')
        return replace(found, renew=run)

    return run()


def from_provider(server: Credentials, provider: Mapping[str, Any], *, where: str) -> Credentials:
    """The token of an `auth-provider` user; BadConfig where only kubectl can get a new one."""
    name, config = provider.get("name"), provider.get("config")
    if name != "oidc":
        raise BadConfig(
            f"{where} has an auth-provider that kubectl has no more since 1.26",
            hint="give the user an exec plugin",
        )
    token = config.get("id-token") if isinstance(config, dict) else None
    if not isinstance(token, str) or not token:
        raise BadConfig(f"{where} has no id-token; kubectl gets one", hint="kubectl cluster-info")
    if _expired(token):
        raise BadConfig(
            f"the id-token of {where} has expired; kubectl renews it", hint="kubectl cluster-info"
        )
    return replace(server, token=checked_token(token, where))


def _command(plugin: _Exec, folder: Path, where: str, environ: Mapping[str, str]) -> str:
    if Path(plugin.command).name != plugin.command:
        return str(folder.absolute() / plugin.command)
    found = shutil.which(plugin.command, path=environ.get("PATH"))
    if found is None:
        raise BadConfig(
            f'the exec plugin "{plugin.command}" of {where} is not installed',
            hint=" ".join((plugin.install_hint or "").split())[:_LONGEST],
        )
    return found


def _run(
    plugin: _Exec,
    command: str,
    cluster: Mapping[str, Any],
    where: str,
    environ: Mapping[str, str],
) -> Any:
    """The status of the ExecCredential that the plugin prints."""
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.exec_provider import ExecProvider

    described = {
        "command": command,
        "apiVersion": plugin.api_version,
        "args": plugin.args or [],
        "provideClusterInfo": bool(plugin.provide_cluster_info),
    }
    make = cast("Any", ExecProvider)  # it has no types
    provider = make(_Node(described), None, _Node(cluster))
    provider.env = dict(environ) | {pair.name: pair.value for pair in plugin.env or ()}
    try:
        return provider.run()
    except (ConfigException, OSError, ValueError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).removeprefix("exec: ")
        raise BadConfig(
            f'the exec plugin "{plugin.command}" of {where} failed: {_short(why or "")}'
        ) from None


def _cluster(server: Credentials, extension: Any) -> dict[str, Any]:
    """The cluster as plugins are told it; see `Cluster` in client.authentication.k8s.io/v1."""
    told = {
        "server": server.server,
        "tls-server-name": server.server_name,
        "insecure-skip-tls-verify": not server.verify,
        "certificate-authority-data": base64.b64encode(server.ca.encode()).decode(),
        "proxy-url": server.proxy,
        "config": extension,
    }
    return {key: value for key, value in told.items() if value}


def _with(server: Credentials, status: Any, where: str) -> Credentials:
    """`server` with what an ExecCredential's status holds."""
    try:
        shown = msgspec.convert(status, _Shown)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadConfig(f"{where} printed an ExecCredential that is not right: {error}") from None
    certificate, key = shown.client_certificate_data or "", shown.client_key_data or ""
    if bool(certificate) != bool(key):
        raise BadConfig(f"{where} printed a client certificate or a key without the other")
    if not (shown.token or certificate):
        raise BadConfig(f"{where} printed neither a token nor a client certificate")
    token = checked_token(shown.token, where) if shown.token else ""
    if not certificate:
        return replace(server, token=token)
    return replace(server, token=token, certificate=certificate, key=key)


def _expired(token: str) -> bool:
    """Whether a JWT says that it is over; what cannot be read is for the API server to judge."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        padded = payload + "=" * (-len(payload) % 4)
        claims = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Claims)
    except (ValueError, msgspec.DecodeError):
        return False
    return claims.exp is not None and claims.exp <= datetime.now(UTC).timestamp()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
