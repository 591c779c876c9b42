import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from kubectl_order.failure import Exit
from kubectl_order.reading.kinds import SECRET
from orderapi import names
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ORDER
from tests.kubectl_order import build, scenery
from tests.kubectl_order.recorded import Recorded
from tests.kubectl_order.running import Stage, staged

ORDERED = "api-1527343329"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(scenery.shop(), tmp_path) as made:
        yield made


def with_status(certificate: Certificate, status: CertificateStatus) -> Certificate:
    return msgspec.structs.replace(certificate, status=status)


def api_is_done(server: Recorded) -> None:
    server.now += timedelta(seconds=5)
    request = scenery.request_for(scenery.pending())
    placed = build.an_order("valid", name=ORDERED, dns_names=["api.example.com"])
    server.put(ORDER, placed, owner=CERTIFICATE_REQUEST.typed(request))
    server.take(CHALLENGE, f"{ORDERED}-0")
    issued = build.a_condition(names.READY, "True", "Issued", "Certificate fetched from issuer")
    request = scenery.request_for(scenery.pending(), issued)
    server.put(CERTIFICATE_REQUEST, request, owner=CERTIFICATE.typed(scenery.pending()))
    server.put(SECRET, build.a_secret("api-tls"))
    server.put(CERTIFICATE, with_status(scenery.pending(), build.ISSUED))


def api_has_failed(server: Recorded) -> None:
    server.put(CERTIFICATE, with_status(scenery.pending(), scenery.failed().status))


def test_it_ends_well_when_the_certificate_is_there(stage: Stage) -> None:
    ran = stage.while_it_runs(
        "watch", "api", steps={"secret/api-tls": lambda: api_is_done(stage.server)}
    )
    assert ran.code == Exit.FINE, ran
    assert f"09:00:05Z  order/{ORDERED}  pending → valid\n" in ran.out
    assert f"challenge/{ORDERED}-0  pending → gone\n" in ran.out
    assert "certificate/api  issuing → ready\n" in ran.out
    assert ran.out.splitlines()[-1].startswith("It waits for nothing. ")


def test_it_ends_with_1_at_the_first_failure_and_says_why(stage: Stage) -> None:
    ran = stage.while_it_runs(
        "watch", "api", steps={"secret/api-tls": lambda: api_has_failed(stage.server)}
    )
    assert ran.code == Exit.FAILED
    assert "certificate/api  issuing → failed: " in ran.out
    assert "Next: " in ran.out


def test_it_watches_and_does_not_poll(stage: Stage) -> None:
    def look() -> None:
        before.extend(stage.server.asked)
        api_is_done(stage.server)

    before: list[tuple[str, str]] = []
    stage.while_it_runs("watch", "api", steps={"secret/api-tls": look})
    assert len(before) < 40
    assert sum("watch=" in target for _, target in before) in range(5)


def test_each_line_is_a_document_on_request(stage: Stage) -> None:
    ran = stage.while_it_runs(
        "watch", "api", "-o", "json", steps={"api-tls": lambda: api_is_done(stage.server)}
    )
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert {document["kind"] for document in documents[:-1]} == {"OrderChange"}
    assert documents[-1]["kind"] == "OrderStatus"
    moved = [(each["ref"]["kind"], each["before"], each["after"]) for each in documents[:-1]]
    assert ("Order", "pending", "valid") in moved
    assert ("Order", None, "pending") in moved


def test_no_token_is_told(stage: Stage) -> None:
    def fail() -> None:
        reason = f"wrong content at http://api.example.com/.well-known/acme-challenge/{build.TOKEN}"
        challenge = build.a_challenge(reason=f"{reason} {build.KEY}", order=ORDERED)
        stage.server.put(CHALLENGE, challenge, owner=ORDER.typed(build.an_order(name=ORDERED)))
        api_has_failed(stage.server)

    ran = stage.while_it_runs("watch", "api", "-o", "wide", steps={"secret/api-tls": fail})
    assert build.TOKEN not in ran.out
    assert "acme-challenge/…" in ran.out


def test_it_ends_with_124_after_its_time(stage: Stage) -> None:
    ran = stage.order("watch", "api", "--timeout", "300ms")
    assert ran.code == Exit.TIMED_OUT
    assert ran.err.startswith("error: certificate/api was not done within 300ms\nhint: kubectl ")
    assert "The TXT record is not there yet" in ran.out


def test_a_certificate_that_is_deleted_ends_it(stage: Stage) -> None:
    steps = {"secret/api-tls": lambda: stage.server.take(CERTIFICATE, "api")}
    ran = stage.while_it_runs("watch", "api", steps=steps)
    assert ran.code == Exit.NOT_FOUND


def test_a_server_that_restarts_does_not_end_it(stage: Stage) -> None:
    def restart() -> None:
        stage.server.down = True
        api_is_done(stage.server)
        stage.server.down = False

    ran = stage.while_it_runs("watch", "api", steps={"secret/api-tls": restart})
    assert ran.code == Exit.FINE, ran


def test_all_orders_are_followed_until_none_is_under_way(stage: Stage) -> None:
    ran = stage.while_it_runs("watch", steps={ORDERED: lambda: api_is_done(stage.server)})
    assert ran.code == Exit.FINE, ran
    assert ran.out.splitlines() == [
        f"09:00:00Z  order/{ORDERED}  pending",
        f"09:00:00Z  order/{ORDERED}  pending → valid",
        "No Order is under way any more.",
    ]


def test_one_of_all_that_fails_gives_1_and_old_failures_do_not_count(stage: Stage) -> None:
    def fail() -> None:
        broken = build.an_order("invalid", "unauthorized", name=ORDERED)
        stage.server.put(ORDER, broken)

    ran = stage.while_it_runs("watch", "-A", steps={ORDERED: fail})
    assert ran.code == Exit.FAILED
    assert f"shop/order/{ORDERED}  pending → invalid: unauthorized" in ran.out
    again = stage.order("watch")
    assert (again.code, again.out) == (Exit.FINE, "4 Orders, none under way.\n")


def test_all_orders_have_a_time_too(stage: Stage) -> None:
    ran = stage.order("watch", "--timeout=200ms")
    assert ran.code == Exit.TIMED_OUT
    assert "1 Order not done within 200ms" in ran.err
