"""Object metadata and ownership, as every Kubernetes object has them.

Holds the parts the three programs read. `managedFields` is left out: caches never keep it.
"""

from datetime import datetime
from typing import Protocol

import msgspec

from orderapi.wire import Wire


class OwnerReference(Wire):
    """A pointer to the object that owns this one."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(Wire):
    """What identifies an object and describes its place in the cluster."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()


class Object(Wire):
    """What all kinds share."""

    api_version: str = ""
    """Version of the API that this object is written in."""
    kind: str = ""
    """Kind of this object."""
    metadata: ObjectMeta = ObjectMeta()


class TypeNames(Protocol):
    """What names a kind in a reference; a `Resource` is one."""

    @property
    def api_version(self) -> str: ...

    @property
    def kind(self) -> str: ...


def controller_of(obj: Object) -> OwnerReference | None:
    """The owner that controls `obj`; an object has at most one."""
    return next((owner for owner in obj.metadata.owner_references if owner.controller), None)


def owner_reference(resource: TypeNames, obj: Object) -> OwnerReference:
    """A reference that makes `obj`, of kind `resource`, the controlling owner and holds its
    deletion."""
    return OwnerReference(
        api_version=resource.api_version,
        kind=resource.kind,
        name=obj.metadata.name,
        uid=obj.metadata.uid,
        controller=True,
        block_owner_deletion=True,
    )
