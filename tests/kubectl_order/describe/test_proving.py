import pytest

from kubectl_order.describe.proving import identifiers, proofs, seen_in, with_values
from orderapi.challenge import Challenge
from tests.kubectl_order.build import (
    KEY,
    RFC2136_SOLVER,
    TOKEN,
    a_challenge,
    an_authorization,
    an_order,
    an_ordered_chain,
)
from tests.kubectl_order.pages import chains


@pytest.mark.parametrize(
    ("reason", "seen"),
    [
        pytest.param(chains.UNSEEN, chains.UNSEEN.partition(": ")[2], id="not visible yet"),
        pytest.param(
            chains.REFUSED, "ns1.example.com (10.0.0.1): has the value", id="told with a refusal"
        ),
        pytest.param(
            "Whether the HTTP-01 answer can be seen cannot be told from here; at "
            "2026-11-24T09:00:00Z the CA is asked to look all the same. Port 80 is closed.",
            "Port 80 is closed.",
            id="cannot be told",
        ),
        pytest.param("Failed to publish the answer: REFUSED", "", id="not looked yet"),
        pytest.param("", "", id="nothing is said"),
    ],
)
def test_seen_in(reason: str, seen: str) -> None:
    assert seen_in(reason) == seen


@pytest.mark.parametrize(
    ("challenge", "record", "by_hand", "value"),
    [
        pytest.param(
            a_challenge(solver=RFC2136_SOLVER),
            "_acme-challenge.www.example.com",
            "_acme-challenge.www.example.com",
            KEY,
            id="dns-01",
        ),
        pytest.param(
            a_challenge(),
            "http://www.example.com/.well-known/acme-challenge/",
            f"http://www.example.com/.well-known/acme-challenge/{TOKEN}",
            KEY,
            id="http-01",
        ),
        pytest.param(
            a_challenge(dns_name="2001:db8::1"),
            "http://[2001:db8::1]/.well-known/acme-challenge/",
            f"http://[2001:db8::1]/.well-known/acme-challenge/{TOKEN}",
            KEY,
            id="http-01 for an address",
        ),
        pytest.param(
            a_challenge("valid"),
            "http://www.example.com/.well-known/acme-challenge/",
            "http://www.example.com/.well-known/acme-challenge/",
            None,
            id="nothing is to be published any more",
        ),
    ],
)
def test_values_are_told_only_where_they_are_asked_for_and_of_use(
    challenge: Challenge, record: str, by_hand: str, value: str | None
) -> None:
    chain = an_ordered_chain(challenge)

    (told,) = proofs(chain)
    (shown,) = with_values([told], chain)

    assert (told.record, told.value) == (record, None)
    assert (shown.record, shown.value) == (by_hand, value)


def test_a_name_that_needs_no_challenge_or_has_none_yet_is_told_too() -> None:
    found = identifiers(chains.without_challenges())

    assert [(one.name, one.state, one.challenge) for one in found] == [
        ("www.example.com", "valid", None),
        ("example.com", "pending", None),
    ]


def test_a_wildcard_and_its_own_name_are_told_apart() -> None:
    authorizations = (
        an_authorization("example.com", wildcard=True),
        an_authorization("example.com"),
    )
    # Both have one URL here: then the name and the wildcard decide.
    order = an_order(dns_names=("*.example.com", "example.com"), authorizations=authorizations)
    wild, plain = (
        a_challenge(index=index, dns_name="example.com", wildcard=wildcard)
        for index, wildcard in enumerate((True, None))
    )

    found = identifiers(an_ordered_chain(wild, plain, order=order))

    assert [(one.wildcard, one.challenge and one.challenge.name) for one in found] == [
        (True, "web-1-2233-0"),
        (False, "web-1-2233-1"),
    ]


def test_once_the_order_is_valid_so_are_its_names() -> None:
    chain = an_ordered_chain(order=an_order("valid"))

    assert identifiers(chain)[0].state == "pending"  # its challenge says so
    assert identifiers(chains.fine())[0].state == "valid"
