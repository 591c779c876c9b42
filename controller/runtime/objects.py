"""The core kinds that the runtime and the rooms handle: Secret, Lease, Event, Namespace.

Only the fields that something here reads or writes; the API server keeps the others, because
nothing is ever replaced as a whole.
"""

from datetime import datetime

from orderapi.meta import Object
from orderapi.resources import Resource
from orderapi.wire import Wire


class Secret(Object):
    """core/v1 Secret. Its repr shows names, never values."""

    type: str = ""
    data: dict[str, bytes] = {}  # noqa: RUF012  msgspec copies it
    immutable: bool | None = None

    def __repr__(self) -> str:
        """Namespace, name, type and the keys of data."""
        meta = self.metadata
        return f"Secret({meta.namespace}/{meta.name}, type={self.type}, keys={sorted(self.data)})"


class LeaseSpec(Wire):
    """Who leads, since when, until when. The times are MicroTimes: see `clock.micro_time`."""

    holder_identity: str = ""
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(Object):
    """coordination.k8s.io/v1 Lease."""

    spec: LeaseSpec = LeaseSpec()


class ObjectReference(Wire):
    """What an Event is about."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    resource_version: str = ""


class EventSource(Wire):
    """Which program saw it."""

    component: str = ""
    host: str = ""


class Event(Object):
    """core/v1 Event."""

    involved_object: ObjectReference = ObjectReference()
    type: str = ""
    reason: str = ""
    message: str = ""
    source: EventSource = EventSource()
    reporting_component: str = ""
    reporting_instance: str = ""
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    count: int = 0


class NamespaceStatus(Wire):
    """Active or Terminating."""

    phase: str = ""


class Namespace(Object):
    """core/v1 Namespace."""

    status: NamespaceStatus = NamespaceStatus()


SECRET = Resource(
    group="", version="v1", plural="secrets", kind="Secret", namespaced=True, type=Secret
)
NAMESPACE = Resource(
    group="", version="v1", plural="namespaces", kind="Namespace", namespaced=False, type=Namespace
)
EVENT = Resource(group="", version="v1", plural="events", kind="Event", namespaced=True, type=Event)
LEASE = Resource(
    group="coordination.k8s.io",
    version="v1",
    plural="leases",
    kind="Lease",
    namespaced=True,
    type=Lease,
)
