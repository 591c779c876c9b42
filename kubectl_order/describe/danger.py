"""Which Orders are in danger, from the few fields that a list has. Pure, and cheap for each row.

It is no `explain`: that needs the whole chain. Here an Order stands as its own status and that of
its Certificate say; where the two differ, what is worse counts. Of the Orders of one Certificate
only the newest can be in danger: the others have been superseded.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from kubectl_order.explain.about import PATIENCE
from kubectl_order.facts import EARLIEST
from kubectl_order.finding import Ref, Standing
from kubectl_order.report import Line
from kubectl_order.rows import CertificateRow, OrderRow, RowIssuerRef
from orderapi import states
from orderapi.conditions import FALSE, TRUE, find
from orderapi.names import ISSUING, PROBLEM_URN, READY

UNTOUCHED: Final = timedelta(minutes=1)
"""How long a new object may be without a status before that is told."""

_RANK: Final[Mapping[str, int]] = {
    Standing.OVERDUE: 0,
    Standing.FAILED: 0,
    Standing.WAITING: 1,
    Standing.MOVING: 2,
    Standing.FINE: 3,
}
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_UPPER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PROBLEM: Final = re.compile(PROBLEM_URN + r"(\w+)")
_OF_CHALLENGE: Final = "challenge"
_NO_STATUS: Final = "No controller has looked at it yet."


class Judgement(NamedTuple):
    """How one object stands: the cause as a word (None: nothing is wrong) and the reason."""

    standing: Standing
    cause: str | None = None
    reason: str = ""
    next_retry: datetime | None = None


def lines(
    orders: Iterable[OrderRow], certificates: Iterable[CertificateRow], now: datetime
) -> tuple[Line, ...]:
    """A line for each Order, the most in danger first."""
    listed = tuple(orders)
    owners = _by_name(certificates)
    return _sorted(_order_lines(listed, owners, now))


def needing_attention(
    orders: Iterable[OrderRow], certificates: Iterable[CertificateRow], now: datetime
) -> tuple[Line, ...]:
    """Orders, and Certificates that have none, that do not stand as they should; the most in danger
    first."""
    listed = tuple(orders)
    owners = _by_name(certificates)
    found = [one for one in _order_lines(listed, owners, now) if _is_wrong(one)]
    told = {(one.ref.namespace, one.certificate) for one in found}
    for (namespace, name), certificate in owners.items():
        if (namespace, name) not in told:
            line = _certificate_line(certificate, of_certificate(certificate, now))
            found += [line] if _is_wrong(line) else []
    return _sorted(found)


def of_certificate(row: CertificateRow, now: datetime) -> Judgement:
    """How a Certificate stands by its own status."""
    status = row.status
    ready = find(status.conditions, READY)
    issuing = find(status.conditions, ISSUING)
    told = status.diagnosis
    retry = told.next_retry_time if told is not None else None
    reason = (told.message if told is not None else "") or (
        ready.message if ready is not None and ready.status != TRUE else ""
    )
    cause = _kebab(told.cause) if told is not None else None
    if status.not_after is not None and status.not_after <= now:
        return Judgement(Standing.OVERDUE, cause or "expired", reason or "It has expired.", retry)
    if status.renewal_time is not None and status.renewal_time + PATIENCE <= now:
        late = reason or "It should have been renewed by now."
        return Judgement(Standing.OVERDUE, cause or "renewal-overdue", late, retry)
    if issuing is not None and issuing.status == FALSE and status.last_failure_time is not None:
        return Judgement(Standing.FAILED, cause or "failed", reason or issuing.message, retry)
    if ready is None:
        made = row.metadata.creation_timestamp
        untouched = told is None and made is not None and now - made < UNTOUCHED
        standing = Standing.MOVING if untouched else Standing.WAITING
        return Judgement(standing, cause or "no-status", reason or _NO_STATUS, retry)
    if told is not None:
        return Judgement(Standing.WAITING, cause, reason, retry)
    if ready.status == TRUE:
        return Judgement(Standing.FINE)
    if issuing is not None and issuing.status == TRUE:
        return Judgement(Standing.MOVING)
    return Judgement(Standing.WAITING, _kebab(ready.reason) or "unready", reason)


def of_order(row: OrderRow, now: datetime) -> Judgement:
    """How an Order stands by its own status."""
    status, told = row.status, row.status.diagnosis
    retry = told.next_retry_time if told is not None else None
    cause = _kebab(told.cause) if told is not None else None
    reason = status.reason or (told.message if told is not None else "")
    if cause == _OF_CHALLENGE:
        # What the CA says of it is more to the point; and its retry is when the order expires.
        problem = _PROBLEM.search(reason)
        cause, retry = (_kebab(problem.group(1)) if problem is not None else cause), None
    if status.state in states.FAILED:
        return Judgement(Standing.FAILED, cause or status.state, reason, retry)
    if row.metadata.deletion_timestamp is not None:
        return Judgement(Standing.WAITING, "deletion", "It is being deleted.")
    if reason:
        return Judgement(Standing.WAITING, cause, reason, retry)
    if status.state == states.VALID:
        return Judgement(Standing.FINE)
    made = row.metadata.creation_timestamp
    if not status.state and (made is None or now - made >= UNTOUCHED):
        return Judgement(Standing.WAITING, "no-status", _NO_STATUS)
    return Judgement(Standing.MOVING)


def _order_lines(
    orders: tuple[OrderRow, ...],
    owners: Mapping[tuple[str, str], CertificateRow],
    now: datetime,
) -> Iterator[Line]:
    newest = _newest(orders)
    for row in orders:
        key = row.metadata.namespace, row.certificate
        owner = owners.get(key) if row.certificate else None
        if row.certificate and newest[key] is not row:
            yield _order_line(row, owner, _superseded(row))
            continue
        judgement = of_order(row, now)
        if owner is not None:
            judgement = _worse(judgement, of_certificate(owner, now))
        yield _order_line(row, owner, judgement)


def _worse(order: Judgement, certificate: Judgement) -> Judgement:
    """What counts of both: the standing of the one that is worse off, in the Order's words where it
    has any; and the earlier of what comes next is the Certificate's, once the Order has failed."""
    worse = order if _RANK[order.standing] <= _RANK[certificate.standing] else certificate
    if certificate.standing is Standing.OVERDUE:
        worse = certificate
    return Judgement(
        worse.standing,
        worse.cause if order.cause is None else order.cause,
        order.reason or worse.reason,
        order.next_retry or certificate.next_retry,
    )


def _superseded(row: OrderRow) -> Judgement:
    failed = row.status.state in states.FAILED
    return Judgement(Standing.FINE, None, "Superseded by a newer Order." if failed else "")


def _newest(orders: Iterable[OrderRow]) -> dict[tuple[str, str], OrderRow]:
    """The newest Order of each Certificate, by its namespace and name."""
    newest: dict[tuple[str, str], OrderRow] = {}
    for row in orders:
        key = row.metadata.namespace, row.certificate
        before = newest.get(key)
        if before is None or _made(row) > _made(before):
            newest[key] = row
    return newest


def _made(row: OrderRow) -> datetime:
    return row.metadata.creation_timestamp or EARLIEST


def _by_name(rows: Iterable[CertificateRow]) -> dict[tuple[str, str], CertificateRow]:
    return {(row.metadata.namespace, row.metadata.name): row for row in rows}


def _order_line(row: OrderRow, owner: CertificateRow | None, judgement: Judgement) -> Line:
    meta = row.metadata
    return Line(
        ref=Ref(kind="Order", name=meta.name, namespace=meta.namespace),
        certificate=row.certificate or None,
        names=(*row.spec.dns_names, *row.spec.ip_addresses),
        issuer=_issuer(row.spec.issuer_ref),
        state=row.status.state or "new",
        standing=judgement.standing,
        reason=judgement.reason,
        cause=judgement.cause,
        next_retry=judgement.next_retry,
        not_after=owner.status.not_after if owner is not None else None,
        created=meta.creation_timestamp,
    )


def _certificate_line(row: CertificateRow, judgement: Judgement) -> Line:
    meta, spec = row.metadata, row.spec
    return Line(
        ref=Ref(kind="Certificate", name=meta.name, namespace=meta.namespace),
        certificate=meta.name,
        names=(*spec.dns_names, *spec.ip_addresses) or (spec.common_name,),
        issuer=_issuer(spec.issuer_ref),
        state="expired" if judgement.cause == "expired" else "unready",
        standing=judgement.standing,
        reason=judgement.reason,
        cause=judgement.cause,
        next_retry=judgement.next_retry,
        not_after=row.status.not_after,
        created=meta.creation_timestamp,
    )


def _issuer(named: RowIssuerRef) -> str:
    return f"{named.kind or 'Issuer'}/{named.name}".lower() if named.name else ""


def _is_wrong(line: Line) -> bool:
    return _RANK[line.standing] < _RANK[Standing.MOVING]


def _sorted(found: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(found, key=_danger))


def _danger(line: Line) -> tuple[int, datetime, str, str]:
    return (
        _RANK[line.standing],
        line.not_after or _NEVER,
        line.ref.namespace or "",
        line.ref.name,
    )


@lru_cache(maxsize=1024)
def _kebab(word: str) -> str | None:
    """`rateLimited` as `rate-limited`. None for what says no more than that it waits."""
    return _UPPER.sub("-", word).lower() if word not in ("", "waiting") else None
