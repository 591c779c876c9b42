"""Whether what the cluster holds is what we want, and whose it is."""

from typing import Any

import msgspec
import pytest

from controller.gatewayapi import HTTP_ROUTE, BackendRef, HTTPRoute, RouteParent
from controller.networking import (
    INGRESS,
    Ingress,
)
from controller.solvers.http01.routes import (
    PATH_TYPES,
    Backend,
    http_route,
    ingress,
    ingress_stands,
    is_ours,
    may_adopt,
    route_stands,
)
from orderapi.http01 import GatewayHttpRoute, ParentRef
from orderapi.http01 import Ingress as IngressPart
from tests.controller.solvers.http01.built_routes import (
    BACKEND,
    FAR,
    GATEWAY,
    LABELS,
    OPEN,
    PATH,
    a_challenge,
    a_route,
    an_ingress,
    as_json,
    marked,
    owned_by,
)


@pytest.mark.parametrize("taken", PATH_TYPES)
def test_an_ingress_stands_with_any_path_type(taken: str) -> None:
    assert ingress_stands(an_ingress(path_type=taken), an_ingress(path_type="Exact"))


def test_an_ingress_stands_beside_what_others_added() -> None:
    wanted = an_ingress()
    found = marked(
        msgspec.structs.replace(
            wanted, spec=msgspec.structs.replace(wanted.spec, ingress_class_name="default")
        ),
        labels={**LABELS, "policy": "seen"},
        annotations={**OPEN, "field.cattle.io/publicEndpoints": "[]"},
    )
    assert ingress_stands(found, wanted)
    named = an_ingress(IngressPart(ingress_class_name="nginx"))
    assert not ingress_stands(found, named)
    assert ingress_stands(named, named)


def changed_rule(**changes: Any) -> Ingress:
    """The Ingress with another rule."""
    made = an_ingress()
    rule = {**made.spec.rules[0], **changes}
    return msgspec.structs.replace(made, spec=msgspec.structs.replace(made.spec, rules=(rule,)))


@pytest.mark.parametrize(
    "found",
    [
        changed_rule(host="other.example.com"),
        changed_rule(http=None),
        changed_rule(http={"paths": []}),
        ingress(a_challenge(), IngressPart(), Backend("other", 8089), "Exact"),
        ingress(a_challenge(), IngressPart(), Backend("cm-acme-http-solver", 80), "Exact"),
        ingress(a_challenge(token="other"), IngressPart(), BACKEND, "Exact"),
        marked(an_ingress(), annotations={}),
        marked(an_ingress(), labels={}),
        INGRESS.typed(Ingress(metadata=an_ingress().metadata)),
    ],
)
def test_an_ingress_that_was_changed_does_not_stand(found: Ingress) -> None:
    assert not ingress_stands(found, an_ingress())


def as_the_api_fills_it_in(route: HTTPRoute) -> HTTPRoute:
    """What a server may write that spells the defaults otherwise."""
    plain = BackendRef(name="order-responder", namespace="cert-manager", port=8089)
    rule = msgspec.structs.replace(route.spec.rules[0], backend_refs=(plain,))
    spec = msgspec.structs.replace(
        route.spec, parent_refs=(RouteParent(name="edge", namespace="infra"),), rules=(rule,)
    )
    return msgspec.structs.replace(route, spec=spec)


def test_a_route_stands_beside_what_others_added() -> None:
    wanted = a_route()
    assert route_stands(wanted, wanted)
    assert route_stands(as_the_api_fills_it_in(wanted), wanted)
    assert route_stands(
        marked(wanted, labels={**LABELS, "policy": "seen"}, annotations={"seen": "yes"}), wanted
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", "POST"),
        ("headers", [{"name": "X", "value": "y"}]),
        ("queryParams", [{"name": "X", "value": "y"}]),
        ("path", {"type": "PathPrefix", "value": PATH}),
    ],
)
def test_a_route_for_fewer_or_more_requests_does_not_stand(name: str, value: Any) -> None:
    built = as_json(a_route())
    built["spec"]["rules"][0]["matches"][0][name] = value
    assert not route_stands(msgspec.convert(built, HTTPRoute), a_route())


@pytest.mark.parametrize(
    "found",
    [
        a_route(ParentRef(name="other")),
        a_route(GATEWAY, ParentRef(name="other")),
        http_route(a_challenge(), GatewayHttpRoute(parent_refs=(GATEWAY,)), BACKEND),
        http_route(a_challenge(token="other"), GatewayHttpRoute(parent_refs=(GATEWAY,)), FAR),
        marked(a_route(), labels={}),
        HTTP_ROUTE.typed(HTTPRoute(metadata=a_route().metadata)),
    ],
)
def test_a_route_that_was_changed_does_not_stand(found: HTTPRoute) -> None:
    assert not route_stands(found, a_route())


def test_filters_on_the_way_are_seen() -> None:
    for place in ("rule", "backend"):
        built = as_json(a_route())
        rule = built["spec"]["rules"][0]
        target = rule if place == "rule" else rule["backendRefs"][0]
        target["filters"] = [{"type": "URLRewrite", "urlRewrite": {"hostname": "x.example"}}]
        assert not route_stands(msgspec.convert(built, HTTPRoute), a_route())


def test_what_the_challenge_controls_is_ours() -> None:
    challenge = a_challenge()
    assert is_ours(an_ingress(), challenge)
    assert is_ours(a_route(), challenge)
    assert not may_adopt(an_ingress(), challenge)
    assert not is_ours(marked(an_ingress(), owner_references=(owned_by(uid="uid-0"),)), challenge)
    assert not is_ours(
        marked(an_ingress(), owner_references=(owned_by(controller=None),)), challenge
    )


def test_nothing_is_ours_before_the_challenge_has_a_uid() -> None:
    unsaved = a_challenge(uid="")
    assert not is_ours(marked(an_ingress(), owner_references=(owned_by(uid=""),)), unsaved)


def test_leftovers_are_adopted() -> None:
    left = owned_by(uid="uid-0")
    assert may_adopt(marked(an_ingress(), owner_references=(left,)), a_challenge())
    assert may_adopt(marked(a_route(), owner_references=()), a_challenge())


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_references": (), "labels": {}},
        {"owner_references": (), "labels": {"acme.cert-manager.io/http01-solver": "false"}},
        {"owner_references": (owned_by(name="web-1-1", uid="uid-0"),)},
        {"owner_references": (owned_by(kind="Order", uid="uid-0"),)},
        {"owner_references": (owned_by(api_version="apps/v1", uid="uid-0"),)},
        {"owner_references": (owned_by(uid="uid-0"),), "labels": {}},
    ],
)
def test_what_is_a_strangers_is_left_alone(changes: dict[str, Any]) -> None:
    found = marked(an_ingress(), **changes)
    assert not may_adopt(found, a_challenge())
    assert not is_ours(found, a_challenge())
