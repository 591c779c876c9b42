"""Does one action about a backend in the cluster.

Each is harmless when done twice: names follow from the namespace, a patch is for the version that
was looked at, a deletion for the uid. An object of that name without our label is a stranger's: it
is left alone. Nothing here waits.
"""

import logging
from dataclasses import dataclass
from typing import Any, assert_never

from controller.backends.actions import Action, Create, Patch, Remove, Rest
from controller.backends.knowledge import Notebook
from controller.backends.observed import Observed, Spot
from controller.cluster import Cluster
from controller.gatewayapi import REFERENCE_GRANT
from controller.networking import (
    ENDPOINT_SLICE,
    SERVICE,
)
from controller.runtime.cache import Cache
from controller.runtime.errors import (
    AlreadyExists,
    ApiError,
    NamespaceTerminating,
    NotFound,
    is_refusal,
)
from controller.runtime.removing import remove
from controller.runtime.schedule import Again, At, Now, OnChange, key_of
from orderapi.meta import Object
from orderapi.names import HTTP01_SOLVER
from orderapi.resources import Resource

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Performer:
    """Does actions in the cluster."""

    cluster: Cluster
    notebook: Notebook

    async def perform(self, seen: Observed, action: Action) -> Again:
        """Do it, and say when to look again."""
        match action:
            case Rest(until):
                if until is not None:
                    return At(until)
                self.notebook.forget(seen.namespace)
                return OnChange()
            case Create(resource, obj):
                return await self._create(seen, resource, obj)
            case Patch():
                await self._patch(action)
            case Remove(resource, obj):
                await self._remove(resource, obj)
            case never:
                assert_never(never)
        return Now()

    async def _create(self, seen: Observed, resource: Resource[Any], obj: Object) -> Again:
        meta = obj.metadata
        spot = Spot(resource.kind, meta.namespace, meta.name)
        try:
            made = await self.cluster.kube.create(resource, obj)
        except NamespaceTerminating:
            return OnChange()
        except AlreadyExists:
            return await self._take_over(seen, resource, spot)
        except ApiError as error:
            no_gateway_api = isinstance(error, NotFound) and resource == REFERENCE_GRANT
            if not no_gateway_api and not is_refusal(error):
                raise
            missing = " (is the Gateway API installed?)" if no_gateway_api else ""
            self._hold(seen, spot, f"the API server would not have it{missing}", str(error))
            return Now()
        self._cache(resource).feed(made)
        self.notebook.made(seen.namespace, spot)
        logger.info("made", extra={"object": _shown(spot)})
        return Now()

    async def _take_over(self, seen: Observed, resource: Resource[Any], spot: Spot) -> Again:
        """Adopt what has our label, as after a crash, and leave alone what has not."""
        try:
            found = await self.cluster.kube.get(resource, spot.namespace, spot.name)
        except NotFound:
            return Now()  # gone meanwhile
        if found.metadata.labels.get(HTTP01_SOLVER) == "true":
            self._cache(resource).feed(found)
            self.notebook.made(seen.namespace, spot)
        else:
            text = "the name is taken by what is not ours: that is left alone, and must be removed"
            self._hold(seen, spot, text, f"it has no label {HTTP01_SOLVER}=true")
        return Now()

    def _hold(self, seen: Observed, spot: Spot, text: str, reason: str) -> None:
        if self.notebook.hold(seen.namespace, spot, self.cluster.clock.now()):
            logger.warning(text, extra={"object": _shown(spot), "reason": reason})

    async def _patch(self, action: Patch) -> None:
        key = key_of(action.object)
        changed = await self.cluster.kube.patch(
            action.resource, key.namespace, key.name, action.patch
        )
        self._cache(action.resource).feed(changed)

    async def _remove(self, resource: Resource[Any], obj: Object) -> None:
        if await remove(self.cluster.kube, resource, obj, self._cache(resource)):
            logger.info("removed", extra={"object": f"{resource.kind} {key_of(obj)}"})

    def _cache(self, resource: Resource[Any]) -> Cache[Any]:
        network = self.cluster.network
        caches: dict[str, Cache[Any]] = {
            SERVICE.kind: network.services,
            ENDPOINT_SLICE.kind: network.slices,
            REFERENCE_GRANT.kind: network.grants,
        }
        return caches[resource.kind]


def _shown(spot: Spot) -> str:
    return f"{spot.kind} {spot.namespace}/{spot.name}"
