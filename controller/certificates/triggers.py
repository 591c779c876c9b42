"""Why a Certificate needs to be issued: an ordered chain of checks, the first violation counts.

Reasons and messages are the API's, as people's alerts and tools match them. Pure.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from controller.certificates.observed import Absent, Made, Observed
from controller.pki.keys import kind_mismatch
from controller.pki.matching import certificate_mismatch
from controller.pki.renewal import RenewalTime, renewal_time
from controller.secretnote import TLS_CERTIFICATE, TLS_KEY, SecretNote
from orderapi import defaults
from orderapi.conditions import find
from orderapi.names import ACME_SERVER, READY
from orderapi.references import IssuerRef


class Violation(NamedTuple):
    """What is not as it should be: a word for programs, a sentence for people."""

    reason: str
    message: str


def unfit(seen: Observed, target: SecretNote | Absent) -> Violation | None:
    """Why the Secret does not hold a certificate that fits the spec, whatever its dates."""
    if isinstance(target, Absent):
        return Violation("DoesNotExist", "Issuing certificate as Secret does not exist")
    return next((found for check in _CHAIN if (found := check(seen, target)) is not None), None)


def unready(seen: Observed, target: SecretNote | Absent) -> Violation | None:
    """Why the Certificate is not Ready: unfit, expired, or with windows that cannot be kept."""
    violation = unfit(seen, target)
    if violation is not None or isinstance(target, Absent) or target.leaf is None:
        return violation
    if target.leaf.not_after <= seen.now:
        return Violation("Expired", f"Certificate expired on {_long_form(target.leaf.not_after)}")
    fault = renewal_of(seen, target).fault
    if fault:
        return Violation("WindowError", f"Could not calculate renewal time: {fault}")
    return None


def due(seen: Observed, target: SecretNote | Absent) -> Violation | None:
    """Why an issuance must start: unfit, time to renew, or another CA behind the same issuer."""
    violation = unfit(seen, target)
    if violation is not None or isinstance(target, Absent):
        return violation
    return _renewal_due(seen, target) or _other_server(seen)


def renewal_of(seen: Observed, target: SecretNote | Absent) -> RenewalTime:
    """When the certificate in the Secret is to be renewed; no time where there is none."""
    if isinstance(target, Absent) or target.leaf is None:
        return RenewalTime(None)
    dates = target.leaf
    return renewal_time(
        seen.certificate.spec, not_before=dates.not_before, not_after=dates.not_after
    )


def _missing_data(_: Observed, target: SecretNote) -> Violation | None:
    if not target.entries:
        return _missing("any data")
    if TLS_KEY not in target.entries:
        return _missing("a private key")
    if TLS_CERTIFICATE not in target.entries:
        return _missing("a certificate")
    return None


def _broken_pair(_: Observed, target: SecretNote) -> Violation | None:
    contains = "Issuing certificate as Secret contains"
    if target.key_fault:
        why = f"{contains} invalid private key data: {target.key_fault}"
        return Violation("InvalidKeyPair", why)
    if target.certificate_fault:
        why = f"{contains} an invalid certificate: {target.certificate_fault}"
        return Violation("InvalidCertificate", why)
    if not target.key_matches:
        why = f"{contains} a private key that does not match the certificate"
        return Violation("InvalidKeyPair", why)
    return None


def _wrong_issuer(seen: Observed, target: SecretNote) -> Violation | None:
    was = target.issuer
    if was is not None and _meant(was) == _meant(seen.certificate.spec.issuer_ref):
        return None
    by = "an unknown issuer" if was is None else f'"{_written(was)}"'
    return Violation(
        "IncorrectIssuer", f"Issuing certificate as Secret was previously issued by {by}"
    )


def _wrong_certificate(seen: Observed, target: SecretNote) -> Violation | None:
    name = target.certificate_name
    if name in ("", seen.certificate.metadata.name):
        return None
    return Violation(
        "IncorrectCertificate",
        f'Secret was issued for "{name}". If this message is not transient, you might have two '
        f"conflicting Certificates pointing to the same secret.",
    )


def _wrong_kind_of_key(seen: Observed, target: SecretNote) -> Violation | None:
    fields = key_mismatch(seen, target)
    if not fields:
        return None
    return Violation(
        "SecretMismatch", f"Existing private key is not up to date for spec: {listed(fields)}"
    )


def _wrong_key(seen: Observed, target: SecretNote) -> Violation | None:
    if seen.current is None:
        return None
    if seen.current.csr is None:
        return Violation(
            "InvalidCertificateRequest",
            f"Failed to decode current CertificateRequest: {seen.current.csr_fault}",
        )
    if seen.current.key_digest == target.key_digest:
        return None
    return Violation(
        "SecretMismatch",
        "Secret contains a private key that does not match the current CertificateRequest",
    )


def _changed_spec(seen: Observed, target: SecretNote) -> Violation | None:
    if seen.current is not None and seen.current.mismatch:
        return Violation("RequestChanged", request_changed(seen.current))
    if seen.current is not None or target.leaf is None:
        return None
    fields = certificate_mismatch(seen.certificate.spec, target.leaf)
    if not fields:
        return None
    return Violation(
        "SecretMismatch",
        f"Issuing certificate as Existing issued Secret is not up to date for spec: "
        f"{listed(fields)}",
    )


def _no_ca(seen: Observed, target: SecretNote) -> Violation | None:
    """Whatever the request says: who signs with a certificate that is no CA signs in vain."""
    if not seen.certificate.spec.is_ca or target.leaf is None or target.leaf.is_ca:
        return None
    return Violation(
        "SecretMismatch",
        "Issuing certificate as Existing issued Secret is not up to date for spec: [spec.isCA]",
    )


_CHAIN: Final[tuple[Callable[[Observed, SecretNote], Violation | None], ...]] = (
    _missing_data,
    _broken_pair,
    _wrong_issuer,
    _wrong_certificate,
    _wrong_kind_of_key,
    _wrong_key,
    _changed_spec,
    _no_ca,
)


def key_mismatch(seen: Observed, secret: SecretNote) -> tuple[str, ...]:
    """The fields of spec.privateKey that the key in this Secret does not meet."""
    if secret.key_kind is None:
        return ()
    return kind_mismatch(secret.key_kind, seen.certificate.spec.private_key)


def request_changed(made: Made) -> str:
    """That a request is not what the spec asks for now."""
    return f"Fields on existing CertificateRequest resource not up to date: {listed(made.mismatch)}"


def listed(fields: tuple[str, ...]) -> str:
    """Fields as the API's messages list them: `[a b]`."""
    return f"[{' '.join(fields)}]"


def _renewal_due(seen: Observed, target: SecretNote) -> Violation | None:
    renewal = renewal_of(seen, target)
    if renewal.time is None or seen.now < renewal.time:
        return None
    time = short_form(renewal.time)
    if renewal.fault:
        message = f"Renewing certificate without satisfying renewal windows at: {time}"
    else:
        message = f"Renewing certificate as renewal was scheduled at {time}"
    return Violation("Renewing", message)


def _other_server(seen: Observed) -> Violation | None:
    """The issuer has another CA now, as when it moves from a CA's staging to its production."""
    issuer, current = seen.issuer, seen.current
    if issuer is None or issuer.spec.acme is None or current is None:
        return None
    ready = find(issuer.status.conditions, READY)
    generations = (None, issuer.metadata.generation)
    settled = ready is not None and ready.observed_generation in generations
    was, now = current.request.metadata.annotations.get(ACME_SERVER), issuer.spec.acme.server
    if was in (None, now) or not settled or ready is None or ready.status != "True":
        return None
    name = _written(seen.certificate.spec.issuer_ref)
    return Violation(
        "IncorrectIssuer", f'Renewing certificate as the ACME server of "{name}" is now {now}'
    )


def short_form(time: datetime) -> str:
    """RFC 3339 in UTC to the second, as kubectl prints times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _long_form(time: datetime) -> str:
    """RFC 1123 with the zone's name; never in the words of the machine's locale."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[time.weekday()]
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    month = months[4 * time.month - 4 : 4 * time.month - 1]
    return f"{day}, {time.day:02d} {month} {time.year} {time:%H:%M:%S} UTC"


def _missing(what: str) -> Violation:
    return Violation("MissingData", f"Issuing certificate as Secret does not contain {what}")


def _meant(ref: IssuerRef) -> tuple[str, str, str]:
    return defaults.issuer_kind(ref), defaults.issuer_group(ref), ref.name


def _written(ref: IssuerRef) -> str:
    return "{}.{}/{}".format(*_meant(ref))
