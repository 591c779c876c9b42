from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_order.failure import Exit
from tests.kubectl_order import scenery
from tests.kubectl_order.running import Stage, staged

ORDER = "mail-288726952"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(scenery.shop(), tmp_path) as made:
        yield made


@pytest.mark.parametrize("name", ["mail", f"order/{ORDER}", "mail.example.com"])
def test_the_certificate_of_the_failed_order_is_issued_anew(stage: Stage, name: str) -> None:
    ran = stage.order("retry", name)
    assert (ran.code, ran.out) == (Exit.FINE, "certificate/mail: an attempt begins now\n")
    (body,) = stage.server.written
    (issuing,) = [each for each in body["status"]["conditions"] if each["type"] == "Issuing"]
    assert (issuing["status"], issuing["reason"]) == ("True", "ManuallyTriggered")
    assert f'a retry of Order "{ORDER}"' in issuing["message"]
    assert "diagnosis" not in body["status"], "the evidence of the last attempt stays"


def test_an_order_without_a_certificate_is_refused_with_the_reason(stage: Stage) -> None:
    ran = stage.order("retry", "order/alone")
    assert ran.code == Exit.FAILED
    assert 'the Order "alone" belongs to no Certificate' in ran.err


def test_what_is_on_its_way_is_left_alone_and_told(stage: Stage) -> None:
    ran = stage.order("retry", "api")
    assert ran.code == Exit.FINE
    assert scenery.UNSEEN in ran.out
    assert stage.server.written == []


def test_what_has_not_failed_is_left_alone(stage: Stage) -> None:
    ran = stage.order("retry", "web", "-o", "name")
    assert (ran.code, ran.out) == (Exit.FINE, "certificate.cert-manager.io/web\n")
    assert stage.server.written == []


def test_over_the_budget_it_says_when(stage: Stage) -> None:
    scenery.tried(stage.server, scenery.failed(), attempts=6)
    ran = stage.order("retry", "mail")
    assert ran.code == Exit.FAILED
    assert "the next may be made in 16 min" in ran.out
    assert stage.server.written == []


def test_who_may_not_read_the_certificate_is_told_so(stage: Stage) -> None:
    stage.server.forbidden.add("certificaterequests")
    ran = stage.order("retry", f"order/{ORDER}")
    assert ran.code == Exit.NO_ACCESS
    assert "certificaterequests" in ran.err.lower()
