from datetime import datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.describe.danger import (
    Judgement,
    lines,
    needing_attention,
    of_certificate,
    of_order,
)
from kubectl_order.finding import Standing
from kubectl_order.rows import (
    Annotations,
    CertificateRow,
    CertificateRowStatus,
    Meta,
    OrderRow,
    OrderRowStatus,
    RowDiagnosis,
)
from orderapi import states
from orderapi.conditions import Condition
from orderapi.names import ISSUING, READY
from tests.kubectl_order.build import BEGUN, NOW, a_condition, ago, ahead

CAA = "Error accepting authorization: 403 urn:ietf:params:acme:error:caa: CAA forbids"


def order(
    state: str = "pending",
    reason: str = "",
    *,
    name: str = "web-1",
    certificate: str = "web",
    created: datetime | None = BEGUN,
    diagnosis: RowDiagnosis | None = None,
) -> OrderRow:
    annotations = Annotations(certificate_name=certificate)
    meta = Meta(name=name, namespace="shop", annotations=annotations, creation_timestamp=created)
    status = OrderRowStatus(state=state, reason=reason, diagnosis=diagnosis)
    return OrderRow(metadata=meta, status=status)


def certificate(
    *conditions: Condition,
    name: str = "web",
    left: int | None = 80,
    renewal: datetime | None = None,
    failed: bool = False,
    diagnosis: RowDiagnosis | None = None,
) -> CertificateRow:
    return CertificateRow(
        metadata=Meta(name=name, namespace="shop", creation_timestamp=ago(days=10)),
        status=CertificateRowStatus(
            conditions=conditions,
            not_after=ahead(days=left) if left is not None else None,
            renewal_time=renewal,
            last_failure_time=ago(minutes=2) if failed else None,
            diagnosis=diagnosis,
        ),
    )


READY_NOW = a_condition(READY)


def issuing(status: Literal["True", "False"] = "True") -> Condition:
    return a_condition(ISSUING, status, "Failed", "it failed")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(order("valid"), Judgement(Standing.FINE), id="valid"),
        pytest.param(order(), Judgement(Standing.MOVING), id="pending"),
        pytest.param(order(reason="x"), Judgement(Standing.WAITING, None, "x"), id="with a reason"),
        pytest.param(
            order("invalid", "x"), Judgement(Standing.FAILED, "invalid", "x"), id="failed"
        ),
        pytest.param(
            order("invalid", CAA, diagnosis=RowDiagnosis(cause="challenge")),
            Judgement(Standing.FAILED, "caa", CAA),
            id="failed by a challenge, in the words of the CA",
        ),
        pytest.param(
            order(
                reason="x",
                diagnosis=RowDiagnosis(cause="rateLimited", next_retry_time=ahead(hours=1)),
            ),
            Judgement(Standing.WAITING, "rate-limited", "x", ahead(hours=1)),
            id="waits until a time",
        ),
        pytest.param(order("", created=ago(seconds=10)), Judgement(Standing.MOVING), id="new"),
        pytest.param(
            order("", created=ago(hours=1)),
            Judgement(Standing.WAITING, "no-status", "No controller has looked at it yet."),
            id="without a status for long",
        ),
    ],
)
def test_of_order(row: OrderRow, expected: Judgement) -> None:
    assert of_order(row, NOW) == expected


@pytest.mark.parametrize(
    ("row", "standing", "cause"),
    [
        pytest.param(certificate(READY_NOW), Standing.FINE, None, id="ready"),
        pytest.param(certificate(READY_NOW, left=-1), Standing.OVERDUE, "expired", id="expired"),
        pytest.param(
            certificate(READY_NOW, renewal=ago(hours=1)),
            Standing.OVERDUE,
            "renewal-overdue",
            id="should have been renewed",
        ),
        pytest.param(
            certificate(READY_NOW, issuing(), renewal=ago(minutes=1)),
            Standing.FINE,
            None,
            id="is being renewed",
        ),
        pytest.param(
            certificate(
                READY_NOW, issuing("False"), failed=True, diagnosis=RowDiagnosis(cause="caa")
            ),
            Standing.FAILED,
            "caa",
            id="the renewal failed",
        ),
        pytest.param(certificate(), Standing.WAITING, "no-status", id="no status"),
        pytest.param(
            certificate(a_condition(READY, "False", "Pending"), issuing(), left=None),
            Standing.MOVING,
            None,
            id="is being issued",
        ),
        pytest.param(
            certificate(a_condition(READY, "False", "DuplicateSecretName"), left=None),
            Standing.WAITING,
            "duplicate-secret-name",
            id="held",
        ),
    ],
)
def test_of_certificate(row: CertificateRow, standing: Standing, cause: str | None) -> None:
    found = of_certificate(row, NOW)

    assert (found.standing, found.cause) == (standing, cause)


def test_the_nearest_end_among_the_failed_comes_first_and_what_is_fine_last() -> None:
    names = ("fine", "moving", "waiting", "later", "sooner", "expired")
    owners = [
        certificate(READY_NOW, name="fine", left=1),
        certificate(READY_NOW, name="moving", left=2),
        certificate(READY_NOW, name="waiting", left=3),
        certificate(READY_NOW, name="later", left=40),
        certificate(READY_NOW, name="sooner", left=4),
        certificate(READY_NOW, name="expired", left=-4),
    ]
    told = {"fine": "valid", "expired": "valid", "later": "invalid", "sooner": "errored"}
    rows = [
        order(
            told.get(name, "pending"),
            "it waits" if name == "waiting" else "",
            name=f"{name}-1",
            certificate=name,
        )
        for name in names
    ]

    found = [line.certificate for line in lines(rows, owners, NOW)]

    assert found == ["expired", "sooner", "later", "waiting", "moving", "fine"]


def test_only_the_newest_order_of_a_certificate_is_in_danger() -> None:
    rows = [
        order("invalid", CAA, name="old", created=ago(days=1)),
        order("valid", name="new", created=ago(hours=1)),
        order("invalid", CAA, name="by-hand", certificate=""),
        order("invalid", CAA, name="by-hand-too", certificate=""),
    ]

    found = {one.ref.name: one.standing for one in lines(rows, [certificate(READY_NOW)], NOW)}

    assert found == {"old": "fine", "new": "fine", "by-hand": "failed", "by-hand-too": "failed"}


def test_attention_joins_certificates_that_have_no_order() -> None:
    held = certificate(a_condition(READY, "False", "InvalidSpec", "bad spec"), name="held")
    failing = certificate(READY_NOW, issuing("False"), failed=True)
    rows = [order("invalid", CAA), order("valid", name="ok-1", certificate="ok")]

    found = needing_attention(rows, [held, failing, certificate(READY_NOW, name="ok")], NOW)

    assert [(str(line.ref), line.reason) for line in found] == [
        ("order/web-1", CAA),
        ("certificate/held", "bad spec"),
    ]


def test_an_order_tells_its_own_reason_and_its_certificate_when_the_next_attempt_is() -> None:
    told = RowDiagnosis(cause="caa", message="another", next_retry_time=ahead(hours=3))
    owner = certificate(READY_NOW, issuing("False"), failed=True, diagnosis=told)

    (found,) = lines([order("invalid", CAA)], [owner], NOW)

    assert (found.reason, found.next_retry, found.not_after) == (
        CAA,
        ahead(hours=3),
        ahead(days=80),
    )


@given(
    st.lists(
        st.builds(
            order,
            st.sampled_from(("", *states.ALL, "odd")),
            st.sampled_from(("", CAA)),
            name=st.sampled_from("abcd"),
            certificate=st.sampled_from(("", "web", "other")),
            created=st.sampled_from((None, ago(days=1), NOW)),
        )
    )
)
def test_every_order_is_listed_once_and_danger_is_a_part_of_it(rows: list[OrderRow]) -> None:
    owners = [certificate(READY_NOW), certificate(name="other", left=-1)]

    found = lines(rows, owners, NOW)
    wrong = [one for one in needing_attention(rows, owners, NOW) if one.ref.kind == "Order"]

    assert sorted(one.ref.name for one in found) == sorted(row.metadata.name for row in rows)
    assert all(one in found for one in wrong)
