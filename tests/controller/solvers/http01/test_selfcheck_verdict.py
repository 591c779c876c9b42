"""What follows from what was found at all addresses, for every mixture of findings."""

from ipaddress import IPv4Address, IPv6Address
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.solvers.http01.verdicts import (
    DEAD_ADDRESS,
    FROM_HERE,
    Finding,
    Obstacle,
    Seen,
    Stage,
    verdict,
    without_address,
)

P, F, S, U = Finding.PASSED, Finding.FAILED, Finding.SILENT, Finding.UNTRIED


def seen(family: int, number: int, finding: Finding) -> Seen:
    address = IPv4Address(number) if family == 4 else IPv6Address(number)
    hint = "Mend it" if finding is F else ""
    return Seen(address, finding, f"{finding.name} at {address}", hint)


def all_of(found: list[tuple[int, Finding]]) -> list[Seen]:
    return [seen(family, number, finding) for number, (family, finding) in enumerate(found)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param([(4, P)], "passed", id="one passed"),
        pytest.param([(4, P), (6, P)], "passed", id="both families passed"),
        pytest.param([(4, P), (6, S)], "passed", id="no IPv6 here"),
        pytest.param([(6, P), (4, S), (4, S)], "passed", id="no IPv4 here"),
        pytest.param([(4, P), (4, U)], "passed", id="one is not tried"),
        pytest.param([(4, P), (4, S)], "failed", id="one of a family that is reached is dead"),
        pytest.param([(4, P), (6, P), (6, S)], "failed", id="one IPv6 address is dead"),
        pytest.param([(4, P), (4, F)], "failed", id="one answers otherwise"),
        pytest.param([(4, P), (6, F)], "failed", id="the other family answers otherwise"),
        pytest.param([(4, F), (4, S)], "failed", id="one fails, one tells nothing"),
        pytest.param([(4, S), (6, U)], "unknown", id="nothing is learned"),
        pytest.param([(4, U)], "unknown", id="nothing is tried"),
    ],
)
def test_what_decides(found: list[tuple[int, Finding]], expected: str) -> None:
    result = verdict(all_of(found))
    state = "passed" if result.passed else "unknown" if result.unknown else "failed"
    assert state == expected


FOUND = st.lists(
    st.tuples(st.sampled_from([4, 6]), st.sampled_from(Finding)), min_size=1, max_size=8
).map(all_of)


@given(FOUND)
def test_a_pass_is_sound(found: list[Seen]) -> None:
    result = verdict(found)
    alive = {one.address.version for one in found if one.finding is P}
    if result.passed:
        assert alive
        assert not result.unknown
        assert all(one.finding is not F for one in found)
        assert all(one.finding is not S or one.address.version not in alive for one in found)


@given(FOUND)
def test_a_certain_failure_always_decides(found: list[Seen]) -> None:
    result = verdict(found)
    failed = [one for one in found if one.finding is F]
    if failed:
        assert not result.passed
        assert not result.unknown
        assert result.evidence.startswith(failed[0].statement)
        assert result.evidence.endswith("Mend it")


@given(FOUND)
def test_unknown_means_that_nothing_was_learned(found: list[Seen]) -> None:
    result = verdict(found)
    assert result.unknown is all(one.finding in (S, U) for one in found)
    assert result.unknown is result.evidence.endswith(FROM_HERE)


@given(FOUND)
def test_a_failure_names_an_address_that_is_to_blame_first(found: list[Seen]) -> None:
    result = verdict(found)
    if not result.passed and not result.unknown and all(one.finding is not F for one in found):
        assert result.evidence.startswith("SILENT at ")
        assert result.evidence.endswith(DEAD_ADDRESS)
        to_blame = next(one for one in found if result.evidence.startswith(one.statement + ";"))
        alive = {one.address.version for one in found if one.finding is P}
        assert to_blame.address.version in alive


@given(FOUND, st.randoms(use_true_random=False))
def test_the_order_of_addresses_does_not_matter(found: list[Seen], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    one, other = verdict(found), verdict(shuffled)
    assert (one.passed, one.unknown) == (other.passed, other.unknown)


@given(FOUND)
def test_every_address_is_mentioned(found: list[Seen]) -> None:
    evidence = verdict(found, notes=["a note"]).evidence
    assert all(one.statement in evidence for one in found)
    assert "a note" in evidence


@given(
    st.lists(st.tuples(st.sampled_from(Finding), st.text(max_size=400)), min_size=1, max_size=8),
    st.lists(st.text(max_size=400), max_size=3),
)
def test_evidence_is_bounded(found: list[tuple[Finding, str]], notes: list[str]) -> None:
    each = [Seen(IPv4Address(n), finding, text) for n, (finding, text) in enumerate(found)]
    assert len(verdict(each, notes=notes).evidence) <= 1_000


@pytest.mark.parametrize(("finding", "unknown"), [(F, False), (S, True), (U, True)])
def test_a_name_without_an_address(finding: Finding, unknown: bool) -> None:
    result = without_address("a.example.com", Obstacle(Stage.DNS, finding, "no such name"))
    assert (result.passed, result.unknown) == (False, unknown)
    assert result.evidence.startswith("DNS: a.example.com: no such name")
