"""What a decision about the backend of a namespace may depend on. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from controller.backing import Needs, Responder
from controller.gatewayapi import ReferenceGrant
from controller.networking import (
    EndpointSlice,
    Service,
)
from controller.runtime.schedule import Key


class Spot(NamedTuple):
    """One place that an object of ours may take."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The backend of one namespace at one time.

    `home` is the responder's own Service. The objects are ours, by name and label; `slices` are by
    name. `held` says until when nothing is made in a spot, since others have it or cannot have it.
    """

    namespace: str
    now: datetime
    needs: Needs
    responder: Responder
    home: Key
    service: Service | None = None
    slices: Mapping[str, EndpointSlice] = field(default_factory=dict)
    grant: ReferenceGrant | None = None
    held: Mapping[Spot, datetime] = field(default_factory=dict)
