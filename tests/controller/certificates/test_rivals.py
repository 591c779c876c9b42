"""Which of several Certificates with the same secretName may write the Secret."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.certificates.rivals import owner_of_secret, why_not
from orderapi.certificate import Certificate
from tests.controller.certificates.build import NOW, a_certificate


def one(name: str, *, age: int, deleted: bool = False) -> Certificate:
    return a_certificate(
        name=name, created=NOW - timedelta(days=age), deleted=NOW if deleted else None
    )


@pytest.mark.parametrize(
    ("me", "rivals", "issued_for", "expected"),
    [
        pytest.param(one("a", age=1), [], "", "a", id="alone"),
        pytest.param(one("a", age=1), [], "gone", "a", id="issued-for-one-that-is-gone"),
        pytest.param(one("b", age=2), [one("a", age=1)], "", "b", id="older-wins"),
        pytest.param(one("b", age=1), [one("a", age=2)], "", "a", id="younger-loses"),
        pytest.param(one("b", age=1), [one("a", age=1)], "", "a", id="tie-goes-by-name"),
        pytest.param(one("b", age=1), [one("a", age=2)], "b", "b", id="whom-it-was-issued-for"),
        pytest.param(one("b", age=2), [one("a", age=1)], "a", "a", id="issued-for-the-younger"),
        pytest.param(
            one("b", age=1), [one("a", age=2, deleted=True)], "a", "b", id="deleting-counts-no-more"
        ),
    ],
)
def test_who_may_write(
    me: Certificate, rivals: list[Certificate], issued_for: str, expected: str
) -> None:
    assert owner_of_secret(me, rivals, issued_for).metadata.name == expected


@given(
    ages=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), min_size=2),
    issued_for=st.sampled_from(["", "a", "b", "gone"]),
)
def test_all_agree_on_one(ages: dict[str, int], issued_for: str) -> None:
    all_of_them = [one(name, age=age) for name, age in ages.items()]
    owners = {
        owner_of_secret(
            me, [each for each in all_of_them if each is not me], issued_for
        ).metadata.name
        for me in all_of_them
    }
    assert len(owners) == 1


def test_the_loser_is_told_who_won_and_why() -> None:
    loser, winner = one("b", age=1), one("a", age=2)
    assert why_not(loser, winner, "") == (
        'Certificate "a" has the same secretName "web-tls", and it is the older one. This '
        "Certificate is not issued until one of the two names another Secret."
    )
    assert "the Secret was issued for it" in why_not(loser, winner, "a")
