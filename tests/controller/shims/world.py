"""A shim at work on an API server in memory, which knows merge patches of whole objects too."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec

from controller.cluster import Cluster, Network
from controller.gatewayapi import GATEWAY
from controller.networking import (
    INGRESS,
    Ingress,
    keep_ingress,
)
from controller.runtime.cache import Cache
from controller.runtime.errors import ApiError, Conflict, Unavailable
from controller.runtime.schedule import Again, Key, Now, key_of
from controller.settings import Settings
from controller.shims.room import GatewayShim, IngressShim
from orderapi.certificate import Certificate
from orderapi.meta import Object, controller_of
from orderapi.resources import CERTIFICATE, Resource
from tests.controller.certificates.world import ApiServer, Call, Clock, Ear, Waits
from tests.controller.shims.build import NOW, SETTINGS, an_ingress

T = TypeVar("T", bound=Object)
A = TypeVar("A")


class Server(ApiServer):
    """Takes merge patches of metadata and spec. `deaf`: it does as told, and answers get lost.

    `undoes`: what admission makes of every Certificate that is written.
    """

    def __init__(self) -> None:
        super().__init__(Clock(NOW))
        self.deaf = False
        self.undoes: dict[str, Any] = {}

    async def create(self, resource: Resource[T], obj: T) -> T:
        made = await super().create(resource, self._admitted(resource, obj))
        return self._heard(made)

    async def patch(
        self,
        resource: Resource[T],
        namespace: str,
        name: str,
        patch: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> T:
        self._called("patch", resource, name)
        old = self._found(resource, namespace, name)
        meta = dict(patch.get("metadata", {}))
        guard = (meta.pop("resourceVersion", None), meta.pop("uid", None))
        if guard != (old.metadata.resource_version, old.metadata.uid):
            raise Conflict(409, "Conflict", name)
        wire = merged(msgspec.to_builtins(old), {**patch, "metadata": meta})
        new = self._admitted(resource, msgspec.convert(wire, resource.type))
        if new == old:
            return self._heard(old)
        return self._heard(self._store(resource, new, old, generation=True))

    async def delete(
        self,
        resource: Resource[T],
        namespace: str,
        name: str,
        *,
        uid: str = "",
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
    ) -> T | None:
        left = await super().delete(resource, namespace, name, uid=uid, propagation=propagation)
        return self._heard(left)

    def _admitted(self, resource: Resource[T], obj: T) -> T:
        wire = merged(msgspec.to_builtins(obj), self.undoes)
        admitted: T = msgspec.convert(wire, resource.type)
        return admitted

    def _heard(self, answer: A) -> A:
        if self.deaf:
            raise Unavailable(0, "", "no answer")
        return answer


class Process:
    """One life of a shim. Its caches hear of nothing but own writes, until `hear`."""

    def __init__(
        self, server: Server, settings: Settings = SETTINGS, *, gateways: bool = False
    ) -> None:
        self.server = server
        self.ear = Ear()
        self.cluster = _cluster(server, self.ear, settings)
        self.room = (GatewayShim if gateways else IngressShim)(self.cluster, settings)
        self.hear()

    def hear(self) -> None:
        """Let every watch catch up."""
        network = self.cluster.network
        caches: list[tuple[Resource[Any], Cache[Any]]] = [
            (INGRESS, network.ingresses),
            (GATEWAY, network.gateways),
            (CERTIFICATE, self.cluster.certificates),
        ]
        for resource, cache in caches:
            held = self.server.all(resource)
            for obj in held:
                cache.feed(obj)
            names = {key_of(obj) for obj in held}
            for obj in cache.all():
                if key_of(obj) not in names:
                    cache.gone(obj)

    async def look(self, name: str = "web") -> Again:
        """One look at a source, as the worker would take it."""
        for _ in range(20):
            try:
                again = await self.room.reconcile(Key("shop", name))
            except Conflict:
                self.hear()
                continue
            if not isinstance(again, Now):
                return again
        raise AssertionError("it never comes to rest")

    def woken_by(self, certificate: Certificate) -> set[Key]:
        """The sources that are looked at when this Certificate changes."""
        (wakes,) = (
            keys for cache, keys in self.room.watches() if cache is self.cluster.certificates
        )
        return set(wakes(certificate))

    def take_heard(self) -> list[tuple[str, str, str]]:
        """What people were told since the last time."""
        heard, self.ear.heard = self.ear.heard, []
        return heard


def certificates(server: Server) -> dict[str, Certificate]:
    """The Certificates as they are, by name."""
    return {each.metadata.name: each for each in server.all(CERTIFICATE)}


def writes(server: Server) -> list[tuple[str, str]]:
    """What was written since the last time: the verb and the name."""
    done: list[Call] = [call for call in server.writes if call.kind == "Certificate"]
    server.calls.clear()
    return [(call.verb, call.name) for call in done]


def a_server(*sources: Ingress) -> Server:
    """An API server with these Ingresses, by default the usual one."""
    server = Server()
    for source in sources or (an_ingress(),):
        server.put(INGRESS, source)
    return server


def change(server: Server, ingress: Ingress) -> None:
    """What a user applies."""
    server.put(INGRESS, ingress)


def edit(server: Server, name: str, **spec: Any) -> Certificate:
    """What a user edits."""
    found = certificates(server)[name]
    spec_ = msgspec.structs.replace(found.spec, **spec)
    return server.put(CERTIFICATE, msgspec.structs.replace(found, spec=spec_))


def relabel(server: Server, name: str, **meta: Any) -> None:
    """What a user edits in the metadata."""
    found = certificates(server)[name]
    new = msgspec.structs.replace(found.metadata, **meta)
    server.put(CERTIFICATE, msgspec.structs.replace(found, metadata=new))


def refuse(server: Server, verb: str, error: ApiError) -> None:
    """Such calls about Certificates get this answer."""
    server.refusals[verb, "Certificate"] = error


def merged(old: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(old) if isinstance(old, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _cluster(server: Server, ear: Ear, settings: Settings) -> Cluster:
    slim = partial(keep_ingress, asking=settings.auto_certificate_annotations)
    return Cluster(
        kube=server,
        clock=server.clock,
        recorder=ear,
        named=Waits(),
        certificates=Cache({"owner": _owner}),
        requests=Cache(),
        orders=Cache(),
        challenges=Cache(),
        issuers=Cache(),
        cluster_issuers=Cache(),
        secrets=Cache(),
        network=Network(ingresses=Cache(slim=slim)),
    )


def _owner(obj: Any) -> tuple[str, ...]:
    owner = controller_of(obj)
    return (owner.uid,) if owner else ()
