import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_order.failure import Exit
from tests.kubectl_order import build, scenery
from tests.kubectl_order.running import Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(scenery.shop(), tmp_path) as made:
        yield made


def issuing(body: dict[str, Any]) -> dict[str, Any]:
    (found,) = [each for each in body["status"]["conditions"] if each["type"] == "Issuing"]
    return dict(found)


def test_one_condition_is_set_and_nothing_else(stage: Stage) -> None:
    ran = stage.order("renew", "web")
    assert (ran.code, ran.out) == (Exit.FINE, "certificate/web: an attempt begins now\n")
    (body,) = stage.server.written
    assert set(body) == {"metadata", "status"}
    assert set(body["metadata"]) == {"resourceVersion"}
    assert set(body["status"]) == {"conditions"}
    assert issuing(body) == {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "Certificate re-issuance manually triggered",
        "lastTransitionTime": "2026-11-24T09:00:00Z",
        "observedGeneration": 1,
    }
    (target,) = {target for method, target in stage.server.asked if method == "PATCH"}
    assert target.split("?")[0].endswith("/namespaces/shop/certificates/web/status")


def test_several_are_a_line_each_and_one_under_way_is_left_alone(stage: Stage) -> None:
    ran = stage.order("renew", "certificate/web", "api", "web")
    assert ran.code == Exit.FINE
    assert ran.out.splitlines() == [
        "certificate/web: an attempt begins now",
        "certificate/api: an attempt is under way already",
    ]
    assert len(stage.server.written) == 1


def test_a_missing_name_keeps_all_from_being_begun(stage: Stage) -> None:
    ran = stage.order("renew", "web", "wep")
    assert ran.code == Exit.NOT_FOUND
    assert 'there is no Certificate "wep" in namespace "shop"' in ran.err
    assert "certificate/web" in ran.err
    assert stage.server.written == []


def test_over_the_budget_it_says_when_and_writes_nothing(stage: Stage) -> None:
    scenery.tried(stage.server, scenery.ready(), attempts=5)
    ran = stage.order("renew", "web")
    assert ran.code == Exit.FAILED
    assert "the next may be made in 16 min, at 2026-11-24T09:16:00Z" in ran.out
    assert stage.server.written == []
    held = json.loads(stage.order("renew", "web", "-o", "json").out)["items"][0]
    assert (held["started"], held["freeAt"]) == (False, "2026-11-24T09:16:00Z")


def test_four_attempts_are_within_the_budget(stage: Stage) -> None:
    scenery.tried(stage.server, scenery.ready(), attempts=4)
    assert stage.order("renew", "web").code == Exit.FINE


def test_without_a_look_at_requests_the_controller_alone_keeps_the_budget(stage: Stage) -> None:
    stage.server.forbidden.add("certificaterequests")
    assert stage.order("renew", "web").code == Exit.FINE


def test_who_may_not_is_told_what_is_missing(stage: Stage) -> None:
    stage.server.forbidden.add("certificates/status")
    ran = stage.order("renew", "web")
    assert ran.code == Exit.NO_ACCESS
    assert "patch certificates/status" in ran.err
    assert "--clusterrole=edit" in ran.err


def test_a_dry_run_stores_nothing(stage: Stage) -> None:
    ran = stage.order("renew", "web", "--dry-run=server")
    assert ran.out == "certificate/web: would begin an attempt now (dry run)\n"
    assert stage.server.written == []
    assert any("dryRun=All" in target for _, target in stage.server.asked)


@pytest.mark.parametrize("where", [("--all",), ("--all", "-A")], ids=["one namespace", "all"])
def test_all_of_them(stage: Stage, where: tuple[str, ...]) -> None:
    ran = stage.order("renew", *where)
    assert ran.code == Exit.FINE
    assert len(ran.out.splitlines()) == 3
    assert len(stage.server.written) == 2
    lists = [target for _, target in stage.server.asked if "/certificaterequests?" in target]
    assert len(lists) == 1, "requests are listed once a namespace"


def test_labels_that_nothing_has_are_no_silence(stage: Stage) -> None:
    ran = stage.order("renew", "-l", "team=none")
    assert ran.code == Exit.NOT_FOUND
    assert 'with the labels "team=none"' in ran.err


def test_it_waits_on_request(stage: Stage) -> None:
    def finish() -> None:
        from orderapi.resources import CERTIFICATE

        stage.server.put(CERTIFICATE, build.a_certificate(build.ISSUED))

    ran = stage.while_it_runs("renew", "web", "--wait", steps={"renewing": finish})
    assert ran.code == Exit.FINE, ran
    assert "certificate/web  renewing → ready" in ran.out


def test_waiting_has_an_end(stage: Stage) -> None:
    assert stage.order("renew", "web", "--wait", "--timeout=200ms").code == Exit.TIMED_OUT
