"""What to do next about the backend of a namespace: pure and total.

Each object in its turn (Service, slices, grant): what is not needed goes, what is missing is made,
what differs is patched, or made anew where the API server would not have it changed. Labels and
annotations of others stay.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from controller.backends import wanted
from controller.backends.actions import Action, Create, Patch, Remove, Rest
from controller.backends.observed import Observed, Spot
from controller.backing import SERVICE_NAME, grant_name
from controller.gatewayapi import REFERENCE_GRANT, ReferenceGrant
from controller.networking import (
    ENDPOINT_SLICE,
    SERVICE,
    EndpointSlice,
    Service,
)
from controller.runtime.patches import guard, lacking
from controller.runtime.schedule import Key
from orderapi.resources import Resource
from orderapi.wire import Wire

Ours = Service | EndpointSlice | ReferenceGrant


class _Place(NamedTuple):
    """An object of the backend: as it is, and as it should be."""

    resource: Resource[Any]
    key: Key
    found: Ours | None
    wanted: Ours | None

    @property
    def spot(self) -> Spot:
        return Spot(self.resource.kind, self.key.namespace, self.key.name)


def decide(seen: Observed) -> Action:
    """The one thing to do next. Total: every Observed has an answer."""
    waiting = []
    for place in _places(seen):
        action, until = _next(place), seen.held.get(place.spot)
        if isinstance(action, Create) and until is not None and seen.now < until:
            waiting.append(until)
        elif action is not None:
            return action
    return Rest(min(waiting, default=None))


def _places(seen: Observed) -> Iterator[_Place]:
    here = seen.namespace
    yield _Place(SERVICE, Key(here, SERVICE_NAME), seen.service, wanted.service(seen))
    for name, one in wanted.slices(seen).items():
        yield _Place(ENDPOINT_SLICE, Key(here, name), seen.slices.get(name), one)
    granted = Key(seen.home.namespace, grant_name(here))
    yield _Place(REFERENCE_GRANT, granted, seen.grant, wanted.grant(seen))


def _next(place: _Place) -> Action | None:
    if place.found is None:
        return None if place.wanted is None else Create(place.resource, place.wanted)
    if place.found.metadata.deletion_timestamp is not None:
        return None  # its end is a change
    if place.wanted is None or _is_another_kind(place.found, place.wanted):
        return Remove(place.resource, place.found)
    patch = _difference(place.found, place.wanted)
    return Patch(place.resource, place.found, patch) if patch else None


def _is_another_kind(found: Ours, aim: Ours) -> bool:
    """Whether the one cannot, or had better not, be turned into the other."""
    match found, aim:
        case Service(), Service():
            # Cluster addresses and node ports would have to be given back in the same patch.
            return (found.spec.type == wanted.EXTERNAL_NAME) != (
                aim.spec.type == wanted.EXTERNAL_NAME
            )
        case EndpointSlice(), EndpointSlice():
            return found.address_type != aim.address_type
    return False


def _difference(found: Ours, aim: Ours) -> dict[str, Any]:
    """The patch for this version of what was found; empty where nothing differs."""
    meta = {
        name: missing
        for name in ("labels", "annotations")
        if (missing := lacking(getattr(found.metadata, name), getattr(aim.metadata, name)))
    }
    content = _changes(found, aim, but=("metadata", "api_version", "kind"))
    return content | {"metadata": meta | guard(found)} if content or meta else {}


def _changes(found: Wire, aim: Wire, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """A merge patch of the attributes that differ, defaults spelled out.

    Compared are the values, and not how they are written: Kubernetes writes its defaults, and null
    for an empty list.
    """
    patch: dict[str, Any] = {}
    for field in msgspec.structs.fields(aim):
        before, after = getattr(found, field.name), getattr(aim, field.name)
        if field.name in but or (before or None) == (after or None):
            continue
        if isinstance(before, Wire) and isinstance(after, Wire):
            patch[field.encode_name] = _changes(before, after)
        else:
            patch[field.encode_name] = msgspec.to_builtins(after)
    return patch
