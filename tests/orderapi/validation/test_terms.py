"""What the API does not allow of lifetimes and of the time of renewal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi import defaults
from orderapi.validation.terms import default_term_faults, term_faults
from tests.orderapi.validation.build import a_spec, sentences


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="nothing set"),
        pytest.param({"duration": "1h"}, id="shortest"),
        pytest.param({"duration": "1h", "renew_before": "5m"}, id="shortest of both"),
        pytest.param({"renew_before": "87600h"}, id="longer than any certificate, no duration"),
        pytest.param({"duration": "2h", "renew_before": "1h59m59s"}, id="all but a second"),
        pytest.param({"duration": "1h", "renew_before_percentage": 1}, id="least share"),
        pytest.param({"duration": "1h", "renew_before_percentage": 99}, id="greatest share"),
        pytest.param({"renew_before_percentage": 0}, id="no share, no duration"),
        pytest.param({"renew_before_percentage": 150}, id="too great a share, no duration"),
    ],
)
def test_what_is_allowed(fields: dict[str, Any]) -> None:
    assert sentences(term_faults(a_spec(**fields))) == []


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        pytest.param(
            {"duration": "59m59s"},
            ['spec.duration: "59m59s" is less than 1h0m0s'],
            id="too short",
        ),
        pytest.param({"duration": "0"}, ['spec.duration: "0" is less than 1h0m0s'], id="none"),
        pytest.param(
            {"duration": "-2160h"},
            ['spec.duration: "-2160h" is less than 1h0m0s'],
            id="negative",
        ),
        pytest.param(
            {"duration": "90d"},
            ['spec.duration: "90d" is not a duration; write it like 2160h, 1h30m or 90s'],
            id="unreadable",
        ),
        pytest.param(
            {"renew_before": "4m59s"},
            ['spec.renewBefore: "4m59s" is less than 5m0s'],
            id="renewed too late",
        ),
        pytest.param(
            {"duration": "2h", "renew_before": "120m"},
            ['spec.renewBefore: "120m" is not less than spec.duration, "2h"'],
            id="renewed at once",
        ),
        pytest.param(
            {"renew_before": "1h", "renew_before_percentage": 50},
            ["spec.renewBeforePercentage: excludes spec.renewBefore; only one can be set"],
            id="both",
        ),
        pytest.param(
            {"duration": "1h", "renew_before_percentage": 0},
            ["spec.renewBeforePercentage: 0 is not between 1 and 99"],
            id="no share",
        ),
        pytest.param(
            {"duration": "1h", "renew_before_percentage": 100},
            ["spec.renewBeforePercentage: 100 is not between 1 and 99"],
            id="the whole",
        ),
        pytest.param(
            {"duration": "1s", "renew_before": "1s", "renew_before_percentage": 5},
            [
                'spec.duration: "1s" is less than 1h0m0s',
                'spec.renewBefore: "1s" is less than 5m0s',
                "spec.renewBeforePercentage: excludes spec.renewBefore; only one can be set",
            ],
            id="all at once",
        ),
    ],
)
def test_what_is_not(fields: dict[str, Any], faults: list[str]) -> None:
    assert sentences(term_faults(a_spec(**fields))) == faults


_lengths = st.none() | st.text(max_size=8) | st.timedeltas().map(defaults.format_duration)


@given(_lengths, _lengths, st.none() | st.integers())
def test_any_terms_are_judged(
    duration: str | None, renew_before: str | None, percentage: int | None
) -> None:
    spec = a_spec(duration=duration, renew_before=renew_before, renew_before_percentage=percentage)
    for fault in term_faults(spec):
        assert fault.path.startswith(("spec.duration", "spec.renewBefore"))


@pytest.mark.parametrize("text", ["1s" * 60, "9" * 5_000 + "h"])
def test_a_text_that_is_no_duration_is_cut(text: str) -> None:
    (fault,) = term_faults(a_spec(duration=text))
    assert fault.text.startswith(f'"{text[:100]}…" is too long for a duration')


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        pytest.param({"renew_before": "2160h"}, ["spec.renewBefore"], id="no room"),
        pytest.param({"renew_before": "2159h59m"}, [], id="room"),
        pytest.param({"renew_before": "2160h", "duration": "2161h"}, [], id="duration set"),
        pytest.param({"renew_before": "soon"}, [], id="unreadable, told elsewhere"),
        pytest.param({}, [], id="nothing set"),
    ],
)
def test_renewal_is_compared_with_the_default_duration_for_admission_alone(
    fields: dict[str, Any], paths: list[str]
) -> None:
    assert [fault.path for fault in default_term_faults(a_spec(**fields))] == paths
