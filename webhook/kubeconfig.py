"""What the current context of a kubeconfig says; the only importer of PyYAML.

Tokens, token files and client certificates are understood. What would ask somebody else (plugins,
identity providers) or act as somebody else is refused, and so is a proxy.
"""

import base64
import binascii
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from webhook.credentials import Credentials, NoCredentials, checked_token, read_text, read_token

T = TypeVar("T")


class _Cluster(msgspec.Struct, frozen=True, rename="kebab"):
    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None


class _User(msgspec.Struct, frozen=True, rename="kebab"):
    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None


class _Context(msgspec.Struct, frozen=True):
    cluster: str | None = None
    user: str | None = None


_REFUSED: Final = {
    "proxy-url": "is reached through a proxy; the webhook goes without one",
    "exec": "runs a plugin (exec); give the webhook a token or a client certificate",
    "auth-provider": "asks an identity provider; give the webhook a token or a client certificate",
    "username": "has a password; give the webhook a token or a client certificate",
    "as": "acts as another user; give that user's own credentials",
    "as-uid": "acts as another user; give that user's own credentials",
    "as-groups": "acts as another user; give that user's own credentials",
}


def read(file: Path) -> Credentials:
    """The credentials, with the files that they name read; or NoCredentials."""
    config = _parsed(file)
    name = config.get("current-context")
    if not name:
        raise NoCredentials(f"the kubeconfig {file} has no current-context")
    context = _part(file, config, "context", name, _Context)
    cluster = _part(file, config, "cluster", context.cluster, _Cluster)
    user = _part(file, config, "user", context.user, _User) if context.user else _User()
    if not cluster.server:
        raise NoCredentials(f"the cluster in the kubeconfig {file} has no server")
    return Credentials(
        server=cluster.server,
        ca=_pem(
            file,
            "certificate-authority",
            cluster.certificate_authority_data,
            cluster.certificate_authority,
        ),
        server_name=cluster.tls_server_name or "",
        verify=not cluster.insecure_skip_tls_verify,
        **_shown(file, user),
    )


def _shown(file: Path, user: _User) -> dict[str, str]:
    """What the user shows to the API server."""
    certificate = _pem(
        file, "client-certificate", user.client_certificate_data, user.client_certificate
    )
    key = _pem(file, "client-key", user.client_key_data, user.client_key)
    if bool(certificate) != bool(key):
        has, lacks = ("certificate", "key") if certificate else ("key", "certificate")
        raise NoCredentials(
            f"the user in the kubeconfig {file} has a client-{has}, and no client-{lacks}"
        )
    token_file = str(file.parent / user.token_file) if user.token_file else ""
    token = checked_token(user.token, f"the kubeconfig {file}") if user.token else ""
    if token_file:
        read_token(token_file)
    if not (token_file or token or certificate):
        raise NoCredentials(
            f"the kubeconfig {file} names no user with a token or a client certificate"
        )
    return {
        "token": token,
        "token_file": token_file,
        "certificate": certificate,
        "key": key,
    }


def _pem(file: Path, field: str, data: str | None, path: str | None) -> str:
    """The text in `data` (base64), else that of the file, which may be relative to `file`."""
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True).decode()
        except (binascii.Error, ValueError):
            raise NoCredentials(
                f"{field}-data in the kubeconfig {file} is not base64 of a text"
            ) from None
    return read_text(file.parent / path, field) if path else ""


def _parsed(file: Path) -> dict[str, Any]:
    text = read_text(file, "the kubeconfig")
    try:
        config = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        # The error's own text quotes the file.
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise NoCredentials(f"the kubeconfig {file} is not YAML{where}") from None
    if not isinstance(config, dict):
        raise NoCredentials(f"the kubeconfig {file} is not a mapping")
    return config


def _part(file: Path, config: dict[str, Any], kind: str, name: object, type_: type[T]) -> T:
    """The cluster, user or context of that name."""
    entries = config.get(f"{kind}s")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name:
            return _converted(file, kind, entry.get(kind) or {}, type_)
    raise NoCredentials(f"the kubeconfig {file} has no {kind} of the name {name!r}")


def _converted(file: Path, kind: str, part: object, type_: type[T]) -> T:
    for key, why in _REFUSED.items():
        if isinstance(part, dict) and part.get(key):
            raise NoCredentials(f"the {kind} in the kubeconfig {file} {why}")
    try:
        return msgspec.convert(part, type_)
    except msgspec.ValidationError as error:
        # It names the field and its type, and no value.
        raise NoCredentials(f"the {kind} in the kubeconfig {file}: {error}") from None
