"""How far a request has come, and what of it people need to hear."""

from datetime import timedelta

import msgspec
import pytest

from controller.certificates.pending import Failed, Issued, Outcome, Pending, outcome
from controller.certificates.triggers import Violation
from orderapi.certificaterequest import CertificateRequestStatus
from tests.controller.certificates.build import (
    NOW,
    a_chain,
    a_condition,
    a_key,
    a_request,
    a_spec,
    issued,
    made,
    pending,
    refused,
)

KEY = a_key("next")
DENIED = a_condition("Denied", "True", "Policy", "not on my watch")
INVALID = a_condition("InvalidRequest", "True", "BadNames", "no such names")


def failure(reason: str, message: str) -> Failed:
    return Failed(Violation(reason, message))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(CertificateRequestStatus(), Pending(""), id="nobody-looked-at-it"),
        pytest.param(
            pending('Waiting on certificate issuance from order shop/web-1-77: "pending"'),
            Pending(""),
            id="order-under-way",
        ),
        pytest.param(
            pending('Waiting on certificate issuance from order shop/web-1-77: ""'),
            Pending(""),
            id="order-not-placed",
        ),
        pytest.param(pending("Created Order resource shop/web-77"), Pending(""), id="order-made"),
        pytest.param(
            pending("Waiting for order-controller to add certificate data to Order shop/web-77"),
            Pending(""),
            id="certificate-on-its-way",
        ),
        pytest.param(
            pending('Referenced "Issuer" not found: letsencrypt'),
            Pending('CertificateRequest "web-1" says: Referenced "Issuer" not found: letsencrypt'),
            id="no-issuer",
        ),
        pytest.param(refused("no way"), failure("Failed", "no way"), id="failed"),
        pytest.param(
            refused("was denied", reason="Denied"),
            failure("Denied", "was denied"),
            id="denied-ready",
        ),
        pytest.param(
            CertificateRequestStatus(conditions=(*issued(b"").conditions, DENIED)),
            failure("Policy", "not on my watch"),
            id="denied-counts-first",
        ),
        pytest.param(
            CertificateRequestStatus(conditions=(*refused("x").conditions, INVALID)),
            failure("BadNames", "no such names"),
            id="invalid-counts-before-failed",
        ),
        pytest.param(issued(a_chain(KEY)), Issued(), id="issued"),
        pytest.param(
            issued(b""),
            failure(
                "InvalidCertificate",
                "Issuer returned an invalid certificate: failed to decode: there is none",
            ),
            id="issued-without-certificate",
        ),
        pytest.param(
            issued(b"garbage"),
            failure(
                "InvalidCertificate",
                "Issuer returned an invalid certificate: failed to decode: certificate chain holds "
                "no PEM block of type CERTIFICATE",
            ),
            id="garbage",
        ),
        pytest.param(
            issued(a_chain(a_key("another"))),
            failure(
                "InvalidCertificate",
                "Issuer returned a certificate with a public key that does not match the CSR. "
                "This usually indicates a misconfigured issuer.",
            ),
            id="for-another-key",
        ),
        pytest.param(
            issued(a_chain(KEY, not_after=NOW - timedelta(seconds=1))),
            failure(
                "InvalidCertificate",
                "Issuer returned an already expired certificate (notAfter: 2026-11-24T08:59:59Z). "
                "This usually indicates an expired CA certificate in the issuer.",
            ),
            id="expired",
        ),
    ],
)
def test_outcome(status: CertificateRequestStatus, expected: Outcome) -> None:
    assert outcome(made(a_request(status=status)), NOW) == expected


@pytest.mark.parametrize(
    ("asked", "got", "reason"),
    [
        pytest.param(True, False, "InvalidCertificate", id="a-leaf-for-a-CA"),
        pytest.param(True, True, "", id="a-CA"),
        pytest.param(False, True, "", id="a-CA-that-nobody-asked-for"),
    ],
)
def test_who_asks_for_a_ca_gets_one_or_fails(asked: bool, got: bool, reason: str) -> None:
    spec = msgspec.structs.replace(a_spec(), is_ca=asked)
    found = outcome(made(a_request(spec=spec, status=issued(a_chain(KEY, ca=got))), spec), NOW)
    assert (found.why.reason if isinstance(found, Failed) else "") == reason
