"""What is to stand for a namespace: the objects as they are made. Pure."""

from typing import Final

from controller.backends.observed import Observed
from controller.backing import (
    PORT,
    PORT_NAME,
    SERVICE_NAME,
    Endpoints,
    Group,
    Host,
    grant_name,
)
from controller.gatewayapi import (
    GATEWAY_GROUP,
    HTTP_ROUTE,
    GrantFrom,
    GrantTo,
    ReferenceGrant,
    ReferenceGrantSpec,
)
from controller.networking import (
    SERVICE,
    SERVICE_OF_SLICE,
    SLICE_MANAGED_BY,
    Endpoint,
    EndpointConditions,
    EndpointPort,
    EndpointSlice,
    Service,
    ServicePort,
    ServiceSpec,
)
from orderapi.meta import ObjectMeta
from orderapi.names import HTTP01_SOLVER

IPV4: Final = f"{SERVICE_NAME}-ipv4"
IPV6: Final = f"{SERVICE_NAME}-ipv6"
MANAGER: Final = "kubectl-order"
NO_MESH: Final = f"auth.istio.io/{PORT}"
"""Annotation: the CA comes without a client certificate of the mesh."""

EXTERNAL_NAME: Final = "ExternalName"
NODE_PORT: Final = "NodePort"
TCP: Final = "TCP"

_LABELS: Final = {HTTP01_SOLVER: "true"}


def service(seen: Observed) -> Service | None:
    """The Service of the namespace. A NodePort one stays one as long as it is needed at all."""
    if not seen.needs.service:
        return None
    meta = ObjectMeta(
        name=SERVICE_NAME,
        namespace=seen.namespace,
        labels=_LABELS,
        annotations={NO_MESH: "NONE"},
    )
    return Service(metadata=meta, spec=_service_spec(seen))


def slices(seen: Observed) -> dict[str, EndpointSlice | None]:
    """By name: the slice of each family that has addresses; an empty one where neither has any.

    None without our Service: that of a stranger, by the same name, must not lead to the responder.
    """
    found: dict[str, EndpointSlice | None] = {IPV4: None, IPV6: None}
    if not seen.needs.service or seen.service is None or not isinstance(seen.responder, Endpoints):
        return found
    if seen.responder.ipv4.addresses or not seen.responder.ready:
        found[IPV4] = _slice(seen, IPV4, "IPv4", seen.responder.ipv4)
    if seen.responder.ipv6.addresses:
        found[IPV6] = _slice(seen, IPV6, "IPv6", seen.responder.ipv6)
    return found


def grant(seen: Observed) -> ReferenceGrant | None:
    """What lets HTTPRoutes of the namespace refer to the responder's own Service."""
    if not seen.needs.grant:
        return None
    source = GrantFrom(group=GATEWAY_GROUP, kind=HTTP_ROUTE.kind, namespace=seen.namespace)
    target = GrantTo(group="", kind=SERVICE.kind, name=seen.home.name)
    return ReferenceGrant(
        metadata=ObjectMeta(
            name=grant_name(seen.namespace), namespace=seen.home.namespace, labels=_LABELS
        ),
        spec=ReferenceGrantSpec(from_=(source,), to=(target,)),
    )


def _service_spec(seen: Observed) -> ServiceSpec:
    match seen.responder:
        case Host(name, port):
            ports = (_port(port, port),)
            return ServiceSpec(type=EXTERNAL_NAME, external_name=name, ports=ports)
        case Endpoints(ipv4, ipv6):
            target = ipv4.port if ipv4.addresses or not ipv6.addresses else ipv6.port
            kept = seen.service is not None and seen.service.spec.type == NODE_PORT
            return ServiceSpec(
                type=NODE_PORT if seen.needs.node_port or kept else "ClusterIP",
                ports=(_port(PORT, target),),
            )


def _port(number: int, target: int) -> ServicePort:
    return ServicePort(name=PORT_NAME, port=number, protocol=TCP, target_port=target)


def _slice(seen: Observed, name: str, family: str, group: Group) -> EndpointSlice:
    # Ready is said, though absent means the same: there are routers that do not know that.
    ready = EndpointConditions(ready=True)
    return EndpointSlice(
        metadata=ObjectMeta(
            name=name,
            namespace=seen.namespace,
            labels=_LABELS | {SERVICE_OF_SLICE: SERVICE_NAME, SLICE_MANAGED_BY: MANAGER},
        ),
        address_type=family,
        endpoints=tuple(
            Endpoint(addresses=(address,), conditions=ready) for address in group.addresses
        ),
        ports=(EndpointPort(name=PORT_NAME, port=group.port, protocol=TCP),),
    )
