"""The rooms of the Ingresses and of the Gateways: what wakes one, and how it is looked at."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from controller.cluster import Cluster
from controller.gatewayapi import Gateway
from controller.networking import (
    Ingress,
)
from controller.runtime.cache import Cache
from controller.runtime.schedule import Again, Key, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from controller.settings import Settings
from controller.shims.decide import decide
from controller.shims.gateway import GATEWAYS
from controller.shims.ingress import INGRESSES
from controller.shims.knowledge import Notebook
from controller.shims.observe import Observer
from controller.shims.perform import Performer
from controller.shims.source import Kind
from orderapi.certificate import Certificate
from orderapi.meta import Object, controller_of

S = TypeVar("S", bound=Object)


class _Shim(Generic[S]):
    """Looks after the Certificates of every source of one kind."""

    def __init__(
        self, name: str, cluster: Cluster, settings: Settings, *, kind: Kind[S], cache: Cache[S]
    ) -> None:
        self.name = name
        self._cluster = cluster
        self._cache: Cache[S] = cache
        self._kind = kind.resource.kind
        self._notebook = Notebook(settings)
        self._observer = Observer(cluster, settings, kind, cache, self._notebook)
        self._performer = Performer(cluster, self._notebook)

    async def reconcile(self, key: Key) -> Again:
        """Bring the Certificates of the source to what it asks for, and say when to look again."""
        return await walk(key, self._observer.observe, decide, self._performer.perform)

    def watches(self) -> Watches:
        """The sources; the Certificates that they control, and those whose names they want."""
        return (
            (self._cache, lambda source: (key_of(source),)),
            (self._cluster.certificates, self._sources_of),
        )

    def _sources_of(self, certificate: Certificate) -> Iterable[Key]:
        found = set(self._notebook.naming(key_of(certificate)))
        owner = controller_of(certificate)
        if owner is not None and owner.kind == self._kind:
            found.add(Key(certificate.metadata.namespace, owner.name))
        return found


class IngressShim(_Shim[Ingress]):
    """Looks after the Certificates of every annotated Ingress."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        cache = cluster.network.ingresses
        super().__init__("ingress-shim", cluster, settings, kind=INGRESSES, cache=cache)


class GatewayShim(_Shim[Gateway]):
    """Looks after the Certificates of every annotated Gateway."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        cache = cluster.network.gateways
        super().__init__("gateway-shim", cluster, settings, kind=GATEWAYS, cache=cache)
