"""What Challenges need, where routes lead, and where the responder is."""

import pytest

from controller.backing import (
    MOST_ADDRESSES,
    Endpoints,
    Group,
    Host,
    Needs,
    backend_of,
    needs_of,
    responder,
)
from controller.networking import EndpointPort
from controller.settings import Settings
from controller.solvers.http01.routes import Backend
from orderapi.solver import GatewayHttpRoute, Http01, Ingress, Solver
from tests.controller.backends.build import (
    BY_ADDRESS,
    BY_NAME,
    DNS,
    GATEWAY,
    HERE,
    INGRESS,
    NODE_PORT,
    UP,
    a_challenge,
    a_slice,
)


@pytest.mark.parametrize(
    ("solver", "settings", "needs"),
    [
        (INGRESS, Settings(), Needs(service=True)),
        (NODE_PORT, Settings(), Needs(service=True, node_port=True)),
        (
            Solver(http01=Http01(ingress=Ingress(service_type="LoadBalancer"))),
            Settings(),
            Needs(service=True),
        ),
        (GATEWAY, Settings(), Needs(grant=True)),
        (GATEWAY, BY_ADDRESS, Needs(service=True)),
        (GATEWAY, BY_NAME, Needs(service=True)),
        (GATEWAY, Settings(enable_gateway_api=False), Needs()),
        (GATEWAY, Settings(http01_responder_service="shop/responder"), Needs()),
        (
            Solver(http01=Http01(gateway_http_route=GatewayHttpRoute(service_type="NodePort"))),
            BY_ADDRESS,
            Needs(service=True, node_port=True),
        ),
        (DNS, Settings(), Needs()),
        (DNS, BY_ADDRESS, Needs()),
        (Solver(http01=Http01()), BY_ADDRESS, Needs()),
        (
            Solver(http01=Http01(ingress=Ingress(), gateway_http_route=GatewayHttpRoute())),
            Settings(),
            Needs(),
        ),
    ],
)
def test_what_a_challenge_needs(solver: Solver, settings: Settings, needs: Needs) -> None:
    assert needs_of(settings, HERE, [a_challenge(solver)]) == needs


def test_only_live_challenges_of_ours_need_anything() -> None:
    over = [a_challenge(state=state) for state in ("valid", "invalid", "expired", "errored")]
    others = [a_challenge(deleting=True), a_challenge(group="other.example")]
    assert needs_of(Settings(), HERE, [*over, *others]) == Needs()
    both = [a_challenge(INGRESS), a_challenge(GATEWAY), a_challenge(state="")]
    assert needs_of(Settings(), HERE, [*over, *both]) == Needs(service=True, grant=True)


@pytest.mark.parametrize(
    ("settings", "gateway", "namespace", "backend"),
    [
        (Settings(), False, HERE, Backend("cm-acme-http-solver", 8089)),
        (Settings(), True, HERE, Backend("order-responder", 8089, "cert-manager")),
        (Settings(), True, "cert-manager", Backend("order-responder", 8089)),
        (BY_ADDRESS, True, HERE, Backend("cm-acme-http-solver", 8089)),
        (BY_ADDRESS, False, HERE, Backend("cm-acme-http-solver", 8089)),
        (BY_NAME, True, HERE, Backend("cm-acme-http-solver", 8443)),
    ],
)
def test_where_routes_lead(
    settings: Settings, gateway: bool, namespace: str, backend: Backend
) -> None:
    assert backend_of(settings, gateway=gateway, namespace=namespace) == backend


def test_the_responder_is_at_the_ready_endpoints_of_all_slices() -> None:
    slices = [
        a_slice("10.0.0.3", "10.0.0.1"),
        a_slice("10.0.0.1", "10.0.0.2", ready=None),
        a_slice("10.0.0.9", ready=False),
        a_slice("2001:DB8:0::1", family="IPv6"),
        a_slice("responder.example", family="FQDN"),
    ]
    assert responder(Settings(), slices) == Endpoints(
        Group(("10.0.0.1", "10.0.0.2", "10.0.0.3")), Group(("2001:db8::1",))
    )


def test_a_slice_takes_no_more_addresses_than_kubernetes_puts_into_one() -> None:
    found = responder(Settings(), [a_slice(*(f"10.0.{n}.1" for n in range(250)))])
    assert isinstance(found, Endpoints)
    assert len(found.ipv4.addresses) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("ports", "port"),
    [
        ((EndpointPort(name="http", port=9000),), 9000),
        ((EndpointPort(name="metrics", port=1), EndpointPort(name="http", port=2)), 2),
        ((EndpointPort(name="web", port=3), EndpointPort(name="more", port=4)), 3),
        ((EndpointPort(name="web"),), 8089),
        ((), 8089),
    ],
)
def test_the_port_is_that_of_the_slices(ports: tuple[EndpointPort, ...], port: int) -> None:
    for ready in (True, False):
        found = responder(Settings(), [a_slice("10.0.0.1", ports=ports, ready=ready)])
        assert isinstance(found, Endpoints)
        assert found.ipv4.port == found.ipv6.port == port or found.ready
        assert found.ipv4.port == port


def test_while_the_port_changes_the_greater_part_is_followed() -> None:
    old = a_slice("10.0.0.1", "10.0.0.2", ports=(EndpointPort(name="http", port=1),))
    new = a_slice("10.0.0.3", ports=(EndpointPort(name="http", port=2),))
    assert responder(Settings(), [old, new]) == Endpoints(
        Group(("10.0.0.1", "10.0.0.2"), 1), Group((), 1)
    )


def test_the_responder_is_where_the_settings_say() -> None:
    assert responder(BY_ADDRESS, [UP]) == Endpoints(
        Group(("192.0.2.7",), 80), Group(("2001:db8::7",), 80)
    )
    assert responder(BY_NAME, [UP]) == Host("responder.example", 8443)


def test_where_neither_port_has_more_the_lower_is_followed() -> None:
    ports = {port: (EndpointPort(name="http", port=port),) for port in (9000, 8089)}
    slices = [a_slice(f"10.0.0.{port % 7}", ports=its) for port, its in ports.items()]
    for order in (slices, slices[::-1]):
        found = responder(Settings(), order)
        assert isinstance(found, Endpoints)
        assert found.ipv4.port == 8089
