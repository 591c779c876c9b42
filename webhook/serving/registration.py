"""The caBundle of each entry of a ValidatingWebhookConfiguration, and the patch that sets it.

The patch holds only for the version that was read, and touches nothing but caBundle. No I/O here.
"""

import base64
from collections.abc import Iterable
from typing import Any

import msgspec


class ClientConfig(msgspec.Struct, frozen=True):
    """How the API server calls an entry."""

    ca_bundle: bytes | None = msgspec.field(name="caBundle", default=None)


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One webhook of the configuration."""

    name: str
    client_config: ClientConfig = ClientConfig()


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What is needed of it."""

    resource_version: str = ""


class Configuration(msgspec.Struct, frozen=True):
    """A webhook configuration, as far as caBundles go."""

    metadata: Metadata = Metadata()
    webhooks: tuple[Entry, ...] = ()

    def bundles(self) -> tuple[bytes, ...]:
        """The PEM text of each entry; empty where there is none."""
        return tuple(entry.client_config.ca_bundle or b"" for entry in self.webhooks)


def patch_for(found: Configuration, bundle: bytes) -> list[dict[str, Any]]:
    """JSON patch (RFC 6902) that makes every entry's caBundle this one; empty if they are."""
    differing = [index for index, text in enumerate(found.bundles()) if text != bundle]
    if not differing:
        return []
    version = found.metadata.resource_version
    operations = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}]
    for index in differing:
        operations += _entry(index, found.webhooks[index].name, bundle)
    return operations


def holds(bundles: Iterable[bytes], bundle: bytes) -> bool:
    """Whether there are entries, and each has this bundle."""
    found = set(bundles)
    return found == {bundle}


def _entry(index: int, name: str, bundle: bytes) -> list[dict[str, Any]]:
    path = f"/webhooks/{index}"
    value = base64.b64encode(bundle).decode()
    return [
        {"op": "test", "path": f"{path}/name", "value": name},
        {"op": "add", "path": f"{path}/clientConfig/caBundle", "value": value},
    ]
