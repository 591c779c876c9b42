"""The room of the backends: one key for each namespace with HTTP-01 Challenges, or with leftovers.

Whatever of ours is in the caches enqueues its namespace when the work begins: what a crash left
behind is removed without anybody looking for it.
"""

from collections.abc import Iterable

from controller.backends.decide import decide
from controller.backends.knowledge import Notebook
from controller.backends.observe import observe
from controller.backends.observed import Observed
from controller.backends.perform import Performer
from controller.backends.wanted import IPV4, IPV6
from controller.backing import SERVICE_NAME, grant_name, is_live
from controller.cluster import Cluster
from controller.gatewayapi import ReferenceGrant
from controller.networking import (
    EndpointSlice,
    Service,
)
from controller.runtime.schedule import Again, Key
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from controller.settings import Settings
from orderapi.challenge import HTTP01, Challenge


class Backends:
    """Looks after what leads from the routes of a namespace to the responder."""

    name = "backends"

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._notebook = Notebook()
        self._performer = Performer(cluster, self._notebook)
        self._live: dict[str, dict[str, Challenge]] = {}
        # Before any worker listens: who is woken by a Challenge must find it here.
        cluster.challenges.listen(self._heard)
        for challenge in cluster.challenges.all():
            self._heard(None, challenge)

    async def reconcile(self, key: Key) -> Again:
        """Have the backend of the namespace stand, or gone, and say when to look again."""
        return await walk(key, self._observe, decide, self._performer.perform)

    def watches(self) -> Watches:
        """HTTP-01 Challenges, what is ours, and where the responder is."""
        network = self._cluster.network
        return (
            (self._cluster.challenges, _of_challenge),
            (network.services, _of_service),
            (network.slices, _of_slice),
            (network.grants, self._of_grant),
            (network.responders, self._everywhere),
        )

    async def _observe(self, key: Key) -> Observed:
        live = self._live.get(key.namespace, {}).values()
        return observe(self._cluster, self._settings, self._notebook, key.namespace, live)

    def _heard(self, old: Challenge | None, new: Challenge | None) -> None:
        """Keep the live Challenges by namespace: looking through all of them is too slow."""
        if old is not None:
            names = self._live.get(old.metadata.namespace, {})
            names.pop(old.metadata.name, None)
            if not names:
                self._live.pop(old.metadata.namespace, None)
        if new is not None and is_live(new):
            self._live.setdefault(new.metadata.namespace, {})[new.metadata.name] = new

    def _everywhere(self, one: EndpointSlice) -> Iterable[Key]:
        """Every namespace with something that follows the responder."""
        ours = (key for found in self._cluster.network.slices.all() for key in _of_slice(found))
        return {*map(_key, self._live), *ours}

    def _of_grant(self, grant: ReferenceGrant) -> Iterable[Key]:
        """Grants of all namespaces are in one, and those of other namespaces may be another's."""
        prefix, name = grant_name(""), grant.metadata.name
        namespace = name.removeprefix(prefix)
        if not name.startswith(prefix) or self._settings.namespace not in ("", namespace):
            return ()
        return (_key(namespace),)


def _key(namespace: str) -> Key:
    return Key(namespace, "http01")


def _of_challenge(challenge: Challenge) -> Iterable[Key]:
    return (_key(challenge.metadata.namespace),) if challenge.spec.type == HTTP01 else ()


def _of_service(service: Service) -> Iterable[Key]:
    return (_key(service.metadata.namespace),) if service.metadata.name == SERVICE_NAME else ()


def _of_slice(one: EndpointSlice) -> Iterable[Key]:
    # Others' slices may have our label: Kubernetes copies it from a Service to its slices.
    return (_key(one.metadata.namespace),) if one.metadata.name in (IPV4, IPV6) else ()
