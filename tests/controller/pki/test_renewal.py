from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.pki.renewal import RenewalTime, renewal_time
from orderapi.certificate import Renewal, RenewalWindow
from tests.controller.pki.build import a_spec, unhurried

START = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)
"""A Thursday."""
END = START + timedelta(days=90)
DUE = START + timedelta(days=60)
"""2 March 2026, a Monday, at midnight UTC."""


def renewed(**fields: Any) -> RenewalTime:
    return renewal_time(a_spec(**fields), not_before=START, not_after=END)


def window(cron: str, duration: str = "4h", timezone: str | None = None) -> RenewalWindow:
    return RenewalWindow(cron=cron, window_duration=duration, timezone=timezone)


def within(*windows: RenewalWindow) -> RenewalTime:
    return renewed(renewal=Renewal(policy="RenewBefore", windows=windows))


@pytest.mark.parametrize(
    ("fields", "before"),
    [
        pytest.param({}, timedelta(days=30), id="a third"),
        pytest.param({"renew_before": "240h"}, timedelta(days=10), id="renewBefore"),
        pytest.param({"renew_before": "2160h"}, timedelta(days=30), id="all of the lifetime"),
        pytest.param({"renew_before": "0s"}, timedelta(days=30), id="zero"),
        pytest.param({"renew_before": "-1h"}, timedelta(days=30), id="negative"),
        pytest.param({"renew_before_percentage": 10}, timedelta(days=9), id="percentage"),
        pytest.param({"renew_before_percentage": 100}, timedelta(days=30), id="100 per cent"),
        pytest.param({"renew_before_percentage": 0}, timedelta(days=30), id="0 per cent"),
        pytest.param(
            {"renew_before": "9999h", "renew_before_percentage": 50},
            timedelta(days=45),
            id="percentage where renewBefore does not fit",
        ),
        pytest.param({"duration": "24h"}, timedelta(days=30), id="wanted duration is no matter"),
        pytest.param({"renewal": Renewal(policy="RenewBefore")}, timedelta(days=30), id="policy"),
    ],
)
def test_without_windows(fields: dict[str, Any], before: timedelta) -> None:
    assert renewed(**fields) == RenewalTime(END - before)


def test_disabled_is_never() -> None:
    assert renewed(renewal=Renewal(policy="Disabled")) == RenewalTime(None)


def test_the_time_is_cut_to_the_second() -> None:
    odd = END + timedelta(seconds=1)
    assert renewal_time(a_spec(), not_before=START, not_after=odd).time == DUE


@pytest.mark.parametrize(
    ("windows", "time"),
    [
        pytest.param([window("0 22 * * *")], DUE, id="open then"),
        pytest.param([window("0 0 * * *")], DUE, id="opens then"),
        pytest.param([window("0 20 * * *")], DUE - timedelta(hours=4), id="closes then"),
        pytest.param([window("0 2 * * SUN")], DUE - timedelta(hours=22), id="last opening before"),
        pytest.param(
            [window("0 2 * * SUN"), window("0 2 * * SAT")],
            DUE - timedelta(hours=22),
            id="the later of two",
        ),
        pytest.param([window("0 2 * * SAT"), window("0 23 * * SUN")], DUE, id="one of two is open"),
        pytest.param(
            [window("30 19 * * *", "30m", "America/New_York")],
            DUE - timedelta(hours=23, minutes=30),
            id="zone",
        ),
        pytest.param([window("0 0 20 3 *")], DUE + timedelta(days=18), id="first opening after"),
        pytest.param(
            [window("0 0 3 1 *"), window("0 0 20 3 *")],
            DUE + timedelta(days=18),
            id="an opening right after issuance does not count",
        ),
        pytest.param([window("0 0 5 1 *")], datetime(2026, 1, 5, tzinfo=UTC), id="early opening"),
    ],
)
def test_windows(windows: list[RenewalWindow], time: datetime) -> None:
    assert within(*windows) == RenewalTime(time)


@pytest.mark.parametrize(
    ("windows", "fault"),
    [
        pytest.param(
            [window("0 0 20 12 *")],
            "cannot find a time with the given windows between 2026-01-04T18:00:00Z and "
            "2026-04-01T00:00:00Z for: 2026-03-02T00:00:00Z",
            id="none in time",
        ),
        pytest.param(
            [window("0 0 * * *"), window("0 0 0 * * *")],
            'spec.renewal.windows[1].cron: "0 0 0 * * *" has not five fields',
            id="six fields",
        ),
        pytest.param(
            [window("61 * * * *")],
            'spec.renewal.windows[0].cron: "61 * * * *" is not a cron expression of the fields '
            "minute, hour, day of month, month, day of week",
            id="bad minute",
        ),
        pytest.param(
            [window(f"{'9' * 5000} * * * *")],
            f'spec.renewal.windows[0].cron: "{"9" * 100}…" is not a cron expression of the fields '
            "minute, hour, day of month, month, day of week",
            id="long number",
        ),
        pytest.param(
            [window("* * */20 * 1L")],
            'spec.renewal.windows[0].cron: "* * */20 * 1L" never comes',
            id="never",
        ),
        pytest.param(
            [window("0 0 * * *", "4h", "Mars/Olympus")],
            'spec.renewal.windows[0].timezone: "Mars/Olympus" is not an IANA time zone such as '
            "Europe/Berlin",
            id="unknown zone",
        ),
        pytest.param(
            [window("0 0 * * *", "4h", "../../etc/passwd")],
            'spec.renewal.windows[0].timezone: "../../etc/passwd" is not an IANA time zone such as '
            "Europe/Berlin",
            id="zone that leaves its folder",
        ),
        pytest.param(
            [window("0 0 * * *", "4h", "America")],
            'spec.renewal.windows[0].timezone: "America" is not an IANA time zone such as '
            "Europe/Berlin",
            id="zone that is a folder",
        ),
        pytest.param(
            [window("0 0 * * *", "0h")],
            'spec.renewal.windows[0].windowDuration: "0h" must be longer than 0s',
            id="no length",
        ),
        pytest.param(
            [window("0 0 * * *", "soon")],
            'spec.renewal.windows[0].windowDuration: "soon" is not a duration; '
            "write it like 2160h, 1h30m or 90s",
            id="bad length",
        ),
        pytest.param(
            [window("0 0 * * *")] * 17,
            "spec.renewal.windows: has more than 16 windows",
            id="too many",
        ),
    ],
)
def test_window_faults_keep_the_desired_time(windows: list[RenewalWindow], fault: str) -> None:
    assert within(*windows) == RenewalTime(DUE, fault)


def test_bad_renew_before_and_policy_are_told() -> None:
    bad = renewed(renew_before="soon")
    assert bad.time == DUE
    assert bad.fault.startswith('spec.renewBefore: "soon" is not a duration')
    assert renewed(renewal=Renewal(policy="Never")) == RenewalTime(
        DUE, 'spec.renewal.policy: "Never" is not one of RenewBefore, Disabled'
    )


def test_the_end_of_the_calendar_is_no_error() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    spec = a_spec(renew_before="1h", renewal=Renewal(windows=(window("0 0 1 1 *", "1m"),)))
    planned = renewal_time(spec, not_before=end - timedelta(hours=2), not_after=end)
    assert planned.time == end - timedelta(hours=1)
    assert "cannot find a time" in planned.fault


def test_a_certificate_that_ends_before_it_begins_is_due_at_its_end() -> None:
    assert renewal_time(a_spec(), not_before=END, not_after=START) == RenewalTime(START)


_crons = st.builds(
    "{} {} {} {} {}".format,
    st.sampled_from(["0", "30", "*/15", "*"]),
    st.sampled_from(["2", "*", "9-17", "*/6"]),
    st.sampled_from(["*", "1", "15", "L"]),
    st.sampled_from(["*", "*/2", "JAN"]),
    st.sampled_from(["*", "SUN", "MON-FRI"]),
)
_windows = st.builds(
    window,
    _crons,
    st.sampled_from(["1m", "1h", "36h"]),
    st.sampled_from([None, "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
)


@unhurried
@given(
    st.lists(_windows, min_size=1, max_size=3),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(hours=1), timedelta(days=400)),
)
def test_the_time_is_in_a_window_and_the_lifetime(
    windows: list[RenewalWindow], start: datetime, lifetime: timedelta
) -> None:
    spec = a_spec(renewal=Renewal(windows=tuple(windows)))
    time, fault = renewal_time(spec, not_before=start, not_after=start + lifetime)
    assert time is not None
    assert start <= time + timedelta(seconds=1) <= start + lifetime + timedelta(seconds=1)
    if not fault:
        # Fitting once more changes nothing: the time is where some window is open.
        later = start + lifetime
        again = a_spec(
            renew_before=f"{(later - time).total_seconds():f}s",
            renewal=Renewal(windows=tuple(windows)),
        )
        assert renewal_time(again, not_before=start, not_after=later) == RenewalTime(time)


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=20))
@unhurried
def test_arbitrary_windows_never_raise(cron: str, duration: str, zone: str) -> None:
    for text in (cron, f"{cron} * * * *", f"* * * * {cron}"):
        planned = within(window(text, "1h"), window("0 0 * * *", duration, zone))
        assert planned.time is not None
