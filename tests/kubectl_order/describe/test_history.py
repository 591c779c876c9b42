from datetime import timedelta

from kubectl_order.describe.history import history
from kubectl_order.finding import Ref
from kubectl_order.report import Attempts
from orderapi.attempts import Attempt as Start
from orderapi.attempts import written
from orderapi.certificate import CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.diagnosis import Attempt, Diagnosis
from orderapi.names import ATTEMPTS, READY
from tests.kubectl_order.build import (
    NOW,
    a_certificate,
    a_chain,
    a_condition,
    a_diagnosis,
    a_request,
    ago,
    ahead,
    an_order,
    meta,
    not_ready,
)

WEB = Ref(kind="Certificate", name="web", namespace="shop")
CAA = Attempt(time=ago(minutes=9), outcome="caa", message="CAA forbids it.")
GONE = Attempt(time=ago(minutes=29), outcome="connection", message="No route.")


def failed(revision: int, minutes: int, *starts: Start) -> CertificateRequest:
    return a_request(
        not_ready("Failed", "The CA refused."),
        revision=revision,
        failed=ago(minutes=minutes - 1),
        metadata=meta(
            f"web-{revision}",
            created=ago(minutes=minutes),
            annotations={ATTEMPTS: written(starts)},
        ),
    )


def status(diagnosis: Diagnosis | None = None, failures: int | None = None) -> CertificateStatus:
    return CertificateStatus(diagnosis=diagnosis, failed_issuance_attempts=failures)


def outcomes(found: Attempts) -> list[tuple[str, str | None, float | None]]:
    return [
        (one.outcome, one.request.name if one.request else None, one.seconds) for one in found.items
    ]


def test_a_request_tells_when_it_began_and_ended_and_the_certificate_how() -> None:
    chain = a_chain(
        certificate=a_certificate(status(a_diagnosis("caa", attempts=[CAA]), 1)),
        past=(failed(2, 10),),
        request=a_request(
            a_condition(READY, reason="Issued", since=ago(minutes=1)),
            revision=3,
            metadata=meta("web-3", created=ago(minutes=2)),
        ),
    )

    found = history(chain, WEB, {})

    assert outcomes(found) == [("caa", "web-2", 60), ("issued", "web-3", 60)]
    assert [one.why for one in found.items] == ["The CA refused.", ""]


def test_the_request_in_work_lasts_until_now_and_has_its_order() -> None:
    order = an_order()
    (found,) = history(a_chain(request=a_request(), order=order), WEB, {}).items

    assert (found.outcome, found.ended, found.seconds) == ("pending", None, 240)
    assert found.order == Ref(kind="Order", name="web-1-2233", namespace="shop")


def test_orders_of_past_requests_are_found_by_uid() -> None:
    theirs = Ref(kind="Order", name="theirs", namespace="shop")
    chain = a_chain(past=(failed(2, 10),))

    (found,) = history(chain, WEB, {"uid-web-2": theirs}).items

    assert found.order == theirs


def test_attempts_whose_requests_are_gone_are_put_together_of_their_ends_and_beginnings() -> None:
    starts = [Start(ago(minutes=50)), Start(ago(minutes=30)), Start(ago(minutes=10))]
    chain = a_chain(
        certificate=a_certificate(status(a_diagnosis("caa", attempts=[GONE, CAA]), 3)),
        request=failed(3, 10, *starts),
    )

    found = history(chain, WEB, {})

    assert outcomes(found) == [
        ("unknown", None, None),
        ("connection", None, 60),
        ("caa", "web-3", 60),
    ]
    assert [one.started for one in found.items] == [start.time for start in starts]


def test_an_end_in_whole_seconds_may_be_told_before_its_beginning() -> None:
    start = GONE.time + timedelta(seconds=0.4)
    chain = a_chain(
        certificate=a_certificate(status(a_diagnosis("x", attempts=[GONE]))),
        request=failed(3, 10, Start(start), Start(ago(minutes=10))),
    )

    first = history(chain, WEB, {}).items[0]

    assert (first.started, first.ended, first.seconds) == (start, GONE.time, 0)


def test_an_end_without_a_beginning_is_told_all_the_same() -> None:
    chain = a_chain(certificate=a_certificate(status(a_diagnosis("x", attempts=[GONE]))))

    (found,) = history(chain, WEB, {}).items

    assert (found.started, found.ended, found.why) == (None, GONE.time, "No route.")


def test_failures_in_a_row_and_the_next_attempt_are_the_certificates() -> None:
    told = a_diagnosis("caa", retry=ahead(hours=2))

    found = history(a_chain(certificate=a_certificate(status(told, 3))), WEB, {})

    assert (found.failed, found.next_attempt) == (3, NOW + timedelta(hours=2))
