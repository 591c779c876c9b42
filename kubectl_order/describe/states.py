"""How an object stands, in one word. Pure.

Orders and Challenges have a word of their own, the CA's; `new` is one that has none yet. The other
kinds have conditions, and get a word here.
"""

import re
from datetime import datetime
from typing import Final

from kubectl_order.rows import CertificateRow
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.conditions import FALSE, Condition, find, is_true
from orderapi.issuer import AnyIssuer
from orderapi.names import (
    APPROVED,
    DENIED,
    INVALID_REQUEST,
    ISSUING,
    READY,
    REASON_DENIED,
    REASON_FAILED,
    REASON_ISSUED,
)
from orderapi.order import Order
from orderapi.states import FAILED

NEW: Final = "new"

GOOD: Final = frozenset({"ready", "issued", "valid", "present", "alive"})
"""Words that say: nothing is missing here."""

BAD: Final = frozenset({"failed", "denied", "down", *FAILED})
"""Words that say: this has ended, and not well."""


_USUAL: Final = re.compile(
    r'(?:Created Order resource \S+|Waiting on certificate issuance from order \S+?: "\w*"'
    r"|Waiting for order-controller to add certificate data to Order \S+)(?:: (.+))?",
    re.DOTALL,
)
"""What is said of a request that goes its usual way, and what may be said after it."""
_WAITING: Final = ". Waiting: "
"""After this our controller says what is in the way of an issuance."""


def of_certificate(certificate: Certificate | CertificateRow, now: datetime) -> tuple[str, str]:
    """Its word, and why it is not ready; the latter is empty while nothing is wrong.

    `renewing` is ready and being issued anew.
    """
    status = certificate.status
    ready, issuing = find(status.conditions, READY), find(status.conditions, ISSUING)
    if status.not_after is not None and status.not_after <= now:
        return "expired", _told(ready) or _told(issuing)
    at_work = is_true(status.conditions, ISSUING)
    if is_true(status.conditions, READY):
        return ("renewing" if at_work else "ready"), _failure(issuing)
    if at_work:
        return "issuing", _told(issuing).partition(_WAITING)[2]
    if issuing is not None and issuing.status == FALSE:
        return "failed", _told(issuing)
    return ("unready", _told(ready)) if ready is not None else (NEW, "")


def of_request(request: CertificateRequest) -> tuple[str, str]:
    """Its word, and why it has not been signed."""
    conditions = request.status.conditions
    ready = find(conditions, READY)
    for kind, word in ((DENIED, "denied"), (INVALID_REQUEST, "invalid")):
        if is_true(conditions, kind):
            return word, _told(find(conditions, kind))
    if ready is not None and (ready.reason == REASON_ISSUED or is_true(conditions, READY)):
        return "issued", ""
    if ready is not None and ready.reason in (REASON_FAILED, REASON_DENIED):
        return ready.reason.lower(), _told(ready)
    if not is_true(conditions, APPROVED):
        return ("unapproved" if conditions else NEW), _told(ready)
    usual = _USUAL.fullmatch(_told(ready))
    return "pending", (usual.group(1) or "") if usual is not None else _told(ready)


def of_acme(obj: Order | Challenge) -> tuple[str, str]:
    """The CA's word for an Order or a Challenge, and why it waits or failed."""
    state = obj.status.state
    return state or NEW, "" if state == "valid" and isinstance(obj, Challenge) else (
        obj.status.reason
    )


def of_issuer(issuer: AnyIssuer) -> tuple[str, str]:
    """Its word, and why it cannot sign."""
    conditions = issuer.status.conditions
    if is_true(conditions, READY):
        return "ready", ""
    ready = find(conditions, READY)
    return ("unready", _told(ready)) if ready is not None else (NEW, "")


def _told(condition: Condition | None) -> str:
    return (condition.message or condition.reason) if condition is not None else ""


def _failure(issuing: Condition | None) -> str:
    """The last issuance failed, though the certificate before is still good."""
    return _told(issuing) if issuing is not None and issuing.status == FALSE else ""
