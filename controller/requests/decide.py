"""What to do next about a CertificateRequest: pure and total, the whole life of one.

    it has ended                   nothing, ever
    an issuer of another group     approve it, where that is ours to do, and leave it alone
    denied                         it fails
    not approved                   wait for whoever approves
    it has an Order                follow that, whatever becomes of the issuer
    it has none                    make it, once issuer and signing request allow; where the API
                                   server refused it lately, not before its time

Approval goes into the same write as what there is to say. An Order is never made in the same step:
the approval must stand first.
"""

from datetime import datetime
from typing import Final, Literal, TypeAlias

import msgspec

from controller.requests import sentences
from controller.requests.observed import Asked, Leaf, Observed, Unreadable
from controller.requests.ownership import leading
from controller.requests.submission import name_of
from orderapi import names, states
from orderapi.certificaterequest import CertificateRequest, CertificateRequestStatus
from orderapi.conditions import FALSE, TRUE, Condition, find, is_true, with_condition
from orderapi.defaults import issuer_group
from orderapi.issuer import AcmeIssuer
from orderapi.order import Order
from orderapi.times import whole_second

ENDED: Final = frozenset({names.REASON_FAILED, names.REASON_ISSUED, names.REASON_DENIED})


class Event(msgspec.Struct, frozen=True):
    """What is told about the request."""

    type: Literal["Normal", "Warning"]
    reason: str
    note: str


class Rest(msgspec.Struct, frozen=True):
    """Nothing, until something changes or it is `until`."""

    until: datetime | None = None


class Write(msgspec.Struct, frozen=True):
    """Write this status, and tell about it."""

    status: CertificateRequestStatus
    event: Event | None = None


class Submit(msgspec.Struct, frozen=True):
    """Make the request's one Order."""

    acme: AcmeIssuer
    asked: Asked


Action: TypeAlias = Rest | Write | Submit


class _Say(msgspec.Struct, frozen=True):
    """What the Ready condition is to say; told as `event` where that is something new.

    `invalid`: what is asked for cannot be had, however often; the condition InvalidRequest says so
    with the event's reason.
    """

    reason: str
    message: str
    event: str = ""
    certificate: bytes = b""
    invalid: bool = False


class _Keep(msgspec.Struct, frozen=True):
    """What the Ready condition says is right."""


def pending(seen: Observed, message: str, event: str) -> Rest | Write:
    """Have it written that the request waits, and why; nothing where it says so already."""
    return _write(seen, seen.request.status, _pending(message, event))


def has_ended(request: CertificateRequest) -> bool:
    """Whether nothing will happen to the request any more."""
    ready = find(request.status.conditions, names.READY)
    if ready is not None and (ready.status == TRUE or ready.reason in ENDED):
        return True
    return request.metadata.deletion_timestamp is not None


def is_foreign(request: CertificateRequest) -> bool:
    """Whether it names an issuer of another API group, which another controller serves."""
    return issuer_group(request.spec.issuer_ref) != names.GROUP


def decide(seen: Observed) -> Action:
    """The next step."""
    request, conditions = seen.request, seen.request.status.conditions
    if has_ended(request) or is_true(conditions, names.INVALID_REQUEST):
        return Rest()
    denied, approved = (is_true(conditions, kind) for kind in (names.DENIED, names.APPROVED))
    if is_foreign(request):
        return Write(_approved(seen)) if seen.approves and not (denied or approved) else Rest()
    if denied:
        return _write(seen, request.status, _Say(names.REASON_DENIED, sentences.DENIED))
    if not approved and not seen.approves:
        event = sentences.EVENT_WAITING_FOR_APPROVAL
        return _write(seen, request.status, _pending(sentences.NOT_APPROVED, event))
    judged = _judge(seen)
    if approved:
        if isinstance(judged, Submit):
            return Rest(seen.refused_until) if _is_refused(seen) else judged
        return _write(seen, request.status, judged)
    if isinstance(judged, Submit):
        meta = request.metadata
        judged = _pending(sentences.waiting_on(meta.namespace, name_of(request)))
    return _write(seen, _approved(seen), judged)


def _is_refused(seen: Observed) -> bool:
    """Whether it is too early to try again for an Order."""
    return seen.refused_until is not None and seen.now < seen.refused_until


def _judge(seen: Observed) -> Submit | _Say | _Keep:
    """What becomes of an approved request."""
    if seen.orders:
        return _follow(seen, leading(seen.request, seen.orders))
    ref, issuer = seen.request.spec.issuer_ref, seen.issuer
    if issuer is None:
        namespace = seen.request.metadata.namespace
        text = sentences.issuer_missing(ref, namespace, only_namespace=seen.only_namespace)
        return _pending(text, sentences.EVENT_ISSUER_NOT_FOUND)
    ready = find(issuer.status.conditions, names.READY)
    acme = issuer.spec.acme
    if acme is None:
        text = sentences.issuer_not_ready(ref, ready)
        return _pending(text, sentences.EVENT_ISSUER_NOT_READY)
    fault = _fault(seen.request, seen.asked)
    if fault is not None:
        return fault
    if ready is None or ready.status != TRUE:
        text = sentences.issuer_not_ready(ref, ready)
        return _pending(text, sentences.EVENT_ISSUER_NOT_READY)
    return Submit(acme, seen.asked) if isinstance(seen.asked, Asked) else _Keep()


def _fault(request: CertificateRequest, asked: Asked | Unreadable | None) -> _Say | None:
    """Why no ACME order can be made of what the request asks for."""
    match asked:
        case None:
            return None
        case Unreadable(why=why):
            return _invalid(sentences.undecodable_request(why), names.REASON_PARSING_ERROR)
    if request.spec.is_ca or asked.is_ca:
        text = sentences.ca_certificate()
    elif asked.unsupported:
        text = sentences.unsupported_names(asked.unsupported)
    elif asked.common_name and not _is_among(asked.common_name, asked):
        text = sentences.strange_common_name(asked)
    elif not asked.dns_names and not asked.ip_addresses:
        text = sentences.no_names()
    else:
        return None
    return _invalid(text, names.REASON_INVALID_ORDER)


def _is_among(common_name: str, asked: Asked) -> bool:
    wanted = common_name.lower()
    return wanted in asked.ip_addresses or wanted in (name.lower() for name in asked.dns_names)


def _follow(seen: Observed, order: Order) -> _Say | _Keep:
    """What an Order means for its request."""
    status = order.status
    if status.state in states.FAILED:
        return _failed(sentences.order_failed(order), sentences.EVENT_ORDER_FAILED)
    if status.state == states.VALID and status.certificate:
        return _issued(seen, order)
    meta = order.metadata
    ready = find(seen.request.status.conditions, names.READY)
    said = ready.message if ready is not None else ""
    if not status.reason and sentences.is_waiting_on(said, meta.namespace, meta.name):
        return _Keep()  # each state on its way is the Order's to tell: nothing is written for it
    text = sentences.waiting_on(meta.namespace, meta.name, status.state, status.reason)
    return _pending(text)


def _issued(seen: Observed, order: Order) -> _Say | _Keep:
    match seen.leaf, seen.asked:
        case Unreadable(why=why), _:
            text = sentences.undecodable_certificate(order, why)
            return _failed(text, sentences.EVENT_DECODE_ERROR)
        case _, Unreadable(why=why):
            return _invalid(sentences.undecodable_request(why), names.REASON_PARSING_ERROR)
        case Leaf() as leaf, Asked() as asked if leaf.key_digest == asked.key_digest:
            return _Say(
                names.REASON_ISSUED,
                sentences.ISSUED,
                names.EVENT_CERTIFICATE_ISSUED,
                order.status.certificate,
            )
        case Leaf(), Asked():
            return _failed(sentences.other_key(order), sentences.EVENT_ORDER_FAILED)
    return _Keep()


def _pending(message: str, event: str = "") -> _Say:
    return _Say(names.REASON_PENDING, message, event)


def _failed(message: str, event: str) -> _Say:
    return _Say(names.REASON_FAILED, message, event)


def _invalid(message: str, reason: str) -> _Say:
    return _Say(names.REASON_FAILED, message, reason, invalid=True)


def _approved(seen: Observed) -> CertificateRequestStatus:
    approval = Condition(
        type=names.APPROVED,
        status=TRUE,
        reason=sentences.APPROVAL_REASON,
        message=sentences.APPROVED,
    )
    status = seen.request.status
    conditions = with_condition(status.conditions, approval, seen.now)
    return msgspec.structs.replace(status, conditions=conditions)


def _write(seen: Observed, status: CertificateRequestStatus, judged: _Say | _Keep) -> Rest | Write:
    """The status with what is to be said; nothing where it says so already."""
    event = None
    if isinstance(judged, _Say):
        before = find(status.conditions, names.READY)
        if before is None or (before.reason, before.message) != (judged.reason, judged.message):
            status = _saying(seen, status, judged)
            event = _event(judged)
    return Rest() if status == seen.request.status else Write(status, event)


def _saying(
    seen: Observed, status: CertificateRequestStatus, say: _Say
) -> CertificateRequestStatus:
    issued = say.reason == names.REASON_ISSUED
    condition = Condition(
        type=names.READY,
        status=TRUE if issued else FALSE,
        reason=say.reason,
        message=say.message,
    )
    conditions = with_condition(status.conditions, condition, seen.now)
    if say.invalid:
        invalid = Condition(
            type=names.INVALID_REQUEST, status=TRUE, reason=say.event, message=say.message
        )
        conditions = with_condition(conditions, invalid, seen.now)
    failed = say.reason in (names.REASON_FAILED, names.REASON_DENIED)
    return msgspec.structs.replace(
        status,
        conditions=conditions,
        certificate=say.certificate or status.certificate,
        failure_time=(status.failure_time or whole_second(seen.now))
        if failed
        else status.failure_time,
    )


def _event(say: _Say) -> Event | None:
    if not say.event:
        return None
    troubled = say.reason == names.REASON_FAILED or say.event in sentences.TROUBLES
    return Event("Warning" if troubled else "Normal", say.event, say.message)
