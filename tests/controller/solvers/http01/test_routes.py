"""The objects that lead to the responder, as they are made."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.gatewayapi import GATEWAY_GROUP, RouteParent
from controller.solvers.errors import Misconfigured
from controller.solvers.http01.routes import (
    challenge_path,
    distinct_parents,
    full_parent,
    http_route,
    ingress,
    route_name,
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
    templated,
)

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")

subdomains = st.from_regex(SUBDOMAIN, fullmatch=True).filter(lambda text: len(text) <= 253)
tokens = st.from_regex(r"[A-Za-z0-9_-]{1,86}", fullmatch=True)


def test_an_ingress_leads_the_path_of_the_host_to_the_backend() -> None:
    assert as_json(an_ingress()) == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "cm-acme-http-solver-web-1-0",
            "namespace": "shop",
            "labels": LABELS,
            "annotations": OPEN,
            "ownerReferences": [
                {
                    "apiVersion": "acme.cert-manager.io/v1",
                    "kind": "Challenge",
                    "name": "web-1-0",
                    "uid": "uid-1",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "rules": [
                {
                    "host": "example.com",
                    "http": {
                        "paths": [
                            {
                                "path": PATH,
                                "pathType": "Exact",
                                "backend": {
                                    "service": {
                                        "name": "cm-acme-http-solver",
                                        "port": {"number": 8089},
                                    }
                                },
                            }
                        ]
                    },
                }
            ]
        },
    }


def test_an_http_route_leads_the_path_of_the_host_to_the_backend() -> None:
    route = as_json(a_route(labels={"team": "edge", **dict.fromkeys(LABELS, "x")}))
    assert (route["apiVersion"], route["kind"]) == ("gateway.networking.k8s.io/v1", "HTTPRoute")
    assert route["metadata"]["name"] == "cm-acme-http-solver-web-1-0"
    assert route["metadata"]["labels"] == {"team": "edge", **LABELS}
    assert "annotations" not in route["metadata"]
    assert route["spec"] == {
        "parentRefs": [
            {"group": GATEWAY_GROUP, "kind": "Gateway", "namespace": "infra", "name": "edge"}
        ],
        "hostnames": ["example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "Exact", "value": PATH}}],
                "backendRefs": [
                    {
                        "group": "",
                        "kind": "Service",
                        "name": "order-responder",
                        "namespace": "cert-manager",
                        "port": 8089,
                        "weight": 1,
                    }
                ],
            }
        ],
    }


def test_a_backend_beside_the_route_is_named_without_namespace() -> None:
    route = http_route(a_challenge(), GatewayHttpRoute(parent_refs=(GATEWAY,)), BACKEND)
    assert route.spec.rules[0].backend_refs[0].namespace is None


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_an_address_is_routed_without_a_host(address: str) -> None:
    challenge = a_challenge(dns_name=address)
    made = ingress(challenge, IngressPart(), BACKEND, "Exact")
    assert "host" not in made.spec.rules[0]
    assert http_route(challenge, GatewayHttpRoute(), FAR).spec.hostnames == ()


def test_a_host_is_written_in_lower_case() -> None:
    challenge = a_challenge(dns_name="Shop.Example.COM")
    made = ingress(challenge, IngressPart(), BACKEND, "Exact")
    assert made.spec.rules[0]["host"] == "shop.example.com"
    assert http_route(challenge, GatewayHttpRoute(), FAR).spec.hostnames == ("shop.example.com",)


@pytest.mark.parametrize(
    "token", ["", "a/../b", "..", "a b", "a%2fb", "a\n", "a{return 200;}", "ä"]
)
def test_no_route_is_made_of_a_token_that_could_lead_elsewhere(token: str) -> None:
    challenge = a_challenge(token=token)
    with pytest.raises(Misconfigured, match=r"RFC 8555 section 8\.3") as refused:
        ingress(challenge, IngressPart(), BACKEND, "Exact")
    assert not token or token not in str(refused.value)
    with pytest.raises(Misconfigured):
        http_route(challenge, GatewayHttpRoute(), FAR)


def test_the_class_is_a_field_or_an_annotation_or_neither() -> None:
    named = an_ingress(IngressPart(ingress_class_name="nginx"))
    assert named.spec.ingress_class_name == "nginx"
    assert named.metadata.annotations == OPEN
    annotated = an_ingress(IngressPart(class_="nginx"))
    assert annotated.spec.ingress_class_name is None
    assert annotated.metadata.annotations == {"kubernetes.io/ingress.class": "nginx", **OPEN}
    assert an_ingress(IngressPart(class_="", ingress_class_name="")) == an_ingress()


def test_the_template_wins_save_for_the_labels_that_routes_are_found_by() -> None:
    part = templated(
        labels={"team": "edge", **dict.fromkeys(LABELS, "x")},
        annotations={"kubernetes.io/ingress.class": "traefik", "argocd.argoproj.io/hook": "Skip"},
    )
    made = an_ingress(msgspec.structs.replace(part, class_="nginx"))
    assert made.metadata.labels == {"team": "edge", **LABELS}
    assert made.metadata.annotations == {
        "kubernetes.io/ingress.class": "traefik",
        "argocd.argoproj.io/hook": "Skip",
        **OPEN,
    }


@pytest.mark.parametrize(
    "key",
    [
        "nginx.ingress.kubernetes.io/whitelist-source-range",
        "haproxy-ingress.github.io/whitelist-source-range",
        "nginx.ingress.kubernetes.io/allowlist-source-range",
    ],
)
def test_a_source_range_of_the_template_stands_alone(key: str) -> None:
    made = an_ingress(templated(annotations={key: "192.0.2.0/24"}))
    assert made.metadata.annotations == {key: "192.0.2.0/24"}


@given(subdomains, subdomains, tokens)
def test_names_and_labels_are_valid(name: str, dns_name: str, token: str) -> None:
    challenge = a_challenge(name=name, dns_name=dns_name, token=token)
    for made in (
        ingress(challenge, IngressPart(), BACKEND, "Exact"),
        http_route(challenge, GatewayHttpRoute(), FAR),
    ):
        assert len(made.metadata.name) <= 253
        assert SUBDOMAIN.fullmatch(made.metadata.name)
        assert all(LABEL_VALUE.fullmatch(value) for value in made.metadata.labels.values())


def test_names_that_are_cut_differ() -> None:
    one, other = (route_name(a_challenge(name="a" * 240 + end)) for end in "bc")
    assert one != other
    assert route_name(a_challenge(name="a" * 233)) == "cm-acme-http-solver-" + "a" * 233


def test_parents_are_named_once_in_their_order() -> None:
    here = ParentRef(name="edge", namespace="shop")
    spelled_out = ParentRef(group=GATEWAY_GROUP, kind="Gateway", name="edge")
    mesh = ParentRef(group="", kind="Service", name="edge")
    other = ParentRef(name="other", section_name="http")
    found = distinct_parents((other, spelled_out, mesh, here, GATEWAY, other), "shop")
    assert found == (
        RouteParent(group=GATEWAY_GROUP, kind="Gateway", name="other", section_name="http"),
        RouteParent(group=GATEWAY_GROUP, kind="Gateway", name="edge"),
        RouteParent(group="", kind="Service", name="edge"),
        RouteParent(group=GATEWAY_GROUP, kind="Gateway", name="edge", namespace="infra"),
    )


def test_a_whole_parent_takes_in_its_parts() -> None:
    part = ParentRef(name="edge", section_name="http")
    port = ParentRef(name="edge", port=80)
    whole = ParentRef(name="edge")
    assert len(distinct_parents((part, port, whole), "shop")) == 1
    assert distinct_parents((part, port, whole), "shop")[0].section_name is None
    assert len(distinct_parents((part, port), "shop")) == 2


refs = st.builds(
    ParentRef,
    group=st.sampled_from([None, GATEWAY_GROUP, ""]),
    kind=st.sampled_from([None, "Gateway", "Service"]),
    namespace=st.sampled_from([None, "shop", "infra"]),
    name=st.sampled_from(["edge", "other"]),
    section_name=st.sampled_from([None, "http"]),
    port=st.sampled_from([None, 80]),
)


@given(st.lists(refs, max_size=8))
def test_distinct_parents_are_distinct_and_lose_none(given_refs: list[ParentRef]) -> None:
    found = [full_parent(ref, "shop") for ref in distinct_parents(given_refs, "shop")]
    assert len(found) == len(set(found))
    wholes = {(ref.group, ref.kind, ref.namespace, ref.name) for ref in found}
    for ref in (full_parent(one, "shop") for one in given_refs):
        assert ref in found or (
            (ref.group, ref.kind, ref.namespace, ref.name) in wholes
            and (ref.section_name or ref.port)
        )
    firsts = list(dict.fromkeys(full_parent(ref, "shop") for ref in given_refs))
    assert found == [ref for ref in firsts if ref in found]


def test_the_path_is_that_of_the_rfc() -> None:
    assert challenge_path(a_challenge()) == PATH
