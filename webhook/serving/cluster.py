"""Secret and webhook configuration at the API server: read, written on the version that was read,
and watched by name.
"""

import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec

from webhook.decoding import Undecodable, decoded
from webhook.errors import NotFound, Unavailable
from webhook.kube import path_to
from webhook.serving.registration import Configuration

CONFIGURATIONS: Final = path_to(
    "apis", "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"
)
T = TypeVar("T")

_MANAGED_BY: Final = {"app.kubernetes.io/managed-by": "order-webhook"}


class Api(Protocol):
    """What is needed of the API server; see `webhook.kube.Kube`."""

    async def get(self, path: str) -> bytes: ...
    async def create(self, path: str, body: Mapping[str, Any]) -> bytes: ...
    async def patch(self, path: str, patch: Sequence[Mapping[str, Any]]) -> bytes: ...
    def watch(self, path: str, *, name: str, timeout: float) -> AsyncGenerator[str, None]: ...


class Named(NamedTuple):
    """One object: the path of its collection, and its name."""

    collection: str
    name: str

    @property
    def path(self) -> str:
        """The object's own path."""
        return f"{self.collection}{path_to(self.name)}"


class Held(NamedTuple):
    """A Secret as it was read. No repr shows its data."""

    version: str
    data: dict[str, bytes]

    def __repr__(self) -> str:
        """The version alone."""
        return f"Held({self.version})"


class _Metadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""


class _Secret(msgspec.Struct):
    metadata: _Metadata
    data: dict[str, bytes | None] | None = None


def secret_named(namespace: str, name: str) -> Named:
    """Where that Secret is."""
    return Named(path_to("api", "v1", "namespaces", namespace, "secrets"), name)


def configuration_named(name: str) -> Named:
    """Where that ValidatingWebhookConfiguration is."""
    return Named(CONFIGURATIONS, name)


async def read_configuration(api: Api, where: Named) -> Configuration | None:
    """The configuration, or None where there is none. ApiError."""
    try:
        text = await api.get(where.path)
    except NotFound:
        return None
    return _read(text, Configuration, where)


async def read_secret(api: Api, where: Named) -> Held | None:
    """The Secret, or None where there is none. ApiError."""
    try:
        text = await api.get(where.path)
    except NotFound:
        return None
    found = _read(text, _Secret, where)
    data = {key: value or b"" for key, value in (found.data or {}).items()}
    return Held(found.metadata.resource_version, data)


async def write_secret(
    api: Api, where: Named, present: Held | None, data: Mapping[str, bytes]
) -> None:
    """Give the Secret this data, and no other. Conflict where it is not the one that was read.

    To make one takes a right that deploy/ does not give: it ships the Secret, empty.
    """
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    if present is None:
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {"name": where.name, "labels": _MANAGED_BY},
            "data": encoded,
        }
        await api.create(where.collection, body)
        return
    await api.patch(
        where.path,
        [
            {"op": "test", "path": "/metadata/resourceVersion", "value": present.version},
            {"op": "add", "path": "/data", "value": encoded},
        ],
    )


def _read(text: bytes, kind: type[T], where: Named) -> T:
    try:
        return decoded(text, kind)
    except Undecodable:
        raise Unavailable(
            200, "Unreadable", f"get {where.path}: it is not such an object"
        ) from None
