"""The names of an order, and the CA's shuffled authorizations put back into their order."""

import itertools

import pytest

from controller.acme import messages
from controller.acme.messages import Identifier
from controller.orders.identifiers import identifiers, in_order, new_order, shown
from orderapi.order import OrderSpec
from orderapi.references import IssuerRef
from tests.controller.orders.build import NOW, SECOND


def spec(
    *dns: str, cn: str | None = None, ips: tuple[str, ...] = (), duration: str | None = None
) -> OrderSpec:
    return OrderSpec(
        request=b"",
        issuer_ref=IssuerRef(name="acme"),
        dns_names=dns,
        ip_addresses=ips,
        common_name=cn,
        duration=duration,
        profile="short",
        replaces="old",
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(spec("b.example", "a.example"), "b.example a.example", id="as-written"),
        pytest.param(spec("a.example", "A.EXAMPLE"), "a.example", id="once"),
        pytest.param(spec("a.example", cn="a.example"), "a.example", id="common-name-is-one"),
        pytest.param(spec("a.example", cn="b.example"), "a.example b.example", id="common-name"),
        pytest.param(spec("a.example", cn="My Server"), "a.example", id="words"),
        pytest.param(spec("a.example", cn="host"), "a.example", id="no-fqdn"),
        pytest.param(spec("*.a.example", cn="*.a.example"), "*.a.example", id="wildcard"),
        pytest.param(
            spec("a.example", ips=("192.0.2.1", "2001:DB8::0"), cn="192.0.2.7"),
            "a.example 192.0.2.1 2001:db8:: 192.0.2.7",
            id="addresses-last",
        ),
    ],
)
def test_each_name_once_in_the_order_of_the_spec(asked: OrderSpec, expected: str) -> None:
    assert [name.value for name in identifiers(asked)] == expected.split()


def test_what_is_asked_of_the_ca() -> None:
    new = new_order(spec("a.example", duration="2h"), NOW)
    assert new.identifiers == (Identifier("dns", "a.example"),)
    assert (new.profile, new.replaces) == ("short", "old")
    assert new.not_after == NOW + 7200 * SECOND
    assert new_order(spec("a.example"), NOW).not_after is None


def as_shown(name: str, status: str = "pending") -> messages.Authorization:
    kind = "ip" if name[0].isdigit() else "dns"
    return messages.Authorization(
        url=f"https://ca.example/{name}",
        status=status,
        identifier=Identifier(kind, name.removeprefix("*.")),
        wildcard=name.startswith("*."),
    )


def test_shuffled_authorizations_come_back_in_the_order_of_the_names() -> None:
    asked = spec("b.example", "*.b.example", "a.example", ips=("192.0.2.1",))
    names = ["b.example", "*.b.example", "a.example", "192.0.2.1"]
    for shuffled in itertools.permutations(names):
        answers = [as_shown(name) for name in shuffled]
        stored = in_order(asked, answers)
        assert [shown(one.identifier, wildcard=one.wildcard) for one in stored] == names


def test_a_name_that_was_not_asked_for_comes_last() -> None:
    stored = in_order(spec("a.example"), [as_shown("x.example"), as_shown("a.example")])
    assert [one.identifier for one in stored] == ["a.example", "x.example"]


@pytest.mark.parametrize(
    ("status", "state"),
    [("valid", "valid"), ("deactivated", "invalid"), ("revoked", "invalid"), ("new", "pending")],
)
def test_statuses_that_the_api_has_no_word_for(status: str, state: str) -> None:
    (stored,) = in_order(spec("a.example"), [as_shown("a.example", status)])
    assert stored.initial_state == state
