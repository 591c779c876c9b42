"""Orders as a table: all of them, or those that need attention. Pure."""

from datetime import datetime

from kubectl_order.explain import words
from kubectl_order.finding import Standing, plugin
from kubectl_order.pages import parts
from kubectl_order.report import Line, Lines
from kubectl_order.view.page import Blank, Block, Fields, Page, Paragraph, Span, Table, Text, text

_SHOWN_NAMES = 3


def page(lines: Lines, *, wide: bool = False) -> Page:
    """All Orders, the most in danger first; a sentence where there are none."""
    if not lines.items:
        return (Paragraph(text(f"No Orders {_where(lines)}.")), *_besides(lines))
    headers = ("NAME", "STATE", "LEFT", "RETRY", "AGE")
    more = ("CERTIFICATE", "ISSUER", "NAMES", "CAUSE") if wide else ()
    rows = tuple(
        (
            *_place(line, lines),
            *_cells(line, lines.time),
            *_more(line, wide=wide),
            _reason(line, wide),
        )
        for line in lines.items
    )
    return (Table((*_placing(lines), *headers, *more, "REASON"), rows), *_besides(lines))


def attention(lines: Lines, *, wide: bool = False) -> Page:
    """What needs attention, with its cause; one line where nothing does."""
    counted = words.counted(lines.total, "Order")
    if not lines.items:
        none = "none needs" if lines.total != 1 else "it does not need"
        told = f"{counted} {_where(lines)}: {none} attention."
        if not lines.total:
            told = f"No Orders {_where(lines)}, and no Certificate needs attention."
        return (Paragraph(text(told)), *_besides(lines))
    rows = tuple(
        (
            *_place(line, lines),
            *_cells(line, lines.time)[:-1],
            text(line.cause or ""),
            *_more(line, wide=wide)[:-1],
            _reason(line, wide),
        )
        for line in lines.items
    )
    more = ("CERTIFICATE", "ISSUER", "NAMES") if wide else ()
    headers = (*_placing(lines), "NAME", "STATE", "LEFT", "RETRY", "CAUSE", *more, "REASON")
    verb = "needs" if len(lines.items) == 1 else "need"
    told = f"{len(lines.items)} of {counted} {_where(lines)} {verb} attention."
    if any(line.ref.kind != "Order" for line in lines.items):
        told = f"{counted} {_where(lines)}; these need attention:"
    worst = lines.items[0].ref
    return (
        Paragraph(text(told)),
        Blank(),
        Table(headers, rows),
        *_besides(lines),
        Blank(),
        *parts.next_command(plugin("why", worst)),
    )


def _cells(line: Line, now: datetime) -> tuple[Text, ...]:
    overdue = line.standing == Standing.OVERDUE
    name = line.ref.name if line.ref.kind == "Order" else str(line.ref)
    retry = parts.retry(line.next_retry, now) if line.next_retry is not None else ""
    return (
        text(name),
        text(Span("overdue" if overdue else line.state, parts.style_of(line.standing))),
        text(_left(line.not_after, now)),
        text(retry),
        text(parts.age(line.created, now)),
    )


def _left(not_after: datetime | None, now: datetime) -> str:
    if not_after is None:
        return ""
    return "expired" if not_after <= now else words.lasting(not_after - now)


def _more(line: Line, *, wide: bool) -> tuple[Text, ...]:
    if not wide:
        return ()
    names = ",".join(line.names[:_SHOWN_NAMES])
    more = len(line.names) - _SHOWN_NAMES
    return (
        text(line.certificate or ""),
        text(line.issuer),
        text(names + (f"+{more}" if more > 0 else "")),
        text(line.cause or ""),
    )


def _reason(line: Line, wide: bool) -> Text:
    return text(parts.cut(line.reason, wide=wide))


def _placing(lines: Lines) -> tuple[str, ...]:
    return ("NAMESPACE",) if lines.namespace is None else ()


def _place(line: Line, lines: Lines) -> tuple[Text, ...]:
    return (text(line.ref.namespace or ""),) if lines.namespace is None else ()


def _where(lines: Lines) -> str:
    return "in all namespaces" if lines.namespace is None else f'in namespace "{lines.namespace}"'


def _besides(lines: Lines) -> tuple[Block, ...]:
    """That the controller is down, where it is, and what may not be read."""
    down = (parts.controller(lines.controller, lines.time),)
    fields = (*(down if lines.controller.state == "down" else ()), *parts.unread(lines.unread))
    return (Blank(), Fields(fields)) if fields else ()
