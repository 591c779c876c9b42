"""The events of a chain in the order of time. Pure."""

from collections.abc import Sequence

from kubectl_order.explain.about import subject
from kubectl_order.facts import EARLIEST, Chain, Event
from kubectl_order.finding import Ref
from kubectl_order.report import Happening, Happenings


def happenings(chain: Chain, events: Sequence[Event]) -> Happenings:
    """All of them, the newest last; of the same second in the order that they came in."""
    found = sorted(events, key=lambda event: event.last or event.first or EARLIEST)
    return Happenings(
        time=chain.now,
        subject=subject(chain),
        items=tuple(_happening(event, chain.namespace) for event in found),
        unread=chain.unread,
    )


def _happening(event: Event, namespace: str) -> Happening:
    where = None if event.kind == "ClusterIssuer" else namespace
    return Happening(
        ref=Ref(kind=event.kind, name=event.name, namespace=where),
        type=event.type,
        reason=event.reason,
        message=event.message,
        source=event.source,
        first=event.first,
        last=event.last,
        count=max(event.count, 1),
    )
