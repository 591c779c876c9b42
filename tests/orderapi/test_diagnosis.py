"""The diagnosis is bounded, whatever a CA answers."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from orderapi.diagnosis import MAX_ATTEMPTS, MAX_BYTES, Attempt, Diagnosis, diagnosis

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

texts = st.one_of(
    st.text(max_size=200),
    st.builds(
        lambda text, times: text * times, st.text(min_size=1, max_size=5), st.integers(0, 5000)
    ),
)
attempts = st.builds(Attempt, time=st.just(NOW), outcome=texts, message=texts)


@given(cause=texts, message=texts, tries=st.lists(attempts, max_size=8))
def test_it_never_passes_its_bounds(cause: str, message: str, tries: list[Attempt]) -> None:
    made = diagnosis(cause, message, next_retry_time=NOW, attempts=tries)
    assert len(made.attempts) <= MAX_ATTEMPTS
    assert len(msgspec.json.encode(made)) <= MAX_BYTES
    assert bool(made.message) == bool(message)
    assert [attempt.time for attempt in made.attempts] == [NOW] * len(made.attempts)


def test_what_fits_stays_as_it_is() -> None:
    tries = tuple(Attempt(time=NOW, outcome="dns", message=f"try {n}") for n in range(5))
    assert diagnosis("dns", "no TXT record", next_retry_time=NOW, attempts=tries) == Diagnosis(
        cause="dns", message="no TXT record", next_retry_time=NOW, attempts=tries
    )


def test_the_newest_attempts_are_kept() -> None:
    tries = [Attempt(time=NOW, outcome="dns", message=f"try {n}") for n in range(8)]
    kept = diagnosis("dns", "no TXT record", attempts=tries).attempts
    assert [attempt.message for attempt in kept] == [f"try {n}" for n in range(3, 8)]


def test_a_cut_text_shows_it() -> None:
    assert diagnosis("dns", "x" * 5000).message.endswith("x…")
