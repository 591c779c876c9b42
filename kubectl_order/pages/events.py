"""The events of a chain as a table. Pure."""

from collections.abc import Iterator
from datetime import datetime

from kubectl_order.explain import words
from kubectl_order.finding import plugin
from kubectl_order.pages import parts
from kubectl_order.report import Happening, Happenings
from kubectl_order.view.page import (
    Blank,
    Block,
    Fields,
    Page,
    Paragraph,
    Span,
    Style,
    Table,
    Text,
    text,
)

_HEADERS = ("AGE", "TYPE", "REASON", "OBJECT", "MESSAGE")


def page(happenings: Happenings, *, wide: bool = False) -> Page:
    """The events, the newest last; a sentence where there are none any more. Wide tells times."""
    return tuple(_blocks(happenings, wide=wide))


def _blocks(happenings: Happenings, *, wide: bool) -> Iterator[Block]:
    if happenings.items:
        headers = ("TIME", *_HEADERS[1:]) if wide else _HEADERS
        rows = tuple(_row(each, happenings.time, wide=wide) for each in happenings.items)
        yield Table(headers, rows)
    else:
        yield Paragraph(text(_none(happenings)))
        yield from parts.next_command(plugin("why", happenings.subject))
    if happenings.unread:
        yield Blank()
        yield Fields(parts.unread(happenings.unread))


def _row(event: Happening, now: datetime, *, wide: bool) -> tuple[Text, ...]:
    style = Style.WARNING if event.type == "Warning" else Style.PLAIN
    time = event.last or event.first
    count = f" (x{event.count})" if event.count > 1 else ""
    return (
        text(_time(time, now, wide=wide)),
        text(Span(event.type, style)),
        text(event.reason),
        text(str(event.ref)),
        text(" ".join(event.message.split()), Span(count, Style.FAINT)),
    )


def _time(time: datetime | None, now: datetime, *, wide: bool) -> str:
    if time is None:
        return ""
    return words.stamp(time) if wide else words.lasting(now - time)


def _none(happenings: Happenings) -> str:
    subject = parts.placed(happenings.subject)
    return (
        f"There are no events about {subject} and what belongs to it: the cluster keeps them for "
        f"an hour, as a rule. What happened before is in the objects themselves."
    )
