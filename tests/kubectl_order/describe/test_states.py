import pytest

from kubectl_order.describe import states
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import Condition
from orderapi.names import DENIED, INVALID_REQUEST, ISSUING, READY
from tests.kubectl_order.build import (
    FIRST,
    ISSUED,
    NOW,
    a_certificate,
    a_condition,
    a_request,
    ago,
    not_ready,
)

WAITING_ON = 'Waiting on certificate issuance from order shop/web-1-2233: "pending"'


def certificate(*conditions: Condition, expired: bool = False) -> Certificate:
    return a_certificate(
        CertificateStatus(conditions=conditions, not_after=ago(days=1) if expired else None)
    )


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        pytest.param(a_certificate(ISSUED), ("ready", ""), id="ready"),
        pytest.param(a_certificate(FIRST), ("issuing", ""), id="issuing, which is no trouble"),
        pytest.param(
            certificate(
                not_ready("DoesNotExist", "x"),
                a_condition(ISSUING, message="Issuing. Waiting: the issuer is not ready"),
            ),
            ("issuing", "the issuer is not ready"),
            id="issuing, and what is in its way",
        ),
        pytest.param(
            certificate(a_condition(READY), a_condition(ISSUING)), ("renewing", ""), id="renewing"
        ),
        pytest.param(
            certificate(a_condition(READY), a_condition(ISSUING, "False", "Failed", "why")),
            ("ready", "why"),
            id="the renewal failed",
        ),
        pytest.param(
            certificate(not_ready("A", "a"), a_condition(ISSUING, "False", "Failed", "why")),
            ("failed", "why"),
            id="failed",
        ),
        pytest.param(
            certificate(not_ready("Duplicate", "why")), ("unready", "why"), id="held back"
        ),
        pytest.param(
            certificate(not_ready("Expired", "why"), expired=True), ("expired", "why"), id="expired"
        ),
        pytest.param(certificate(), ("new", ""), id="without a status"),
    ],
)
def test_of_certificate(obj: Certificate, expected: tuple[str, str]) -> None:
    assert states.of_certificate(obj, NOW) == expected


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        pytest.param(a_request(a_condition(READY, reason="Issued")), ("issued", ""), id="issued"),
        pytest.param(a_request(not_ready("Pending", WAITING_ON)), ("pending", ""), id="usual"),
        pytest.param(
            a_request(not_ready("Pending", f"{WAITING_ON}: no TXT record")),
            ("pending", "no TXT record"),
            id="pending, and why",
        ),
        pytest.param(a_request(not_ready("Failed", "x")), ("failed", "x"), id="failed"),
        pytest.param(
            a_request(not_ready("Denied", "y"), a_condition(DENIED, message="x")),
            ("denied", "x"),
            id="denied",
        ),
        pytest.param(
            a_request(a_condition(INVALID_REQUEST, message="x"), not_ready("Failed", "y")),
            ("invalid", "x"),
            id="invalid",
        ),
        pytest.param(
            a_request(not_ready("Pending", "x"), approved=False),
            ("unapproved", "x"),
            id="not approved",
        ),
        pytest.param(a_request(approved=False), ("new", ""), id="without a status"),
    ],
)
def test_of_request(obj: CertificateRequest, expected: tuple[str, str]) -> None:
    assert states.of_request(obj) == expected
