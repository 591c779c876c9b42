"""What the entries of a kubeconfig mean: clusters, users and contexts, and the files they name."""

import base64
import binascii
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec

from kubectl_order.access.credentials import Credentials, checked_token, read_text, read_token
from kubectl_order.access.errors import BadConfig
from kubectl_order.access.merged import Kubeconfig

T = TypeVar("T")

_FOR_PLUGINS: Final = "client.authentication.k8s.io/exec"


class Extension(msgspec.Struct, frozen=True):
    """What somebody has added to an entry."""

    name: str | None = None
    extension: Any = None


class Cluster(msgspec.Struct, frozen=True, rename="kebab"):
    """How an API server is reached."""

    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    extensions: list[Extension] | None = None

    @property
    def for_plugins(self) -> Any:
        """What exec plugins are told of the cluster."""
        found = [each.extension for each in self.extensions or () if each.name == _FOR_PLUGINS]
        return found[0] if found else None


class User(msgspec.Struct, frozen=True, rename="kebab"):
    """What is shown to it."""

    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    username: str | None = None
    as_user: str | None = msgspec.field(default=None, name="as")
    as_uid: str | None = None
    as_groups: list[str] | None = None
    as_user_extra: dict[str, list[str]] | None = None
    exec: dict[str, Any] | None = None
    auth_provider: dict[str, Any] | None = None

    def __repr__(self) -> str:
        """Nothing of it."""
        return "User()"


class Context(msgspec.Struct, frozen=True):
    """Which cluster and user belong together."""

    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Named(Generic[T]):
    """An entry; paths in it are relative to `folder`, and `where` tells it in a sentence."""

    content: T
    folder: Path
    where: str


def named(config: Kubeconfig, kind: str, name: str, type_: type[T]) -> Named[T]:
    """The entry of that kind (`context`, `cluster` or `user`) and name; or BadConfig."""
    entry = config.entry(kind, name)
    where = f'the {kind} "{name}" in {entry.file}'
    content = {} if entry.content is None else entry.content
    try:
        return Named(msgspec.convert(content, type_), entry.file.parent, where)
    except msgspec.ValidationError as error:
        # It names the field and its type, and no value.
        raise BadConfig(f"{where} is not right: {error}") from None
    except RecursionError:
        raise BadConfig(f"{where} holds itself") from None


def authority(cluster: Named[Cluster]) -> str:
    """The PEM text of the cluster's CA; empty where it names none."""
    data, file = cluster.content.certificate_authority_data, cluster.content.certificate_authority
    return _pem(cluster, "certificate-authority", data, file)


def with_own(server: Credentials, user: Named[User]) -> Credentials:
    """`server` with the token, certificate and key that the entry itself has."""
    found, where = user.content, user.where
    certificate = _pem(
        user, "client-certificate", found.client_certificate_data, found.client_certificate
    )
    key = _pem(user, "client-key", found.client_key_data, found.client_key)
    if bool(certificate) != bool(key):
        has, lacks = ("certificate", "key") if certificate else ("key", "certificate")
        raise BadConfig(f"{where} has a client-{has}, and no client-{lacks}")
    token, token_file = "", ""
    if found.token_file:
        token_file = str(user.folder / found.token_file)
        token = read_token(Path(token_file))
    elif found.token:
        token = checked_token(found.token, where)
    return replace(server, token=token, token_file=token_file, certificate=certificate, key=key)


def _pem(entry: Named[Any], field: str, data: str | None, path: str | None) -> str:
    """The text in `data` (base64), else that of the file, which may be relative to the entry's."""
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True).decode()
        except (binascii.Error, ValueError):
            raise BadConfig(f"{field}-data of {entry.where} is not base64 of a text") from None
    return read_text(entry.folder / path, field) if path else ""
