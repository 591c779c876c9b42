from datetime import UTC, datetime

import pytest

from controller.runtime.clock import SystemClock, micro_time
from controller.runtime.schedule import Again, At, Key, Now, OnChange, soonest
from tests.controller.runtime.build import START

EARLY, LATE = At(START), At(START.replace(hour=23))


@pytest.mark.parametrize(
    ("a", "b", "first"),
    [
        pytest.param(Now(), LATE, Now(), id="now before a time"),
        pytest.param(Now(), OnChange(), Now(), id="now before a change"),
        pytest.param(EARLY, LATE, EARLY, id="the earlier time"),
        pytest.param(EARLY, OnChange(), EARLY, id="a time before a change"),
        pytest.param(OnChange(), OnChange(), OnChange(), id="nothing but changes"),
    ],
)
def test_soonest_is_the_one_that_comes_first(a: Again, b: Again, first: Again) -> None:
    assert soonest(a, b) == first
    assert soonest(b, a) == first


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param(Key("shop", "www"), "shop/www", id="namespaced"),
        pytest.param(Key("", "letsencrypt"), "letsencrypt", id="cluster-scoped"),
    ],
)
def test_a_key_reads_as_kubectl_writes_it(key: Key, text: str) -> None:
    assert str(key) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        pytest.param(START, "2026-03-01T12:00:00.000000Z", id="a whole second keeps six digits"),
        pytest.param(
            START.replace(microsecond=7), "2026-03-01T12:00:00.000007Z", id="leading zeros"
        ),
        pytest.param(
            datetime.fromisoformat("2026-03-01T07:00:00.5-05:00"),
            "2026-03-01T12:00:00.500000Z",
            id="another zone becomes UTC",
        ),
    ],
)
def test_a_micro_time_has_six_digits_and_is_utc(time: datetime, text: str) -> None:
    assert micro_time(time) == text


def test_the_system_clock_is_aware_and_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
