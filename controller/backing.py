"""Where the routes of HTTP-01 challenges lead, and what has to stand there.

A namespace with such challenges has one Service that leads to the responder; routes of a Gateway
lead to the responder's own Service, which a ReferenceGrant allows. Facts alone: one room makes
these objects, another makes the routes.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from controller.cluster import Cluster
from controller.flags import is_address
from controller.issuerref import is_ours
from controller.networking import EndpointSlice
from controller.runtime.schedule import Key
from controller.settings import Settings
from controller.solvers.http01.routes import Backend
from orderapi import states
from orderapi.challenge import HTTP01, Challenge
from orderapi.names import HTTP01_SOLVER
from orderapi.solver import GatewayHttpRoute, Ingress

SERVICE_NAME: Final = "cm-acme-http-solver"
"""Name of the Service in each namespace with challenges; other names begin with it."""
PORT: Final = 8089
PORT_NAME: Final = "http"
MOST_ADDRESSES: Final = 100
"""Addresses in one EndpointSlice: what Kubernetes itself puts into one."""


@dataclass(frozen=True, slots=True)
class Host:
    """The responder is reached by a name that the routers resolve."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Group:
    """Addresses of one family that listen on one port; sorted, at most MOST_ADDRESSES."""

    addresses: tuple[str, ...] = ()
    port: int = PORT


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The responder is reached at addresses; without any, no replica of it is ready."""

    ipv4: Group = Group()
    ipv6: Group = Group()

    @property
    def ready(self) -> bool:
        """Whether there is any address."""
        return bool(self.ipv4.addresses or self.ipv6.addresses)


Responder: TypeAlias = Host | Endpoints


@dataclass(frozen=True, slots=True)
class Needs:
    """What the challenges of one namespace need there: a Service, of type NodePort, a grant."""

    service: bool = False
    node_port: bool = False
    grant: bool = False


def home(settings: Settings) -> Key:
    """Namespace and name of the responder's own Service."""
    namespace, _, name = settings.http01_responder_service.partition("/")
    return Key(namespace, name)


def grant_name(namespace: str) -> str:
    """Name of the ReferenceGrant for the routes of that namespace."""
    return f"{SERVICE_NAME}-{namespace}"


def backend_of(settings: Settings, *, gateway: bool, namespace: str) -> Backend:
    """Where a route of that namespace leads; `gateway`: an HTTPRoute, and no Ingress."""
    if settings.http01_responder_address:
        target = responder(settings, ())
        return Backend(SERVICE_NAME, target.port if isinstance(target, Host) else PORT, None)
    place = home(settings)
    if not gateway:
        return Backend(SERVICE_NAME, PORT, None)
    return Backend(place.name, PORT, None if place.namespace == namespace else place.namespace)


def responder(settings: Settings, slices: Iterable[EndpointSlice]) -> Responder:
    """Where the responder is: as the settings say, else at the ready endpoints of these slices."""
    if settings.http01_responder_address:
        given = [_split(text) for text in settings.http01_responder_address]
        host, port = given[0]
        return _grouped(given, port) if is_address(host) else Host(host, port)
    known = [(one, _port_of(one)) for one in slices if one.address_type != "FQDN"]
    ready = [
        (address, port)
        for one, port in known
        for endpoint in one.endpoints or ()
        if endpoint.conditions.ready is not False
        for address in endpoint.addresses
        if is_address(address)
    ]
    return _grouped(ready, min((port for _, port in known), default=PORT))


def is_live(challenge: Challenge) -> bool:
    """Whether it is an HTTP-01 Challenge of ours that has not come to an end."""
    return (
        challenge.spec.type == HTTP01
        and challenge.status.state not in states.FINAL
        and challenge.metadata.deletion_timestamp is None
        and is_ours(challenge.spec.issuer_ref)
    )


def needs_of(settings: Settings, namespace: str, challenges: Iterable[Challenge]) -> Needs:
    """What the live ones of these challenges of a namespace need there."""
    parts = [part for one in challenges if is_live(one) and (part := _routed_by(one)) is not None]
    addressed = bool(settings.http01_responder_address)
    through_service = [part for part in parts if addressed or isinstance(part, Ingress)]
    return Needs(
        service=bool(through_service),
        node_port=any(part.service_type == "NodePort" for part in through_service),
        grant=len(parts) > len(through_service)
        and settings.enable_gateway_api
        and home(settings).namespace != namespace,
    )


def obstacle(cluster: Cluster, settings: Settings, namespace: str) -> str:
    """Why what the routes of the namespace lead to does not stand, in one sentence.

    Empty when it stands. A pure read of the caches; meant for whoever has found that an answer
    cannot be seen, since what is in the making is not there yet either.
    """
    network, place = cluster.network, home(settings)
    found = responder(settings, network.responders.all())
    if isinstance(found, Endpoints) and not found.ready:
        return (
            f"No replica of the responder is ready (Service {place} has no ready endpoint): "
            f"no challenge can be answered before one is."
        )
    challenges = (one for one in cluster.challenges.all() if one.metadata.namespace == namespace)
    needs = needs_of(settings, namespace, challenges)
    if needs.service and network.services.get(namespace, SERVICE_NAME) is None:
        return _missing(f"Service {namespace}/{SERVICE_NAME}")
    if needs.grant and network.grants.get(place.namespace, grant_name(namespace)) is None:
        return _missing(f"ReferenceGrant {place.namespace}/{grant_name(namespace)}")
    return ""


def _missing(what: str) -> str:
    return (
        f"{what}, which lets the router reach the responder, is not there: it is made within "
        f"seconds, unless something else has that name (without the label {HTTP01_SOLVER}=true) "
        f"or the API server refuses it; the controller's log then says which."
    )


def _routed_by(challenge: Challenge) -> Ingress | GatewayHttpRoute | None:
    part = challenge.spec.solver.http01
    if part is None or (part.ingress is None) == (part.gateway_http_route is None):
        return None  # such a solver cannot be used, which its own room says
    return part.ingress or part.gateway_http_route


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _port_of(one: EndpointSlice) -> int:
    """The port of the name that we know, else the first; a slice without any is for all ports."""
    ports = {port.name: port.port for port in reversed(one.ports or ()) if port.port is not None}
    return ports.get(PORT_NAME) or next(reversed(ports.values()), PORT)


def _grouped(found: list[tuple[str, int]], fallback: int) -> Endpoints:
    families: dict[int, list[tuple[str, int]]] = {4: [], 6: []}
    for address, port in found:
        ip = ipaddress.ip_address(address)
        families[ip.version].append((str(ip), port))
    return Endpoints(_group(families[4], fallback), _group(families[6], fallback))


def _group(found: list[tuple[str, int]], fallback: int) -> Group:
    """The port that most of them have. A slice has one: the others are passed over, as while the
    responder's port changes."""
    counted = Counter(port for _, port in set(found))
    port = max(counted, key=lambda port: (counted[port], -port), default=fallback)
    addresses = sorted({address for address, its in found if its == port})
    return Group(tuple(addresses[:MOST_ADDRESSES]), port)
