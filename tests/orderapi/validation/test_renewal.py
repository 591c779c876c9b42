"""Policies and windows of renewal."""

from datetime import timedelta

import pytest

from orderapi.certificate import Renewal, RenewalWindow
from orderapi.validation.fault import SpecFault
from orderapi.validation.renewal import Window, read_window, renewal_faults

WINDOW = RenewalWindow(cron="0 22 * * *", window_duration="4h")
PATH = "spec.renewal.windows[2]"


@pytest.mark.parametrize(
    ("renewal", "paths"),
    [
        (None, []),
        (Renewal(policy="RenewBefore", windows=(WINDOW,)), []),
        (Renewal(policy="Disabled"), []),
        (Renewal(), ["spec.renewal.policy"]),
        (Renewal(policy="Never"), ["spec.renewal.policy"]),
        (Renewal(policy="Disabled", windows=(WINDOW,)), ["spec.renewal.windows"]),
    ],
)
def test_policies(renewal: Renewal | None, paths: list[str]) -> None:
    assert [fault.path for fault in renewal_faults(renewal)] == paths


def test_a_window() -> None:
    window = RenewalWindow(cron="0 22 * * *", window_duration="4h30m", timezone="Europe/Berlin")
    read = read_window(2, window)
    assert isinstance(read, Window)
    assert (read.path, read.cron) == (f"{PATH}.cron", "0 22 * * *")
    assert (str(read.zone), read.length) == ("Europe/Berlin", timedelta(hours=4.5))


@pytest.mark.parametrize(
    ("cron", "length", "zone", "field"),
    [
        pytest.param("0 22 * *", "1h", None, "cron", id="four fields"),
        pytest.param("@daily", "1h", None, "cron", id="a word"),
        pytest.param("*," * 1_000 + "* * * * *", "1h", None, "cron", id="long"),
        pytest.param("* * * * *", "1h", "Mars/Olympus", "timezone", id="no zone"),
        pytest.param("* * * * *", "1h", "../etc/passwd", "timezone", id="a path"),
        pytest.param("* * * * *", "1h", "America", "timezone", id="a folder"),
        pytest.param("* * * * *", "1h", "a\0b", "timezone", id="NUL"),
        pytest.param("* * * * *", "0s", None, "windowDuration", id="no length"),
        pytest.param("* * * * *", "soon", None, "windowDuration", id="no duration"),
        pytest.param("* * * * *", "1s" * 9_999, None, "windowDuration", id="long duration"),
    ],
)
def test_faults_of_windows(cron: str, length: str, zone: str | None, field: str) -> None:
    read = read_window(2, RenewalWindow(cron=cron, window_duration=length, timezone=zone))
    assert isinstance(read, SpecFault)
    assert read.path == f"{PATH}.{field}"
