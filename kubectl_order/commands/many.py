"""What the commands about many Orders share: read both lists, and judge each row."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import TypeAlias, TypeVar

import msgspec

from kubectl_order.describe.running import running
from kubectl_order.failure import Exit, Failure
from kubectl_order.report import Line, Lines
from kubectl_order.rows import CertificateRow, OrderRow
from kubectl_order.session import Session
from kubectl_order.text import redacted

R = TypeVar("R", OrderRow, CertificateRow)

Judge: TypeAlias = Callable[
    [Iterable[OrderRow], Iterable[CertificateRow], datetime], tuple[Line, ...]
]


def read(session: Session, judge: Judge, *, all_namespaces: bool, selector: str) -> Lines:
    """The lines that `judge` makes of all rows. Without the right to read Certificates, that is
    told, and Orders are judged alone. Raises Failure."""
    cluster = session.cluster
    listed = cluster.orders(all_namespaces=all_namespaces, selector=selector)
    # Of long lists the API server sends both side by side: the first row is where that begins.
    begun = tuple(islice(listed, 1))
    unread: list[str] = []
    # An Order has the labels of its Certificate, so one selector is good for both.
    owners = cluster.certificates(all_namespaces=all_namespaces, selector=selector)
    certificates = readable(owners, unread)
    orders = (*begun, *listed)
    now = cluster.now
    return Lines(
        time=now,
        namespace=None if all_namespaces else cluster.namespace,
        total=len(orders),
        items=tuple(map(_without_tokens, judge(orders, certificates, now))),
        controller=running(cluster.leader(), now),
        unread=tuple(unread),
    )


def readable(rows: Iterable[R], unread: list[str]) -> tuple[R, ...]:
    """All the rows; none where they may not be read, which `unread` is told. Raises Failure."""
    try:
        return tuple(rows)
    except Failure as failure:
        if failure.exit is not Exit.NO_ACCESS:
            raise
        unread.append(failure.sentence)
        return ()


def _without_tokens(line: Line) -> Line:
    # cert-manager's reasons tell whole URLs and key authorizations; no other text of a row can.
    reason = redacted(line.reason, ())
    return msgspec.structs.replace(line, reason=reason) if reason != line.reason else line
