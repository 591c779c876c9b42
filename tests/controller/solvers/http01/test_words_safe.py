"""What strangers say is short, on one line, and repeats no token; and words on IngressClasses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.gatewayapi import RouteParent
from controller.networking import (
    Ingress,
    IngressSpec,
)
from controller.solvers.http01.words import gateway_words, ingress_words
from orderapi.conditions import Condition
from orderapi.meta import ObjectMeta
from tests.controller.solvers.http01.built_words import (
    GOOD_ROUTE,
    PATH,
    TOKEN,
    a_gateway,
    a_route,
    anything,
    condition,
)


def an_ingress(class_name: str | None = None, **meta: Any) -> Ingress:
    """An Ingress of a class."""
    return Ingress(
        metadata=ObjectMeta(name="solver", namespace="shop", **meta),
        spec=IngressSpec(ingress_class_name=class_name),
    )


@pytest.mark.parametrize(
    "message", [f"no backend for Exact `{PATH}`", f"rule {TOKEN} dropped", "x" * 300 + f"={TOKEN}"]
)
def test_a_token_is_not_repeated(message: str) -> None:
    told = gateway_words(a_route(condition("Accepted", "False", "Why", message)), [a_gateway()])
    assert TOKEN[:8] not in told


def test_a_token_of_another_route_is_not_repeated() -> None:
    message = "conflicts with /.well-known/acme-challenge/other-token-0123 (shop/x)"
    told = gateway_words(GOOD_ROUTE, [a_gateway(condition("Accepted", "False", "No", message))])
    assert "/.well-known/acme-challenge/… (shop/x)" in told
    assert "other-token" not in told


def test_words_of_others_stay_on_one_line_and_show_what_does_not_print() -> None:
    message = "first\n  second\t\u202ethird\x1b[31m\u200b"
    told = gateway_words(a_route(condition("Accepted", "False", "No", message)), [a_gateway()])
    assert told.endswith("No: first second \\u202ethird\\x1b[31m\\u200b.")


conditions = st.builds(
    condition,
    st.sampled_from(["Accepted", "Programmed", "ResolvedRefs", "Conflicted"]),
    st.sampled_from(["True", "False", "Unknown"]) | anything,
    anything,
    anything,
    st.integers(0, 3),
)


@given(st.lists(conditions, max_size=3), st.lists(conditions, max_size=3), anything)
def test_words_are_short_and_safe_whatever_is_said(
    of_route: list[Condition], of_gateway: list[Condition], name: str
) -> None:
    parent = RouteParent(name=name, namespace="infra")
    route = a_route(*of_route, parent=parent)
    gateway = a_gateway(*of_gateway, name=name, http=tuple(of_gateway))
    told = gateway_words(route, [gateway])
    assert len(told) <= 600
    assert told.isprintable()
    assert TOKEN not in told


@given(anything, st.lists(anything, max_size=9))
def test_words_on_classes_are_short_and_safe(name: str, classes: list[str]) -> None:
    told = ingress_words(an_ingress(), name, classes)
    assert len(told) <= 600
    assert told.isprintable()


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ([], "there is none"),
        (["nginx"], 'there is "nginx"'),
        (["traefik", "nginx"], 'there are "nginx" and "traefik"'),
        (list("abcde"), 'there are "a", "b", "c", "d" and "e"'),
        (list("abcdefg"), 'there are "a", "b", "c", "d", "e" and 2 more'),
    ],
)
def test_a_class_that_does_not_exist(classes: list[str], words: str) -> None:
    told = ingress_words(an_ingress("foo"), "foo", classes)
    assert told == f'IngressClass "foo" does not exist; {words}.'


def test_a_class_that_exists_needs_no_words() -> None:
    assert ingress_words(an_ingress("nginx"), "nginx", ["nginx"]) == ""


def test_an_ingress_of_no_class_may_be_passed_over() -> None:
    assert ingress_words(an_ingress(), None, ["nginx"]) == (
        'Ingress "shop/solver" names no class, and none is the default: a router may pass it over. '
        'Set ingressClassName in the solver; there is "nginx".'
    )
    assert ingress_words(an_ingress("nginx"), None, ["nginx"]) == ""
    annotated = an_ingress(annotations={"kubernetes.io/ingress.class": "nginx"})
    assert ingress_words(annotated, None, ["traefik"]) == ""
    assert ingress_words(an_ingress(), None, []) == ""


def test_an_ingress_that_is_gone() -> None:
    words = "The Ingress that leads to the answer is not there."
    assert ingress_words(None, "foo", []) == words
