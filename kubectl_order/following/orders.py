"""Following all Orders of a namespace, or of all, until none is under way."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from kubectl_order.access.api import METADATA_LIST
from kubectl_order.access.errors import Gone
from kubectl_order.explain import words
from kubectl_order.failure import Exit, Failure
from kubectl_order.finding import Ref
from kubectl_order.following.deadline import Deadline
from kubectl_order.following.lines import document, line
from kubectl_order.following.phases import GONE, Change
from kubectl_order.output import say
from kubectl_order.reading.kinds import place
from kubectl_order.reading.refusals import told
from kubectl_order.rows import OrderRow, version_in
from kubectl_order.session import Session
from kubectl_order.text import redacted
from kubectl_order.view.page import text
from orderapi import states
from orderapi.resources import ORDER

_ONE_WATCH: Final = 240.0


class _Seen(NamedTuple):
    state: str
    reason: str


class _Followed:
    """What is known of each Order, and which of those that were under way failed."""

    def __init__(self) -> None:
        self.known: dict[Ref, _Seen] = {}
        self.failed: set[Ref] = set()

    @property
    def under_way(self) -> tuple[Ref, ...]:
        """The Orders that have not ended."""
        return tuple(ref for ref, seen in self.known.items() if seen.state not in states.FINAL)

    def take(self, row: OrderRow, *, deleted: bool = False) -> tuple[Ref, _Seen | None, _Seen]:
        """Note how an Order stands now; which it is, how it stood, and how it stands."""
        meta = row.metadata
        ref = Ref(kind="Order", name=meta.name, namespace=meta.namespace or None)
        before = self.known.get(ref)
        now = _Seen(GONE if deleted else row.status.state, row.status.reason)
        if deleted:
            self.known.pop(ref, None)
        else:
            self.known[ref] = now
        if now.state in states.FAILED and (before is None or before.state not in states.FINAL):
            self.failed.add(ref)
        return ref, before, now


def follow_orders(
    session: Session, deadline: Deadline, *, all_namespaces: bool, selector: str
) -> Exit:
    """1 where one of them failed meanwhile. Raises Failure, TIMED_OUT at the deadline."""
    cluster = session.cluster
    path = place(ORDER, "" if all_namespaces else cluster.namespace)
    query = {"labelSelector": selector} if selector else {}
    followed = _Followed()
    version = _version(session, path)
    for row in cluster.orders(all_namespaces=all_namespaces, selector=selector):
        ref, _, now = followed.take(row)
        if now.state not in states.FINAL:
            _tell(session, ref, None, now, namespace=all_namespaces)
    followed.failed.clear()
    ended = len(followed.known) - len(followed.under_way)
    if not followed.under_way:
        return _conclude(session, followed, f"{words.counted(ended, 'Order')}, none under way.")
    for kind, row in _rows(session, path, query, version, deadline):
        ref, before, now = followed.take(row, deleted=kind == "DELETED")
        if before != now:
            _tell(session, ref, before, now, namespace=all_namespaces)
        if not followed.under_way:
            return _conclude(session, followed, "No Order is under way any more.")
    raise Failure(
        f"{words.counted(len(followed.under_way), 'Order')} not done within {deadline.text}",
        exit=Exit.TIMED_OUT,
        hint="kubectl order status",
    )


def _rows(
    session: Session, path: str, query: dict[str, str], version: str, deadline: Deadline
) -> Iterator[tuple[str, OrderRow]]:
    """Changes of Orders, until the deadline."""
    api = session.cluster.api
    while deadline.left > 0:
        seconds = min(_ONE_WATCH, deadline.left)
        begin = {"resourceVersion": version} if version else {}
        with told():
            try:
                for kind, body in api.watch(path, query | begin, timeout=seconds):
                    version = version_in(body)
                    if kind != "BOOKMARK":
                        yield kind, msgspec.json.decode(body, type=OrderRow)
            except Gone:
                version = _version(session, path)


def _version(session: Session, path: str) -> str:
    """The present version of the list."""
    with told():
        page = session.cluster.api.get(path, {"limit": "1"}, accept=METADATA_LIST)
        return version_in(page)


def _tell(session: Session, ref: Ref, before: _Seen | None, now: _Seen, *, namespace: bool) -> None:
    change = Change(
        time=session.cluster.now,
        ref=ref,
        before=(before.state or "new") if before is not None else None,
        after=now.state or "new",
        reason=now.reason if now.state not in (states.VALID, GONE) else "",
    )
    change = redacted(change, ())
    if session.for_people:
        say(session, line(change, namespace=namespace))
    else:
        document(session, change)


def _conclude(session: Session, followed: _Followed, sentence: str) -> Exit:
    if session.for_people:
        failed = len(followed.failed)
        told = (
            f"{words.counted(failed, 'Order')} failed. Next: kubectl order status" if failed else ""
        )
        say(session, text(told or sentence))
    return Exit.FAILED if followed.failed else Exit.FINE
