"""The budget of requests: what the annotation says, and when the next request may be made."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi import attempts
from orderapi.attempts import Attempt
from orderapi.certificate import CertificateSpec
from orderapi.names import ATTEMPTS
from orderapi.references import IssuerRef

NOW = datetime(2026, 11, 24, 9, 0, 0, 250, tzinfo=UTC)


def ago(minutes: float, names: str = "aa") -> Attempt:
    return Attempt(NOW - timedelta(minutes=minutes), names)


def a_spec(*dns_names: str, common_name: str | None = None) -> CertificateSpec:
    return CertificateSpec(
        secret_name="tls",
        issuer_ref=IssuerRef(name="ca"),
        dns_names=dns_names,
        common_name=common_name,
    )


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param([], None, id="never"),
        pytest.param([ago(1)] * 1, None, id="once"),
        pytest.param([ago(m) for m in (4, 3, 2, 1)], None, id="four"),
        pytest.param(
            [ago(m) for m in (50, 4, 3, 2, 1)],
            NOW + timedelta(minutes=10),
            id="five-wait-for-first",
        ),
        pytest.param([ago(m) for m in (60, 4, 3, 2, 1)], None, id="first-is-an-hour-old"),
        pytest.param([ago(m, "bb") for m in (50, 4, 3, 2, 1)], None, id="other-names-do-not-count"),
        pytest.param(
            [ago(m, "") for m in (50, 4, 3, 2, 1)],
            NOW + timedelta(minutes=10),
            id="unknown-names-count",
        ),
        pytest.param(
            [ago(40 - m, f"{m}") for m in range(20)],
            NOW + timedelta(minutes=20),
            id="twenty-of-whatever-names",
        ),
    ],
)
def test_when_the_next_request_may_be_made(made: list[Attempt], expected: datetime | None) -> None:
    assert attempts.free_at(made, "aa", NOW) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(a_spec("a", "b"), a_spec("b", "a"), True, id="order"),
        pytest.param(a_spec("a"), a_spec("A"), True, id="case"),
        pytest.param(a_spec("a", common_name="a"), a_spec("a"), True, id="common-name-repeats"),
        pytest.param(a_spec("a"), a_spec("a", "b"), False, id="one-more"),
        pytest.param(a_spec("a b"), a_spec("a", "b"), False, id="no-joining"),
    ],
)
def test_digest_of_names(one: CertificateSpec, other: CertificateSpec, same: bool) -> None:
    assert (attempts.names_digest(one) == attempts.names_digest(other)) is same


def test_annotations_of_several_objects_are_one_history() -> None:
    first, second, third = ago(3), ago(2, "bb"), ago(1)
    told = [
        {ATTEMPTS: attempts.written([first, second])},
        {},
        {ATTEMPTS: attempts.written([second, third])},
    ]
    assert attempts.recent(told, NOW) == (first, second, third)


def test_plain_times_are_read_and_nonsense_is_not() -> None:
    told = {ATTEMPTS: "2026-11-24T08:59:00Z, yesterday,,2026-11-24T08:58:00"}
    assert attempts.recent([told], NOW) == (Attempt(datetime(2026, 11, 24, 8, 59, tzinfo=UTC)),)


@pytest.mark.parametrize("look", [0, 20, 59, 90, 114])
def test_a_clock_set_back_a_little_closes_until_one_time_at_every_look(look: int) -> None:
    told = {ATTEMPTS: attempts.written(ago(-m) for m in (55, 56, 57, 58, 59))}
    now = NOW + timedelta(minutes=look)
    made = attempts.recent([told], now)
    assert attempts.free_at(made, "aa", now) == NOW + timedelta(minutes=115)


@pytest.mark.parametrize("look", [0, 60, 500])
def test_attempts_of_a_far_future_do_not_count(look: int) -> None:
    told = {ATTEMPTS: attempts.written(ago(-m) for m in (600, 601, 602, 603, 604))}
    assert attempts.recent([told], NOW + timedelta(minutes=look)) == ()


def test_what_is_known_counts_once_and_for_an_hour() -> None:
    told = [{ATTEMPTS: attempts.written([ago(2)])}]
    assert attempts.recent(told, NOW, known=(ago(60), ago(3), ago(2))) == (ago(3), ago(2))


@given(st.lists(st.integers(0, 3_599_000_000), max_size=20, unique=True))
def test_what_is_written_is_read(microseconds: list[int]) -> None:
    made = tuple(sorted(Attempt(NOW - timedelta(microseconds=m), "aa") for m in microseconds))
    assert attempts.recent([{ATTEMPTS: attempts.written(made)}], NOW) == made
