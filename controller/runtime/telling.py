"""One thing that is told about one object, and the Event that says it. Values and their wire forms.

It posts nothing.
"""

from datetime import datetime
from typing import Any

from controller.runtime.objects import Event, EventSource, ObjectReference
from orderapi.meta import Object, ObjectMeta
from orderapi.resources import Resource
from orderapi.times import whole_second

LONGEST_NOTE = 1024
"""Bytes: the limit of the events API."""

_LONGEST_NAME = 253


class Telling:
    """What is told, how often so far, and what became of its Event."""

    __slots__ = (
        "about", "busy", "count", "first", "last", "name", "note", "posted", "reason", "type",
        "uncertain",
    )  # fmt: skip

    def __init__(
        self,
        about: ObjectReference,
        *,
        type: str,  # noqa: A002  the field's name
        reason: str,
        note: str,
        time: datetime,
    ) -> None:
        self.about = about
        self.type = type
        self.reason = reason
        self.note = cut(note)
        self.first = time
        self.last = time
        self.count = 1
        self.name = ""
        self.busy = False
        """It waits for a poster, or has one: a second would post a second Event."""
        self.posted = False
        self.uncertain = False

    @property
    def namespace(self) -> str:
        """Where the Event is: with its object; cluster-scoped objects' Events are in `default`."""
        return self.about.namespace or "default"


def reference_to(resource: Resource[Any], obj: Object) -> ObjectReference:
    """What an Event about the object refers to."""
    meta = obj.metadata
    return ObjectReference(
        api_version=resource.api_version,
        kind=resource.kind,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        resource_version=meta.resource_version,
    )


def event_of(told: Telling, *, number: int, component: str, instance: str) -> Event:
    """The Event to create; its name stays the same however often this is tried."""
    if not told.name:
        suffix = f".{number:x}"
        told.name = told.about.name[: _LONGEST_NAME - len(suffix)].rstrip("-.") + suffix
    return Event(
        metadata=ObjectMeta(name=told.name, namespace=told.namespace),
        involved_object=told.about,
        type=told.type,
        reason=told.reason,
        message=told.note,
        source=EventSource(component=component),
        reporting_component=component,
        reporting_instance=instance,
        first_timestamp=whole_second(told.first),
        last_timestamp=whole_second(told.last),
        count=told.count,
    )


def repetition_of(told: Telling) -> dict[str, Any]:
    """The patch that counts it again."""
    return {"count": told.count, "lastTimestamp": whole_second(told.last)}


def cut(note: str) -> str:
    """The note within 1,024 bytes, with an ellipsis where it had to be cut."""
    encoded = note.encode(errors="replace")
    if len(encoded) <= LONGEST_NOTE:
        return note
    return encoded[: LONGEST_NOTE - 3].decode(errors="ignore") + "…"
