"""The status of a Certificate, whole, for each thing that happens to it. Pure.

Ready and Issuing change together, so that nobody ever sees one without the other. Where a message
stays the same nothing differs, and so nothing is written.
"""

from dataclasses import replace
from typing import Final

import msgspec

from controller.certificates import patience
from controller.certificates.observed import Made, Observed, Unread
from controller.certificates.obstacles import ahead
from controller.certificates.planning import next_key_name
from controller.certificates.triggers import Violation, renewal_of, unready
from controller.secretnote import SecretNote
from controller.verdict import failure_kind
from orderapi.certificate import Certificate, CertificateStatus
from orderapi.conditions import FALSE, TRUE, Condition, find, with_condition, without
from orderapi.diagnosis import Attempt, Diagnosis, diagnosis
from orderapi.names import ISSUING, READY
from orderapi.times import whole_second

UP_TO_DATE: Final = Violation("Ready", "Certificate is up to date and has not expired")

_WAITING: Final = ". Waiting: "


def differs(old: CertificateStatus, new: CertificateStatus) -> bool:
    """Whether a write is due. The diagnosis alone is no cause: a CRD without it would prune it."""
    return msgspec.structs.replace(old, diagnosis=None) != msgspec.structs.replace(
        new, diagnosis=None
    )


def settled(seen: Observed, *, outlook: str = "") -> CertificateStatus:
    """Nothing is being issued. `outlook` says what comes next where it is not Ready; what will be
    in the way of the next issuance is in the diagnosis."""
    status = msgspec.structs.replace(
        _assessed(seen, suffix=f". {outlook}" if outlook else ""),
        next_private_key_secret_name=None,
    )
    ready = find(status.conditions, READY)
    if ready is None or ready.status != TRUE:
        return status
    fault = ahead(seen)
    if fault is not None:
        told = diagnosis(fault.reason, fault.message, attempts=_attempts(status))
        return msgspec.structs.replace(status, diagnosis=told)
    return status if outlook else msgspec.structs.replace(status, diagnosis=None)


def started(seen: Observed, why: Violation) -> CertificateStatus:
    """An issuance begins: what for, and where its key will be."""
    return _with_key_name(seen, _with_issuing(seen, _assessed(seen), TRUE, why))


def taken_up(seen: Observed) -> CertificateStatus:
    """An issuance begins that somebody else asked for; their condition stays."""
    issuing = find(seen.certificate.status.conditions, ISSUING)
    why = Violation(issuing.reason, _base(issuing.message)) if issuing else UP_TO_DATE
    return started(seen, why)


def renamed(seen: Observed) -> CertificateStatus:
    """The name that was chosen for the key's Secret is a stranger's: another one."""
    return _with_key_name(seen, seen.certificate.status)


def waiting(seen: Observed, what: str) -> CertificateStatus:
    """An issuance waits: `what` says for what, and is empty while all goes its usual way."""
    suffix = f"{_WAITING}{what}" if what else ""
    status = _assessed(seen, suffix=suffix)
    issuing = find(status.conditions, ISSUING)
    if issuing is not None:
        why = Violation(issuing.reason, _base(issuing.message) + suffix)
        status = _with_issuing(seen, status, TRUE, why)
    return msgspec.structs.replace(status, diagnosis=_wait_told(status, what))


def failed(seen: Observed, why: Violation) -> CertificateStatus:
    """An issuance failed. The cause, and what happens next, are told."""
    issuing = Violation(why.reason, patience.FAILED + why.message)
    status = msgspec.structs.replace(
        _with_issuing(seen, seen.certificate.status, FALSE, issuing),
        last_failure_time=whole_second(seen.now),
        failed_issuance_attempts=(seen.certificate.status.failed_issuance_attempts or 0) + 1,
        next_private_key_secret_name=None,
    )
    after = replace(seen, certificate=_with_status(seen.certificate, status))
    wait = patience.longest(after)
    told = settled(after, outlook=wait.sentence if wait else "")
    return msgspec.structs.replace(told, diagnosis=_failure(seen, why, wait))


def held(seen: Observed, why: Violation) -> CertificateStatus:
    """Nothing is issued before a change of something: Ready says so, whatever the Secret holds."""
    status = _assessed(seen)
    if seen.issuing:
        status = _with_issuing(seen, status, FALSE, why)
    return msgspec.structs.replace(
        status,
        conditions=_placed(seen, status, READY, FALSE, why),
        next_private_key_secret_name=None,
        diagnosis=diagnosis(why.reason, why.message, attempts=_attempts(status)),
    )


def finished(seen: Observed, made: Made) -> CertificateStatus:
    """The Secret holds the certificate of `made`, which is now the current request."""
    cleared = msgspec.structs.replace(
        seen.certificate.status,
        conditions=without(seen.certificate.status.conditions, ISSUING),
        revision=seen.next_revision,
        failed_issuance_attempts=None,
        last_failure_time=None,
        next_private_key_secret_name=None,
        diagnosis=None,
    )
    certificate = _with_status(seen.certificate, cleared)
    return _assessed(replace(seen, certificate=certificate, current=made, coming=()))


def says_the_same(old: CertificateStatus, new: CertificateStatus) -> bool:
    """Whether the conditions tell people the same: then nobody needs to hear it again."""
    before, after = (
        [(each.type, each.reason, each.message) for each in status.conditions]
        for status in (old, new)
    )
    return before == after


def _assessed(seen: Observed, *, suffix: str = "") -> CertificateStatus:
    """Ready and the dates, from what the Secret holds; `suffix` goes to the message of a False."""
    target = seen.target
    if isinstance(target, Unread):
        return _repeated(seen, suffix)
    leaf = target.leaf if isinstance(target, SecretNote) else None
    status = msgspec.structs.replace(
        seen.certificate.status,
        not_before=leaf.not_before if leaf else None,
        not_after=leaf.not_after if leaf else None,
        renewal_time=renewal_of(seen, target).time,
    )
    why = unready(seen, target)
    return _with_ready(seen, status, why, suffix=suffix)


def _repeated(seen: Observed, suffix: str) -> CertificateStatus:
    """Ready as it was, but for the suffix."""
    status = seen.certificate.status
    old = find(status.conditions, READY)
    if old is None:
        return status
    why = None if old.status == TRUE else Violation(old.reason, _base(old.message))
    return _with_ready(seen, status, why, suffix=suffix)


def _with_ready(
    seen: Observed, status: CertificateStatus, why: Violation | None, *, suffix: str
) -> CertificateStatus:
    if why is None:
        conditions = _placed(seen, status, READY, TRUE, UP_TO_DATE)
    else:
        told = Violation(why.reason, why.message + suffix)
        conditions = _placed(seen, status, READY, FALSE, told)
    return msgspec.structs.replace(status, conditions=conditions)


def _with_issuing(
    seen: Observed, status: CertificateStatus, value: str, why: Violation
) -> CertificateStatus:
    return msgspec.structs.replace(status, conditions=_placed(seen, status, ISSUING, value, why))


def _with_key_name(seen: Observed, status: CertificateStatus) -> CertificateStatus:
    name = next_key_name(seen.certificate, seen.now)
    return msgspec.structs.replace(status, next_private_key_secret_name=name)


def _with_status(certificate: Certificate, status: CertificateStatus) -> Certificate:
    return msgspec.structs.replace(certificate, status=status)


def _placed(
    seen: Observed, status: CertificateStatus, kind: str, value: str, why: Violation
) -> tuple[Condition, ...]:
    condition = Condition(
        type=kind,
        status=value,
        reason=why.reason,
        message=why.message,
        observed_generation=seen.certificate.metadata.generation or None,
    )
    return with_condition(status.conditions, condition, seen.now)


def _base(message: str) -> str:
    return message.partition(_WAITING)[0]


def _attempts(status: CertificateStatus) -> tuple[Attempt, ...]:
    return status.diagnosis.attempts if status.diagnosis else ()


def _wait_told(status: CertificateStatus, what: str) -> Diagnosis | None:
    attempts = _attempts(status)
    if what:
        return diagnosis("waiting", what, attempts=attempts)
    if not attempts:
        return None
    last = attempts[-1]
    return diagnosis(last.outcome, last.message, attempts=attempts)


def _failure(seen: Observed, why: Violation, wait: patience.Wait | None) -> Diagnosis:
    kind = failure_kind(why.reason, why.message) or why.reason
    this = Attempt(time=whole_second(seen.now), outcome=kind, message=why.message)
    return diagnosis(
        kind,
        wait.sentence if wait else why.message,
        next_retry_time=wait.until if wait else None,
        attempts=(*_attempts(seen.certificate.status), this),
    )
