"""Challenges, slices of the responder and Observeds, and an API server in memory to put them in."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from controller.backends.observed import Observed
from controller.backends.room import Backends
from controller.backing import PORT, Needs, home, responder
from controller.cluster import Cluster, Network
from controller.gatewayapi import REFERENCE_GRANT
from controller.networking import (
    ENDPOINT_SLICE,
    SERVICE,
    SERVICE_OF_SLICE,
    Endpoint,
    EndpointConditions,
    EndpointPort,
    EndpointSlice,
    Service,
)
from controller.runtime.cache import Cache
from controller.runtime.errors import Conflict
from controller.runtime.schedule import Again, Key, Now, key_of
from controller.settings import Settings
from orderapi.challenge import Challenge, ChallengeSpec, ChallengeStatus
from orderapi.meta import Object, ObjectMeta
from orderapi.names import HTTP01_SOLVER
from orderapi.references import IssuerRef
from orderapi.resources import CHALLENGE, Resource
from orderapi.solver import Dns01, GatewayHttpRoute, Http01, Ingress, Rfc2136, Solver
from tests.controller.certificates.world import ApiServer, Clock, Ear, Waits

T = TypeVar("T", bound=Object)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HERE = "shop"
KEY = Key(HERE, "http01")
HOME = Key("cert-manager", "order-responder")
LABELS = {HTTP01_SOLVER: "true"}
SLICE_LABELS = LABELS | {
    SERVICE_OF_SLICE: "cm-acme-http-solver",
    "endpointslice.kubernetes.io/managed-by": "kubectl-order",
}
INGRESS = Solver(http01=Http01(ingress=Ingress()))
NODE_PORT = Solver(http01=Http01(ingress=Ingress(service_type="NodePort")))
GATEWAY = Solver(http01=Http01(gateway_http_route=GatewayHttpRoute()))
BY_ADDRESS = Settings(http01_responder_address=("192.0.2.7:80", "[2001:db8::7]:80"))
BY_NAME = Settings(http01_responder_address=("responder.example:8443",))
DNS = Solver(dns01=Dns01(rfc2136=Rfc2136(nameserver="192.0.2.1:53")))


def a_challenge(
    solver: Solver = INGRESS,
    *,
    name: str = "web-1-0",
    namespace: str = HERE,
    state: str = "pending",
    deleting: bool = False,
    group: str = "",
) -> Challenge:
    """A Challenge in work, HTTP-01 unless the solver is DNS's."""
    return Challenge(
        metadata=ObjectMeta(
            name=name, namespace=namespace, deletion_timestamp=NOW if deleting else None
        ),
        spec=ChallengeSpec(
            url="https://ca.example/chall/1",
            authorization_url="https://ca.example/authz/1",
            dns_name="www.example.com",
            type="DNS-01" if solver.dns01 is not None else "HTTP-01",
            token="token",
            key="token.key",
            solver=solver,
            issuer_ref=IssuerRef(name="acme", group=group),
        ),
        status=ChallengeStatus(state=state),
    )


def a_slice(
    *addresses: str,
    ready: bool | None = True,
    family: str = "IPv4",
    ports: tuple[EndpointPort, ...] = (EndpointPort(name="http", port=PORT),),
    name: str = "order-responder-abcde",
    home: Key = HOME,
) -> EndpointSlice:
    """A slice of the responder's own Service."""
    conditions = EndpointConditions(ready=ready)
    return EndpointSlice(
        metadata=ObjectMeta(
            name=name, namespace=home.namespace, labels={SERVICE_OF_SLICE: home.name}
        ),
        address_type=family,
        endpoints=tuple(Endpoint(addresses=(one,), conditions=conditions) for one in addresses),
        ports=ports,
    )


UP = a_slice("10.0.0.1")


def seen(
    needs: Needs,
    *slices: EndpointSlice,
    settings: Settings | None = None,
    **parts: Any,
) -> Observed:
    """An Observed of the namespace `shop`, with the responder where these slices say."""
    settings = settings or Settings()
    chosen: dict[str, Any] = {
        "namespace": HERE,
        "now": NOW,
        "responder": responder(settings, slices),
        "home": home(settings),
    }
    return Observed(needs=needs, **(chosen | parts))


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


class Server(ApiServer):
    """Merges whole patches, writes defaults, and null for what is empty, as Kubernetes does.

    It gives no Service a way to become, or be no more, an ExternalName.
    """

    def _store(self, resource: Resource[T], obj: T, old: T | None, *, generation: bool) -> T:
        wire = msgspec.json.decode(msgspec.json.encode(obj))
        if resource.kind == "Service":
            wire["spec"] = {"type": "ClusterIP"} | wire.get("spec", {})
            for port in wire["spec"].get("ports", ()):
                port.setdefault("protocol", "TCP")
        if resource.kind == "EndpointSlice":
            wire |= {name: wire.get(name) or None for name in ("endpoints", "ports")}
        written = msgspec.json.decode(msgspec.json.encode(wire), type=resource.type)
        return super()._store(resource, written, old, generation=generation)

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
        guard = patch["metadata"]
        found = old.metadata
        if (guard["resourceVersion"], guard["uid"]) != (found.resource_version, found.uid):
            raise Conflict(409, "Conflict", name)
        new = msgspec.convert(merged(msgspec.to_builtins(old), patch), resource.type)
        if isinstance(old, Service) and isinstance(new, Service):
            types = [one.spec.type for one in (old, new)]
            assert types.count("ExternalName") != 1
        if isinstance(old, EndpointSlice) and isinstance(new, EndpointSlice):
            assert old.address_type == new.address_type
        return self._done(self._store(resource, new, old, generation=False))


class Process:
    """One life of the room on that server; its caches hear of others' changes in `hear` alone."""

    def __init__(self, server: Server, settings: Settings | None = None) -> None:
        self.server = server
        self.settings = settings or Settings()
        self.cluster = Cluster(
            kube=server,
            clock=server.clock,
            recorder=Ear(),
            named=Waits(),
            certificates=Cache(),
            requests=Cache(),
            orders=Cache(),
            challenges=Cache(),
            issuers=Cache(),
            cluster_issuers=Cache(),
            secrets=Cache(),
            network=Network(),
        )
        self.room = Backends(self.cluster, self.settings)
        self.hear()

    def hear(self) -> None:
        """Let every watch catch up."""
        network, place = self.cluster.network, home(self.settings)
        challenges, slices = self.server.all(CHALLENGE), self.server.all(ENDPOINT_SLICE)
        services, grants = self.server.all(SERVICE), self.server.all(REFERENCE_GRANT)
        _catch_up(self.cluster.challenges, challenges)
        _catch_up(network.services, _labelled(services))
        _catch_up(network.slices, _labelled(slices))
        if self.settings.http01_responder_address:
            return
        if self.settings.enable_gateway_api:
            at_home = [one for one in grants if one.metadata.namespace == place.namespace]
            _catch_up(network.grants, _labelled(at_home))
        _catch_up(
            network.responders,
            [one for one in slices if one.metadata.labels.get(SERVICE_OF_SLICE) == place.name],
        )

    async def look(self, key: Key = KEY) -> Again:
        """One look, as the worker would take it."""
        for _ in range(5):
            again = await self.room.reconcile(key)
            if not isinstance(again, Now):
                return again
        raise AssertionError("it never comes to rest")

    def enqueued(self) -> set[Key]:
        """What the worker enqueues when it begins."""
        return {key for cache, of in self.room.watches() for obj in cache.all() for key in of(obj)}


def a_server() -> Server:
    """An API server with nothing in it."""
    return Server(Clock(NOW))


def _labelled(objects: Iterable[T]) -> list[T]:
    return [one for one in objects if one.metadata.labels.get(HTTP01_SOLVER) == "true"]


def _catch_up(cache: Cache[Any], objects: Iterable[Object]) -> None:
    listed = list(objects)
    for one in listed:
        cache.feed(one)
    held = {key_of(one) for one in listed}
    for gone in cache.all():
        if key_of(gone) not in held:
            cache.gone(gone)
