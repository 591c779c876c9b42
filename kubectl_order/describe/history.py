"""The attempts at a certificate, put together from whatever still tells of them. Pure.

A CertificateRequest tells most, and is often gone: only a few are kept. The diagnosis on the
Certificate keeps the ends of the last failures, the annotation on each request the beginnings of
those of the last hour. What belongs together is joined by its time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from kubectl_order.describe import states
from kubectl_order.explain.about import ref
from kubectl_order.facts import EARLIEST, Chain
from kubectl_order.finding import Ref
from kubectl_order.report import Attempt, Attempts
from orderapi import attempts as told_attempts
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find
from orderapi.diagnosis import Attempt as Told
from orderapi.names import DENIED, INVALID_REQUEST, READY

_ENDED: Final = frozenset({"issued", "failed", "denied", "invalid"})
_SLACK: Final = timedelta(seconds=10)
"""How far apart two tellings of one moment may be: objects are written one after the other."""
_SECOND: Final = timedelta(seconds=1)
"""Ends are written in whole seconds, beginnings are not."""


def history(chain: Chain, certificate: Ref, orders: Mapping[str, Ref]) -> Attempts:
    """All attempts that anything tells of, the newest last. `orders`: by UID of their request."""
    requests = [*chain.past, *((chain.request,) if chain.request is not None else ())]
    requests.sort(key=lambda one: one.metadata.creation_timestamp or EARLIEST)
    told = _told(chain)
    known = [_of_request(chain, one, orders, told) for one in requests]
    gone = _gone(known, told, _starts(requests))
    status = chain.certificate.status if chain.certificate is not None else None
    diagnosis = status.diagnosis if status is not None else None
    return Attempts(
        time=chain.now,
        certificate=certificate,
        failed=(status.failed_issuance_attempts or 0) if status is not None else 0,
        next_attempt=diagnosis.next_retry_time if diagnosis is not None else None,
        items=tuple(sorted((*gone, *known), key=_moment)),
        unread=chain.unread,
    )


def _of_request(
    chain: Chain,
    request: CertificateRequest,
    orders: Mapping[str, Ref],
    told: Sequence[Told],
) -> Attempt:
    state, why = states.of_request(request)
    started = request.metadata.creation_timestamp
    ended = _end(request, state)
    order = orders.get(request.metadata.uid)
    if order is None and request is chain.request and chain.order is not None:
        order = ref(chain.order)
    until = ended or chain.now
    return Attempt(
        started=started,
        ended=ended,
        seconds=(until - started).total_seconds() if started is not None else None,
        outcome=state if state == "issued" else _kind(told, ended) or state,
        request=ref(request),
        order=order,
        why=why,
    )


def _end(request: CertificateRequest, state: str) -> datetime | None:
    if state not in _ENDED:
        return None
    if request.status.failure_time is not None:
        return request.status.failure_time
    kind = {"denied": DENIED, "invalid": INVALID_REQUEST}.get(state, READY)
    condition = find(request.status.conditions, kind)
    return condition.last_transition_time if condition is not None else None


def _kind(told: Sequence[Told], ended: datetime | None) -> str:
    """The word for a failure: the Certificate tells more of it than the request."""
    return next((one.outcome for one in told if _close(one.time, ended)), "")


def _gone(
    known: Sequence[Attempt], told: Sequence[Told], starts: Sequence[datetime]
) -> list[Attempt]:
    """Attempts whose requests are gone: their ends, and the last beginning before each."""
    left = [time for time in starts if not any(_close(time, one.started) for one in known)]
    found: list[Attempt] = []
    for end in reversed([one for one in told if not any(_close(one.time, k.ended) for k in known)]):
        began = max((time for time in left if time <= end.time + _SECOND), default=None)
        if began is not None:
            left.remove(began)
        found.append(_without_request(began, end))
    return [*found, *(_without_request(time, None) for time in left)]


def _without_request(started: datetime | None, end: Told | None) -> Attempt:
    ended = end.time if end is not None else None
    return Attempt(
        started=started,
        ended=ended,
        seconds=max((ended - started).total_seconds(), 0) if started and ended else None,
        outcome=end.outcome if end is not None else "unknown",
        request=None,
        order=None,
        why=end.message if end is not None else "Its request is gone, and nothing tells its end.",
    )


def _told(chain: Chain) -> tuple[Told, ...]:
    diagnosis = chain.certificate.status.diagnosis if chain.certificate is not None else None
    return diagnosis.attempts if diagnosis is not None else ()


def _starts(requests: Iterable[CertificateRequest]) -> list[datetime]:
    return sorted(
        {
            attempt.time
            for request in requests
            if (made := request.metadata.creation_timestamp) is not None
            for attempt in told_attempts.recent([request.metadata.annotations], made)
        }
    )


def _close(one: datetime, other: datetime | None) -> bool:
    return other is not None and abs(one - other) <= _SLACK


def _moment(attempt: Attempt) -> datetime:
    return attempt.started or attempt.ended or EARLIEST
