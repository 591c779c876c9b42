"""When everything that can be done is done: write what is not written yet, else wait. Pure."""

from controller.certificates import status
from controller.certificates.actions import Rest, Told, Write
from controller.certificates.observed import Observed
from controller.runtime.schedule import Again, At, OnChange, soonest
from orderapi.certificate import CertificateStatus
from orderapi.conditions import is_true
from orderapi.names import READY


def settle(
    seen: Observed,
    new: CertificateStatus,
    *,
    again: Again | None = None,
    secret: str = "",
    events: tuple[Told, ...] = (),
) -> Write | Rest:
    """Write `new` where it differs from what is written; else rest, at most until expiry.

    `events` go with a write that changes what people are told. `secret` names a Secret whose change
    ends the rest.
    """
    old = seen.certificate.status
    if status.differs(old, new):
        return Write(new, () if status.says_the_same(old, new) else events)
    return Rest(soonest(again or OnChange(), _expiry(seen)), secret=secret)


def _expiry(seen: Observed) -> Again:
    """Ready must turn False when the certificate ends, whether or not anything happens then."""
    current = seen.certificate.status
    if current.not_after is None or not is_true(current.conditions, READY):
        return OnChange()
    return At(current.not_after)
