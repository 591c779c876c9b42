from datetime import datetime

import pytest

from kubectl_order.describe.running import running
from kubectl_order.facts import Absent, Leader, Unread
from tests.kubectl_order.build import NOW, a_leader, ago


@pytest.mark.parametrize(
    ("leader", "state", "renewed"),
    [
        pytest.param(a_leader(renewed=ago(seconds=3)), "alive", ago(seconds=3), id="alive"),
        pytest.param(a_leader(renewed=ago(hours=1)), "down", ago(hours=1), id="silent"),
        pytest.param(a_leader(holder="", renewed=ago(hours=1)), "down", ago(hours=1), id="gone"),
        pytest.param(a_leader(renewed=None), "unknown", None, id="an odd Lease"),
        pytest.param(Absent(), "unknown", None, id="no Lease"),
        pytest.param(Unread("forbidden"), "unknown", None, id="forbidden"),
        pytest.param(None, "unknown", None, id="not looked at"),
    ],
)
def test_running(
    leader: Leader | Absent | Unread | None, state: str, renewed: datetime | None
) -> None:
    found = running(leader, NOW)

    assert (found.state, found.renewed) == (state, renewed)
    assert found.told.endswith(".")
