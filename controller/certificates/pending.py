"""What a CertificateRequest says: ended how, or waiting for what. Pure.

In the order that decides where a request says several things: denied, invalid, failed, issued.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from controller.certificates.observed import Made
from controller.certificates.triggers import Violation, short_form
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import TRUE, Condition, find, is_true
from orderapi.names import (
    DENIED,
    INVALID_REQUEST,
    READY,
    REASON_DENIED,
    REASON_FAILED,
    REASON_ISSUED,
)

# What the controller of ACME requests says of an order that goes its usual way.
_USUAL: Final = re.compile(
    r"Created Order resource \S+"
    r'|Waiting on certificate issuance from order \S+: "\w*"'
    r"|Waiting for order-controller to add certificate data to Order \S+"
)


@dataclass(frozen=True, slots=True)
class Issued:
    """It brought a certificate that can be used."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended without a certificate that can be used; `why` has no empty part."""

    why: Violation


@dataclass(frozen=True, slots=True)
class Pending:
    """It has not ended. `what` says what keeps it; empty while it goes its usual way."""

    what: str


Outcome: TypeAlias = Issued | Failed | Pending


def outcome(made: Made, now: datetime) -> Outcome:
    """How far the request has come."""
    request = made.request
    refused = _refusal(request)
    if refused is not None:
        reason = refused.reason or refused.type
        return Failed(Violation(reason, refused.message or "no reason was given"))
    if not is_issued(request):
        return Pending(_what_keeps(request))
    fault = _fault(made, now)
    return Failed(Violation("InvalidCertificate", fault)) if fault else Issued()


def is_issued(request: CertificateRequest) -> bool:
    """Whether the issuer says that it has signed."""
    ready = find(request.status.conditions, READY)
    return ready is not None and (ready.reason == REASON_ISSUED or ready.status == TRUE)


def _refusal(request: CertificateRequest) -> Condition | None:
    conditions = request.status.conditions
    for kind in (DENIED, INVALID_REQUEST):
        if is_true(conditions, kind):
            return find(conditions, kind)
    ready = find(conditions, READY)
    if ready is not None and ready.reason in (REASON_FAILED, REASON_DENIED):
        return ready
    return None


def _fault(made: Made, now: datetime) -> str:
    if made.leaf is None:
        why = made.leaf_fault or "there is none"
        return f"Issuer returned an invalid certificate: failed to decode: {why}"
    if made.leaf.public_key_digest != made.key_digest:
        return (
            "Issuer returned a certificate with a public key that does not match the CSR. "
            "This usually indicates a misconfigured issuer."
        )
    if made.csr is not None and made.csr.is_ca and not made.leaf.is_ca:
        return (
            "Issuer returned a certificate that is no CA, though spec.isCA asks for one. This "
            "issuer does not issue CA certificates: remove spec.isCA, or use another issuer."
        )
    if made.leaf.not_after <= now:
        return (
            f"Issuer returned an already expired certificate (notAfter: "
            f"{short_form(made.leaf.not_after)}). This usually indicates an expired CA certificate "
            f"in the issuer."
        )
    return ""


def _what_keeps(request: CertificateRequest) -> str:
    ready = find(request.status.conditions, READY)
    if ready is None or not ready.message or _USUAL.fullmatch(ready.message):
        return ""
    return f'CertificateRequest "{request.metadata.name}" says: {ready.message}'
