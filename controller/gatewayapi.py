"""The kinds of the Gateway API that something here reads or writes.

Only the fields that are read or written, and those in which a foreign change of a route must be
seen. The API server keeps the others, because nothing is ever replaced as a whole.
"""

from typing import Final

from orderapi.conditions import Condition
from orderapi.meta import Object
from orderapi.resources import Resource
from orderapi.wire import Json, Wire

GATEWAY_GROUP: Final = "gateway.networking.k8s.io"


class RouteParent(Wire):
    """The parent that a route asks to be attached to."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str = ""
    section_name: str | None = None
    port: int | None = None


class PathMatch(Wire):
    """The path that a rule is for."""

    type: str = ""
    value: str = ""


class RouteMatch(Wire):
    """The requests that a rule is for. All but the path is read to see what others changed."""

    path: PathMatch | None = None
    method: str | None = None
    headers: tuple[Json, ...] = ()
    query_params: tuple[Json, ...] = ()


class BackendRef(Wire):
    """Where requests go."""

    group: str | None = None
    kind: str | None = None
    name: str = ""
    namespace: str | None = None
    port: int | None = None
    weight: int | None = None
    filters: tuple[Json, ...] = ()


class RouteRule(Wire):
    """Requests and where they go."""

    matches: tuple[RouteMatch, ...] = ()
    filters: tuple[Json, ...] = ()
    backend_refs: tuple[BackendRef, ...] = ()


class HTTPRouteSpec(Wire):
    """Where a route is attached, for which names, and what it does."""

    parent_refs: tuple[RouteParent, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class ParentStatus(Wire):
    """What one controller says of the route at one parent."""

    parent_ref: RouteParent = RouteParent()
    controller_name: str = ""
    conditions: tuple[Condition, ...] = ()


class HTTPRouteStatus(Wire):
    """What the controllers of the parents say."""

    parents: tuple[ParentStatus, ...] = ()


class HTTPRoute(Object):
    """gateway.networking.k8s.io/v1 HTTPRoute."""

    spec: HTTPRouteSpec = HTTPRouteSpec()
    status: HTTPRouteStatus = HTTPRouteStatus()


class SecretRef(Wire):
    """A certificate of a listener."""

    group: str | None = None
    kind: str | None = None
    name: str = ""
    namespace: str | None = None


class ListenerTls(Wire):
    """How a listener ends TLS."""

    mode: str | None = None
    certificate_refs: tuple[SecretRef, ...] = ()


class Listener(Wire):
    """One name and port of a Gateway."""

    name: str = ""
    hostname: str | None = None
    port: int = 0
    protocol: str = ""
    tls: ListenerTls | None = None


class GatewaySpec(Wire):
    """The listeners, and who runs them."""

    gateway_class_name: str = ""
    listeners: tuple[Listener, ...] = ()


class ListenerStatus(Wire):
    """What the Gateway's controller says of one listener."""

    name: str = ""
    conditions: tuple[Condition, ...] = ()


class GatewayStatus(Wire):
    """What the Gateway's controller says."""

    conditions: tuple[Condition, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()


class Gateway(Object):
    """gateway.networking.k8s.io/v1 Gateway."""

    spec: GatewaySpec = GatewaySpec()
    status: GatewayStatus = GatewayStatus()


class GrantFrom(Wire):
    """Who may refer."""

    group: str | None = None
    kind: str = ""
    namespace: str = ""


class GrantTo(Wire):
    """To what. The core group is written as an empty name."""

    group: str | None = None
    kind: str = ""
    name: str | None = None


class ReferenceGrantSpec(Wire):
    """References into the grant's namespace that are allowed."""

    from_: tuple[GrantFrom, ...] = ()
    to: tuple[GrantTo, ...] = ()


class ReferenceGrant(Object):
    """gateway.networking.k8s.io ReferenceGrant."""

    spec: ReferenceGrantSpec = ReferenceGrantSpec()


HTTP_ROUTE: Final = Resource(
    group=GATEWAY_GROUP,
    version="v1",
    plural="httproutes",
    kind="HTTPRoute",
    namespaced=True,
    type=HTTPRoute,
)
GATEWAY: Final = Resource(
    group=GATEWAY_GROUP,
    version="v1",
    plural="gateways",
    kind="Gateway",
    namespaced=True,
    type=Gateway,
)
REFERENCE_GRANT: Final = Resource(
    group=GATEWAY_GROUP,
    version="v1beta1",
    plural="referencegrants",
    kind="ReferenceGrant",
    namespaced=True,
    type=ReferenceGrant,
)
