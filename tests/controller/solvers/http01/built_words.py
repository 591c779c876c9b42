"""Routes and Gateways with what routers say of them, and texts that strangers may write."""

from collections.abc import Sequence

from hypothesis import strategies as st

from controller.gatewayapi import (
    Gateway,
    GatewaySpec,
    GatewayStatus,
    HTTPRoute,
    HTTPRouteSpec,
    HTTPRouteStatus,
    Listener,
    ListenerStatus,
    ParentStatus,
    PathMatch,
    RouteMatch,
    RouteParent,
    RouteRule,
)
from orderapi.conditions import Condition
from orderapi.meta import ObjectMeta

TOKEN = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
PATH = f"/.well-known/acme-challenge/{TOKEN}"
CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
EDGE = RouteParent(name="edge", namespace="infra")
OPENING = 'HTTPRoute "shop/solver": '


def condition(kind: str, status: str, reason: str, message: str = "", seen: int = 2) -> Condition:
    """A condition that was set for generation `seen`."""
    return Condition(
        type=kind, status=status, reason=reason, message=message, observed_generation=seen
    )


ACCEPTED = condition("Accepted", "True", "Accepted", "Route is accepted")
RESOLVED = condition("ResolvedRefs", "True", "ResolvedRefs", "Resolved all the Object references")
PROGRAMMED = condition("Programmed", "True", "Programmed", "Address assigned to the Gateway")
NO_CONFLICT = condition("Conflicted", "False", "NoConflicts")


def a_route(
    *conditions: Condition, parent: RouteParent = EDGE, statuses: Sequence[ParentStatus] = ()
) -> HTTPRoute:
    """A route of generation 2 to one parent, with these conditions there if any."""
    spelled = RouteParent(
        group="gateway.networking.k8s.io",
        kind=parent.kind or "Gateway",
        namespace=parent.namespace,
        name=parent.name,
        section_name=parent.section_name,
        port=parent.port,
    )
    own = ParentStatus(parent_ref=spelled, controller_name=CONTROLLER, conditions=conditions)
    match = RouteMatch(path=PathMatch(type="Exact", value=PATH))
    return HTTPRoute(
        metadata=ObjectMeta(name="solver", namespace="shop", generation=2),
        spec=HTTPRouteSpec(parent_refs=(parent,), rules=(RouteRule(matches=(match,)),)),
        status=HTTPRouteStatus(parents=tuple(statuses) or ((own,) if conditions else ())),
    )


def a_gateway(
    *conditions: Condition,
    listeners: Sequence[tuple[str, str, int]] = (("http", "HTTP", 80),),
    name: str = "edge",
    namespace: str = "infra",
    **of_listeners: tuple[Condition, ...],
) -> Gateway:
    """A Gateway of generation 2; conditions of listeners by their names."""
    return Gateway(
        metadata=ObjectMeta(name=name, namespace=namespace, generation=2),
        spec=GatewaySpec(
            gateway_class_name="envoy",
            listeners=tuple(Listener(name=n, protocol=p, port=port) for n, p, port in listeners),
        ),
        status=GatewayStatus(
            conditions=conditions or (ACCEPTED, PROGRAMMED),
            listeners=tuple(
                ListenerStatus(name=n, conditions=found) for n, found in of_listeners.items()
            ),
        ),
    )


GOOD_ROUTE = a_route(ACCEPTED, RESOLVED)

anything = st.text(
    st.characters(categories=["L", "N", "P", "S", "Z", "Cc", "Cf", "Co", "Cs"]), max_size=900
)
