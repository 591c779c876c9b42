"""When a certificate is renewed. Pure: follows from the spec and the dates in the certificate
alone.

The lifetime is the real one, not the one that was asked for. Whether the time has come, and what a
CA says about renewal, is not decided here.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from controller.pki.windows import WindowFault, fitted
from orderapi import defaults
from orderapi.certificate import CertificateSpec
from orderapi.validation.fault import not_one_of
from orderapi.validation.renewal import POLICIES

_FRESH: Final = 24
"""No window counts that opens in the first 24th of the lifetime: it may be the one that the
certificate was issued in, as CAs date certificates back by an hour, and renewing for it would never
end.
"""


class RenewalTime(NamedTuple):
    """When to renew (UTC, whole seconds), None for never; `fault` says why it is not as the spec
    wants it.
    """

    time: datetime | None
    fault: str = ""


def renewal_time(
    spec: CertificateSpec, *, not_before: datetime, not_after: datetime
) -> RenewalTime:
    """When to renew a certificate with these dates (aware). A faulty spec still gets a time."""
    lifetime = max(not_after - not_before, timedelta())
    span, fault = _span(spec, lifetime)
    desired = (not_after - span).astimezone(UTC).replace(microsecond=0)
    if spec.renewal is None:
        return RenewalTime(desired, fault)
    policy = defaults.renewal_policy(spec)
    if policy == "Disabled":
        return RenewalTime(None)
    if policy not in POLICIES:
        return RenewalTime(desired, str(not_one_of("spec.renewal.policy", policy, POLICIES)))
    if not spec.renewal.windows:
        return RenewalTime(desired, fault)
    earliest = not_before + lifetime / _FRESH
    try:
        time = fitted(desired, spec.renewal.windows, earliest=earliest, latest=not_after)
    except WindowFault as window_fault:
        return RenewalTime(desired, str(window_fault))
    return RenewalTime(time, fault)


def _span(spec: CertificateSpec, lifetime: timedelta) -> tuple[timedelta, str]:
    try:
        return defaults.renew_before(spec, lifetime), ""
    except ValueError as error:
        return lifetime / 3, f"spec.renewBefore: {error}"
