"""Solvers: one way to answer, HTTP-01 routes, waits, selectors."""

from typing import Any

import pytest

from tests.webhook.rules.build import paths
from tests.webhook.rules.issuer_judging import (
    SOLVER,
    on_create,
    with_acme,
    with_solver,
)

AT = "spec.acme.solvers[0]"
INGRESS = {"ingress": {"ingressClassName": "traefik"}}
ROUTE = {"gatewayHTTPRoute": {"parentRefs": [{"name": "web", "kind": "Gateway"}]}}

FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({}, AT, "set http01 or dns01"),
    ({"http01": INGRESS, **SOLVER}, AT, "a solver of its own"),
    ({"http01": {}}, f"{AT}.http01", "set ingress or gatewayHTTPRoute"),
    ({"http01": INGRESS | ROUTE}, f"{AT}.http01", "leave one of them"),
    (
        {"http01": {"ingress": {"ingressClassName": "a", "name": "b"}}},
        f"{AT}.http01.ingress",
        "ingressClassName and name",
    ),
    ({"http01": {"ingress": {"class": "a", "name": "b"}}}, f"{AT}.http01.ingress", "exclude"),
    (
        {"http01": {"ingress": {"ingressClassName": "azure/gateway"}}},
        f"{AT}.http01.ingress.ingressClassName",
        "no IngressClass",
    ),
    ({"http01": {"ingress": {"name": "A_b"}}}, f"{AT}.http01.ingress.name", "no Ingress"),
    (
        {"http01": {"ingress": {"serviceType": "LoadBalancer"}}},
        f"{AT}.http01.ingress.serviceType",
        "not one of ClusterIP, NodePort",
    ),
    (
        {"http01": {"gatewayHTTPRoute": {"serviceType": "nodeport"}}},
        f"{AT}.http01.gatewayHTTPRoute.serviceType",
        "not one of ClusterIP, NodePort",
    ),
    (
        {"http01": {"gatewayHTTPRoute": {"parentRefs": [{"name": "a"}, {"name": ""}]}}},
        f"{AT}.http01.gatewayHTTPRoute.parentRefs[1].name",
        "names the parent",
    ),
    ({"waitInsteadOfSelfCheck": "-5m", **SOLVER}, f"{AT}.waitInsteadOfSelfCheck", "negative"),
    (
        {"waitInsteadOfSelfCheck": "5 min", **SOLVER},
        f"{AT}.waitInsteadOfSelfCheck",
        "not a duration",
    ),
    ({"waitInsteadOfSelfCheck": "", **SOLVER}, f"{AT}.waitInsteadOfSelfCheck", "not a duration"),
]

FINE: list[dict[str, Any]] = [
    {"http01": INGRESS},
    {"http01": ROUTE},
    {"http01": {"ingress": {}}},
    {"http01": {"ingress": {"name": "web", "ingressClassName": "", "class": ""}}},
    {"http01": {"ingress": {"serviceType": "ClusterIP"}}},
    {"http01": {"gatewayHTTPRoute": {"labels": {"a.example/b": "c"}}}},
    {"http01": {"gatewayHTTPRoute": {}}},  # annotations name the Gateway
    {"http01": {"gatewayHTTPRoute": {"parentRefs": [{"name": "web"}], "serviceType": ""}}},
    {"waitInsteadOfSelfCheck": "1m30s", **SOLVER},
    {"waitInsteadOfSelfCheck": "0", **SOLVER},
    {"selector": {}, **SOLVER},
    {
        "selector": {
            "dnsNames": ["example.com", "*.example.com", "192.0.2.1", "_a.example.com"],
            "dnsZones": ["example.com", "example.org.", ".example.net", "com"],
            "matchLabels": {"team": "a", "example.com/b": ""},
        },
        **SOLVER,
    },
]

WARNINGS: list[tuple[dict[str, Any], str, str]] = [
    ({"http01": {"ingress": {"class": "nginx"}}}, "http01.ingress.class", "ingressClassName"),
    ({"http01": {"ingress": {"podTemplate": {}}}}, "http01.ingress.podTemplate", "no pod"),
    (
        {"http01": {"ingress": {"name": "web", "ingressTemplate": {}}}},
        "http01.ingress.ingressTemplate",
        "no effect",
    ),
    (
        {"http01": {"ingress": {"ingressTemplate": {"metadata": {"labels": {"a": "b c"}}}}}},
        "http01.ingress.ingressTemplate.metadata.labels",
        "no label",
    ),
    (
        {"http01": {"gatewayHTTPRoute": {"podTemplate": {}}}},
        "http01.gatewayHTTPRoute.podTemplate",
        "no pod",
    ),
    (
        {"http01": {"gatewayHTTPRoute": {"labels": {"-": "b"}}}},
        "http01.gatewayHTTPRoute.labels",
        "no label",
    ),
    ({"selector": {"dnsNames": ["a b"]}, **SOLVER}, "selector.dnsNames[0]", "not a DNS name"),
    ({"selector": {"dnsNames": [""]}, **SOLVER}, "selector.dnsNames[0]", "not a DNS name"),
    ({"selector": {"dnsNames": ["müller.example"]}, **SOLVER}, "selector.dnsNames[0]", "not a DNS"),
    ({"selector": {"dnsNames": ["A.example"]}, **SOLVER}, "selector.dnsNames[0]", "capital"),
    ({"selector": {"dnsNames": ["a.b", "a.b"]}, **SOLVER}, "selector.dnsNames[1]", "twice"),
    ({"selector": {"dnsZones": ["*.a.example"]}, **SOLVER}, "selector.dnsZones[0]", '"a.example"'),
    ({"selector": {"dnsZones": ["192.0.2.1"]}, **SOLVER}, "selector.dnsZones[0]", "IP address"),
    ({"selector": {"dnsZones": ["."]}, **SOLVER}, "selector.dnsZones[0]", "not a DNS name"),
    ({"selector": {"dnsZones": ["https://a"]}, **SOLVER}, "selector.dnsZones[0]", "not a DNS name"),
    ({"selector": {"matchLabels": {"a": "b c"}}, **SOLVER}, "selector.matchLabels", "no label"),
    ({"selector": {"matchLabels": {"a b": "c"}}, **SOLVER}, "selector.matchLabels", "no label"),
]


@pytest.mark.parametrize(("solver", "path", "text"), FAULTS)
def test_a_fault_is_told_with_its_path(solver: dict[str, Any], path: str, text: str) -> None:
    verdict = on_create(with_solver(**solver))
    assert paths(verdict) == [path]
    assert text in verdict.faults[0].text


@pytest.mark.parametrize("solver", FINE)
def test_what_works_passes_without_a_word(solver: dict[str, Any]) -> None:
    assert on_create(with_solver(**solver)) == ((), ())


@pytest.mark.parametrize(("solver", "path", "text"), WARNINGS)
def test_what_is_unwise_is_a_warning(solver: dict[str, Any], path: str, text: str) -> None:
    verdict = on_create(with_solver(**solver))
    assert verdict.allowed
    (warning,) = verdict.warnings
    assert warning.startswith(f"{AT}.{path}: ")
    assert text in warning


def test_the_path_has_the_number_of_the_solver() -> None:
    assert paths(on_create(with_acme(solvers=[SOLVER, {}, {"http01": {}}]))) == [
        "spec.acme.solvers[1]",
        "spec.acme.solvers[2].http01",
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SOLVER, SOLVER),
        ({**SOLVER, "selector": {}}, {"dns01": {"rfc2136": {"nameserver": "192.0.2.9"}}}),
        (
            {**SOLVER, "selector": {"dnsZones": ["a.example", "b.example"]}},
            {**SOLVER, "selector": {"dnsZones": ["B.example.", "a.example"]}},
        ),
    ],
)
def test_a_solver_that_another_always_precedes(first: Any, second: Any) -> None:
    assert on_create(with_acme(solvers=[first, {"http01": INGRESS}, second])).warnings == (
        "spec.acme.solvers[2]: is never used: spec.acme.solvers[0] answers the same challenges, "
        "with the same selector",
    )


def test_solvers_with_other_selectors_stand_beside_each_other() -> None:
    zones = [{**SOLVER, "selector": {"dnsZones": [zone]}} for zone in ("a.example", "b.example")]
    names = [{**SOLVER, "selector": {"dnsNames": ["a.example"]}}]
    labels = [{**SOLVER, "selector": {"matchLabels": {"a": value}}} for value in "bc"]
    solvers = [*zones, *names, *labels, SOLVER, {"http01": INGRESS}]
    assert on_create(with_acme(solvers=solvers)) == ((), ())
