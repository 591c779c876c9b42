"""Events of a chain: what the controllers have said about its objects, in the order of time.

An API server keeps events for an hour by default: that there are none says nothing.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from kubectl_order.access.api import Api
from kubectl_order.access.errors import Forbidden
from kubectl_order.facts import EARLIEST, Absent, Chain, Event, Unread
from kubectl_order.reading.kinds import EVENT, EventRow, place
from kubectl_order.rows import raw_in
from orderapi.meta import Object
from orderapi.resources import CHALLENGE

_CLUSTER_SCOPED: Final = "default"


def events_of(api: Api, chain: Chain) -> tuple[Event, ...]:
    """The events of all objects of the chain, the oldest first; those of its Challenges that are
    gone too. Raises ApiError."""
    found = {row.metadata.uid: row for row in _rows(api, chain)}
    return tuple(map(_event, sorted(found.values(), key=_when)))


def _rows(api: Api, chain: Chain) -> Iterator[EventRow]:
    for obj in _objects(chain):
        yield from _selected(api, chain.namespace, f"involvedObject.uid={obj.metadata.uid}")
    if chain.order is not None:
        # One request for all of them; a Challenge does not outlive its Order's success.
        prefix = f"{chain.order.metadata.name}-"
        selector = f"involvedObject.kind={CHALLENGE.kind}"
        for row in _selected(api, chain.namespace, selector):
            if row.involved_object.name.startswith(prefix):
                yield row
    if chain.issuer is not None and not isinstance(chain.issuer, (Absent, Unread)):
        meta = chain.issuer.metadata
        # Events of ClusterIssuers are where few may look.
        with suppress(Forbidden):
            yield from _selected(
                api, meta.namespace or _CLUSTER_SCOPED, f"involvedObject.uid={meta.uid}"
            )


def _objects(chain: Chain) -> Iterator[Object]:
    for obj in (chain.certificate, *chain.past, chain.request, chain.order):
        if obj is not None and obj.metadata.uid:
            yield obj


def _selected(api: Api, namespace: str, selector: str) -> Iterator[EventRow]:
    for page in api.pages(place(EVENT, namespace), {"fieldSelector": selector}):
        for raw in raw_in(page):
            with suppress(msgspec.ValidationError):
                yield msgspec.json.decode(raw, type=EventRow)


def _event(row: EventRow) -> Event:
    first, last = _times(row)
    series = row.series
    return Event(
        kind=row.involved_object.kind,
        name=row.involved_object.name,
        type=row.type,
        reason=row.reason,
        message=row.message,
        source=row.source.component or row.reporting_component,
        first=first,
        last=last,
        count=(series.count if series else 0) or row.count or 1,
    )


def _times(row: EventRow) -> tuple[datetime | None, datetime | None]:
    """When it was seen first and last."""
    first = row.first_timestamp or row.event_time or row.metadata.creation_timestamp
    last = (row.series.last_observed_time if row.series else None) or row.last_timestamp or first
    return first, last


def _when(row: EventRow) -> tuple[datetime, int]:
    version = row.metadata.resource_version
    return _times(row)[1] or EARLIEST, int(version) if version.isdecimal() else 0
