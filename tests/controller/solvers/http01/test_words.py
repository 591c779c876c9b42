"""What routers say of an HTTPRoute and its Gateways, in words for people."""

import msgspec
import pytest

from controller.gatewayapi import HTTPRouteSpec, ParentStatus, RouteParent
from controller.solvers.http01.words import gateway_words
from orderapi.conditions import Condition
from tests.controller.solvers.http01.built_words import (
    ACCEPTED,
    CONTROLLER,
    EDGE,
    GOOD_ROUTE,
    NO_CONFLICT,
    OPENING,
    PROGRAMMED,
    RESOLVED,
    a_gateway,
    a_route,
    condition,
)


def test_nothing_is_said_while_nothing_is_wrong() -> None:
    gateway = a_gateway(http=(ACCEPTED, PROGRAMMED, RESOLVED, NO_CONFLICT))
    assert gateway_words(GOOD_ROUTE, [gateway]) == ""


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            condition(
                "Accepted",
                "False",
                "NotAllowedByListeners",
                "No listeners included by this parent ref allowed this attachment.",
            ),
            "does not accept it: NotAllowedByListeners: No listeners included by this parent ref "
            "allowed this attachment.",
        ),
        (
            condition(
                "Accepted",
                "False",
                "NoMatchingListenerHostname",
                "There were no hostname intersections between the HTTPRoute and this parent ref's "
                "Listener(s)",
            ),
            "does not accept it: NoMatchingListenerHostname: There were no hostname intersections "
            "between the HTTPRoute and this parent ref's Listener(s).",
        ),
        (
            condition("Accepted", "False", "NoMatchingParent"),
            "does not accept it: NoMatchingParent.",
        ),
        (
            condition("Accepted", "False", "NotAllowedByListeners"),
            "does not accept it: NotAllowedByListeners: see allowedRoutes of its listeners; unless "
            "told otherwise, they take routes of their own namespace alone.",
        ),
        (
            condition("Accepted", "Unknown", "Pending", "Waiting for controller"),
            "does not accept it yet: Pending: Waiting for controller.",
        ),
        (
            condition(
                "ResolvedRefs",
                "False",
                "RefNotPermitted",
                "Backend ref to service cert-manager/order-responder not permitted by any "
                "ReferenceGrant",
            ),
            "cannot follow its references: RefNotPermitted: Backend ref to service "
            "cert-manager/order-responder not permitted by any ReferenceGrant.",
        ),
        (
            condition("ResolvedRefs", "False", "BackendNotFound", 'service "x" not found'),
            'cannot follow its references: BackendNotFound: service "x" not found.',
        ),
        (
            condition("PartiallyInvalid", "True", "UnsupportedValue", "Dropped Rule 0"),
            "leaves out a part of it: UnsupportedValue: Dropped Rule 0.",
        ),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_router(found: Condition, words: str) -> None:
    told = gateway_words(a_route(found), [a_gateway()])
    assert told == f'{OPENING}Gateway "infra/edge" (controller {CONTROLLER}) {words}'


def test_a_refusal_by_one_listener_names_it() -> None:
    parent = RouteParent(name="edge", namespace="infra", section_name="http")
    refused = condition("Accepted", "False", "NoMatchingParent", "No matching listener")
    told = gateway_words(a_route(refused, parent=parent), [a_gateway()])
    assert told.startswith(f'{OPENING}listener "http" of Gateway "infra/edge" (controller ')


def test_a_route_that_nobody_looked_at() -> None:
    assert gateway_words(a_route(), [a_gateway()]) == (
        f'{OPENING}no controller has looked at it yet: does one run class "envoy", which Gateway '
        f'"infra/edge" is of?'
    )
    pending = condition("Accepted", "Unknown", "Pending", "Waiting for controller", seen=1)
    waiting = msgspec.structs.replace(pending, observed_generation=None)
    told = gateway_words(a_route(), [a_gateway(waiting)])
    assert told.endswith(
        'Gateway "infra/edge" is not accepted yet: Pending: Waiting for controller.'
    )


def test_the_status_of_another_parent_counts_for_nothing() -> None:
    other = ParentStatus(
        parent_ref=RouteParent(name="edge"), controller_name=CONTROLLER, conditions=(ACCEPTED,)
    )
    assert "no controller has looked" in gateway_words(a_route(statuses=[other]), [a_gateway()])


def test_a_verdict_on_an_earlier_generation_is_none() -> None:
    stale = condition("Accepted", "False", "NoMatchingParent", seen=1)
    told = gateway_words(a_route(stale), [a_gateway()])
    assert "was changed, and its controller has not looked at that yet" in told
    assert "NoMatchingParent" not in told
    approving = condition("Accepted", "True", "Accepted", seen=1)
    assert "has not looked at that yet" in gateway_words(a_route(approving), [a_gateway()])
    unbound = msgspec.structs.replace(stale, observed_generation=None)
    assert "NoMatchingParent" in gateway_words(a_route(unbound), [a_gateway()])


def test_a_parent_that_is_not_there() -> None:
    for others in ([], [a_gateway(name="other")]):
        assert gateway_words(GOOD_ROUTE, others) == (
            f'{OPENING}its parent Gateway "infra/edge" does not exist.'
        )


def test_a_parent_of_another_kind_is_not_looked_for() -> None:
    parent = RouteParent(kind="ListenerSet", name="more", namespace="infra")
    assert gateway_words(a_route(ACCEPTED, parent=parent), []) == ""
    assert gateway_words(a_route(parent=parent), []) == (
        f'{OPENING}no controller has looked at it yet: is there a ListenerSet "infra/more", and '
        f"does a controller run it?"
    )


def test_a_route_that_is_gone_or_leads_from_nowhere() -> None:
    assert gateway_words(None, []) == "The HTTPRoute that leads to the answer is not there."
    adrift = msgspec.structs.replace(GOOD_ROUTE, spec=HTTPRouteSpec())
    assert gateway_words(adrift, []) == f"{OPENING}it names no parent, so no router serves it."


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            condition("Accepted", "False", "InvalidParameters", "no such EnvoyProxy"),
            "is not accepted: InvalidParameters: no such EnvoyProxy.",
        ),
        (
            condition(
                "Programmed", "False", "AddressNotAssigned", "No addresses have been assigned"
            ),
            "is not programmed: AddressNotAssigned: No addresses have been assigned.",
        ),
        (
            condition("Programmed", "True", "Programmed", seen=1),
            "was changed, and its controller has not looked at that yet.",
        ),
    ],
)
def test_what_is_wrong_with_the_gateway(found: Condition, words: str) -> None:
    told = gateway_words(GOOD_ROUTE, [a_gateway(found)])
    assert told == f'{OPENING}Gateway "infra/edge" {words}'


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            condition("Programmed", "False", "PortUnavailable", "Port 80 is in use"),
            "is not programmed: PortUnavailable: Port 80 is in use.",
        ),
        (
            condition("Conflicted", "True", "HostnameConflict", "All listeners for a given port"),
            "conflicts with another: HostnameConflict: All listeners for a given port.",
        ),
        (
            condition("ResolvedRefs", "False", "InvalidRouteKinds"),
            "has references that cannot be followed: InvalidRouteKinds.",
        ),
    ],
)
def test_what_is_wrong_with_the_listener(found: Condition, words: str) -> None:
    told = gateway_words(GOOD_ROUTE, [a_gateway(http=(found,))])
    assert told == f'{OPENING}listener "http" of Gateway "infra/edge" {words}'


WAITS = condition("ResolvedRefs", "False", "InvalidCertificateRef", "Secret web/tls not found")
BOTH = (("http", "HTTP", 80), ("https", "HTTPS", 443))


def test_a_listener_that_waits_for_the_very_certificate_is_passed_over() -> None:
    invalid = condition("Accepted", "False", "ListenersNotValid", "All listeners must be valid")
    gateway = a_gateway(invalid, listeners=BOTH, http=(ACCEPTED,), https=(WAITS,))
    assert gateway_words(GOOD_ROUTE, [gateway]) == ""
    refused = condition("Accepted", "False", "NoReadyListeners")
    assert "ListenersNotValid" in gateway_words(a_route(refused), [gateway])


def test_a_gateway_without_http_is_told() -> None:
    gateway = a_gateway(listeners=BOTH[1:], https=(WAITS,))
    told = gateway_words(GOOD_ROUTE, [gateway])
    assert 'Gateway "infra/edge" listens for HTTPS alone, and the CA asks over HTTP on' in told
    assert "InvalidCertificateRef: Secret web/tls not found" in told
    parent = RouteParent(name="edge", namespace="infra", section_name="https")
    named = gateway_words(a_route(ACCEPTED, parent=parent), [a_gateway(listeners=BOTH)])
    assert named.startswith(f'{OPENING}listener "https" of Gateway "infra/edge" listens for HTTPS')


def test_only_the_port_that_the_route_names_counts() -> None:
    bad = (condition("Programmed", "False", "PortUnavailable"),)
    listeners = (("http", "HTTP", 80), ("alt", "HTTP", 8080))
    parent = RouteParent(name="edge", namespace="infra", port=80)
    gateway = a_gateway(listeners=listeners, alt=bad)
    assert gateway_words(a_route(ACCEPTED, parent=parent), [gateway]) == ""
    assert 'listener "alt"' in gateway_words(GOOD_ROUTE, [gateway])


def test_the_faults_of_one_controller_are_one_sentence() -> None:
    refused = condition("Accepted", "False", "NoMatchingListenerHostname")
    unresolved = condition("ResolvedRefs", "False", "BackendNotFound", "no such service.")
    assert gateway_words(a_route(refused, unresolved), [a_gateway()]) == (
        f'{OPENING}Gateway "infra/edge" (controller {CONTROLLER}) does not accept it: '
        f"NoMatchingListenerHostname; and cannot follow its references: BackendNotFound: no such "
        f"service."
    )


def test_the_listener_tells_the_cause_and_the_gateway_does_not_repeat_it() -> None:
    gateway = a_gateway(
        condition("Accepted", "False", "ListenersNotValid", "At least one must be valid"),
        condition("Programmed", "False", "Invalid", "No Listener is valid"),
        http=(condition("Accepted", "False", "PortUnavailable", "no entryPoint for port 8181"),),
    )
    told = gateway_words(a_route(condition("Accepted", "False", "NoReadyListeners")), [gateway])
    assert told.endswith(
        'does not accept it: NoReadyListeners. listener "http" of Gateway "infra/edge" is not '
        "accepted: PortUnavailable: no entryPoint for port 8181."
    )


def test_a_refusal_by_one_of_two_parents_is_told() -> None:
    good = GOOD_ROUTE.status.parents[0]
    other = RouteParent(name="edge", namespace="shop")
    refused = ParentStatus(
        parent_ref=other,
        controller_name="traefik.io/gateway-controller",
        conditions=(condition("Accepted", "False", "NoMatchingParent"),),
    )
    route = msgspec.structs.replace(
        a_route(statuses=(good, refused)), spec=HTTPRouteSpec(parent_refs=(EDGE, other))
    )
    gateways = [a_gateway(), a_gateway(namespace="shop")]
    assert gateway_words(route, gateways) == (
        f'{OPENING}Gateway "shop/edge" (controller traefik.io/gateway-controller) does not accept '
        f"it: NoMatchingParent."
    )
