"""What the commands about many Orders share: read both lists, and judge each row."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

import msgspec

from kubectl_order.failure import Exit, Failure
from kubectl_order.report import Line, Lines
from kubectl_order.rows import CertificateRow, OrderRow
from kubectl_order.session import Session
from kubectl_order.text import redacted

Judge: TypeAlias = Callable[
    [Iterable[OrderRow], Iterable[CertificateRow], datetime], tuple[Line, ...]
]


def read(session: Session, judge: Judge, *, all_namespaces: bool, selector: str) -> Lines:
    """The lines that `judge` makes of all rows. Without the right to read Certificates, that is
    told, and Orders are judged alone. Raises Failure."""
    cluster = session.cluster
    orders = tuple(cluster.orders(all_namespaces=all_namespaces, selector=selector))
    unread: tuple[str, ...] = ()
    certificates: tuple[CertificateRow, ...] = ()
    try:
        # An Order has the labels of its Certificate, so one selector is good for both.
        certificates = tuple(cluster.certificates(all_namespaces=all_namespaces, selector=selector))
    except Failure as failure:
        if failure.exit is not Exit.NO_ACCESS:
            raise
        unread = (failure.sentence,)
    now = cluster.now
    return Lines(
        time=now,
        namespace=None if all_namespaces else cluster.namespace,
        total=len(orders),
        items=tuple(map(_without_tokens, judge(orders, certificates, now))),
        unread=unread,
    )


def _without_tokens(line: Line) -> Line:
    # cert-manager's reasons tell whole URLs; no other text of a row can hold a token.
    if "acme-challenge" not in line.reason:
        return line
    return msgspec.structs.replace(line, reason=redacted(line.reason, ()))
