"""What annotations of an Order change in its solver."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.gatewayapi import GATEWAY_GROUP
from controller.solvers.errors import Misconfigured
from controller.solvers.http01.overrides import overridden
from controller.solvers.http01.routes import full_parent
from orderapi.http01 import GatewayHttpRoute, Http01, Ingress, IngressTemplate, ParentRef
from orderapi.podtemplate import TemplateMetadata
from orderapi.solver import Dns01, Rfc2136, Selector, Solver

NAME = "acme.cert-manager.io/http01-override-ingress-name"
CLASS = "acme.cert-manager.io/http01-override-ingress-class"
CLASS_NAME = "acme.cert-manager.io/http01-override-ingress-ingressclassname"
PARENT = "acme.cert-manager.io/http01-parentrefname"
KIND = "acme.cert-manager.io/http01-parentrefkind"
NAMESPACE = "acme.cert-manager.io/http01-parentrefnamespace"
KEYS = (NAME, CLASS, CLASS_NAME, PARENT, KIND, NAMESPACE)

TEMPLATE = IngressTemplate(metadata=TemplateMetadata(labels={"team": "edge"}))
DNS_SOLVER = Solver(dns01=Dns01(rfc2136=Rfc2136(nameserver="192.0.2.53")))


def through_ingress(**fields: Any) -> Solver:
    """A solver with a selector, an ingress of these fields and a template."""
    return Solver(
        selector=Selector(dns_zones=("example.com",)),
        http01=Http01(ingress=Ingress(ingress_template=TEMPLATE, **fields)),
    )


def through_gateway(*refs: ParentRef) -> Solver:
    """A solver with an HTTPRoute that has these parents and a label."""
    return Solver(
        http01=Http01(
            gateway_http_route=GatewayHttpRoute(parent_refs=refs, labels={"team": "edge"})
        )
    )


def parents(solver: Solver) -> tuple[ParentRef, ...]:
    """The parents of an HTTPRoute solver."""
    assert solver.http01 is not None
    assert solver.http01.gateway_http_route is not None
    return solver.http01.gateway_http_route.parent_refs


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        (NAME, {"name": "web"}),
        (CLASS, {"class_": "web"}),
        (CLASS_NAME, {"ingress_class_name": "web"}),
    ],
)
def test_one_ingress_annotation_takes_the_place_of_all_three_fields(
    key: str, changed: dict[str, str]
) -> None:
    solver = through_ingress(name="old", class_="old", ingress_class_name="old")
    assert overridden(solver, {key: "web"}, "shop") == through_ingress(**changed)


@pytest.mark.parametrize("keys", [(NAME, CLASS), (CLASS, CLASS_NAME), (NAME, CLASS, CLASS_NAME)])
def test_ingress_annotations_exclude_each_other(keys: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured) as refused:
        overridden(through_ingress(), dict.fromkeys(keys, "web"), "shop")
    assert all(key in str(refused.value) for key in keys)


def test_a_parent_is_added_last_with_all_that_the_api_fills_in() -> None:
    first = ParentRef(name="first")
    found = overridden(through_gateway(first), {PARENT: "edge", KIND: "ListenerSet"}, "shop")
    assert found == through_gateway(
        first, ParentRef(group=GATEWAY_GROUP, kind="ListenerSet", namespace="shop", name="edge")
    )


def test_equal_parents_make_room_for_that_of_the_annotations() -> None:
    other = ParentRef(name="other")
    listener = ParentRef(name="edge", namespace="infra", section_name="http")
    solver = through_gateway(ParentRef(name="edge", namespace="infra"), other, listener)
    annotations = {PARENT: "edge", KIND: "Gateway", NAMESPACE: "infra"}
    assert parents(overridden(solver, annotations, "shop")) == (
        other,
        listener,
        ParentRef(group=GATEWAY_GROUP, kind="Gateway", namespace="infra", name="edge"),
    )


def test_a_parent_that_is_the_only_one_already_changes_nothing() -> None:
    for ref in (ParentRef(name="edge"), ParentRef(name="edge", namespace="shop", kind="Gateway")):
        solver = through_gateway(ref)
        assert overridden(solver, {PARENT: "edge", KIND: "Gateway"}, "shop") is solver


@pytest.mark.parametrize("given_key", [PARENT, KIND])
def test_a_parent_needs_name_and_kind(given_key: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        overridden(through_gateway(ParentRef(name="edge")), {given_key: "Gateway"}, "shop")
    assert PARENT in str(refused.value)
    assert KIND in str(refused.value)


@pytest.mark.parametrize("annotations", [{}, {NAMESPACE: "infra"}, {PARENT: "", KIND: ""}])
def test_a_route_without_parent_is_refused(annotations: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="parentRefs"):
        overridden(through_gateway(), annotations, "shop")


def test_annotations_for_the_other_kind_of_route_change_nothing() -> None:
    ingress, gateway = through_ingress(name="web"), through_gateway(ParentRef(name="edge"))
    assert overridden(ingress, {PARENT: "edge"}, "shop") is ingress
    assert overridden(gateway, {NAME: "a", CLASS: "b"}, "shop") is gateway


def test_a_solver_without_route_is_left_for_others_to_refuse() -> None:
    solver = Solver(http01=Http01())
    assert overridden(solver, dict.fromkeys(KEYS, "x"), "shop") is solver


values = st.sampled_from(["", "web", "Gateway"])
refs = st.builds(
    ParentRef,
    group=st.sampled_from([None, GATEWAY_GROUP]),
    kind=st.sampled_from([None, "Gateway"]),
    namespace=st.sampled_from([None, "shop", "web"]),
    name=st.sampled_from(["web", "edge"]),
)
solvers = st.one_of(
    st.just(DNS_SOLVER),
    st.builds(
        through_ingress,
        name=st.none() | values,
        class_=st.none() | values,
        ingress_class_name=st.none() | values,
    ),
    st.lists(refs, max_size=3).map(lambda found: through_gateway(*found)),
)


@given(solvers, st.dictionaries(st.sampled_from(KEYS), values))
def test_overriding_twice_is_overriding_once(solver: Solver, annotations: dict[str, str]) -> None:
    before = msgspec.json.encode(solver)
    try:
        once = overridden(solver, annotations, "shop")
    except Misconfigured:
        assert solver is not DNS_SOLVER
        return
    assert overridden(once, annotations, "shop") is once
    assert once is solver or once != solver
    assert once.selector is solver.selector
    assert msgspec.json.encode(solver) == before


@given(solvers, st.sampled_from(KEYS))
def test_an_empty_annotation_is_none(solver: Solver, key: str) -> None:
    try:
        without = overridden(solver, {}, "shop")
    except Misconfigured:
        with pytest.raises(Misconfigured):
            overridden(solver, {key: ""}, "shop")
    else:
        assert overridden(solver, {key: ""}, "shop") is without is solver


@given(st.lists(refs, min_size=1, max_size=4))
def test_the_parent_of_the_annotations_is_there_once(found: list[ParentRef]) -> None:
    changed = overridden(through_gateway(*found), {PARENT: "web", KIND: "Gateway"}, "shop")
    wanted = full_parent(ParentRef(name="web"), "shop")
    full = [full_parent(ref, "shop") for ref in parents(changed)]
    assert full.count(wanted) == 1
    assert full[-1] == wanted
    others = [ref for ref in found if full_parent(ref, "shop") != wanted]
    assert list(parents(changed)[:-1]) == others
