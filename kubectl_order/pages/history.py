"""Attempts as a table. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from kubectl_order.explain import words
from kubectl_order.pages import parts
from kubectl_order.report import Attempt, Attempts
from kubectl_order.view.page import Blank, Block, Fields, Page, Paragraph, Table, Text, text

_HEADERS = ("STARTED", "DURATION", "OUTCOME", "REQUEST", "ORDER", "WHY")


def page(attempts: Attempts, *, wide: bool = False) -> Page:
    """The attempts, the newest last, and when the next is made."""
    return tuple(_blocks(attempts, wide=wide))


def _blocks(attempts: Attempts, *, wide: bool) -> Iterator[Block]:
    subject = parts.placed(attempts.certificate)
    if attempts.items:
        rows = tuple(_row(each, attempts.time, wide=wide) for each in attempts.items)
        yield Table(_HEADERS, rows)
    else:
        yield Paragraph(text(f"No attempts are known for {subject}."))
    told = _outlook(attempts)
    if told:
        yield Blank()
        yield Paragraph(text(told))
    if attempts.unread:
        yield Blank()
        yield Fields(parts.unread(attempts.unread))


def _row(attempt: Attempt, now: datetime, *, wide: bool) -> tuple[Text, ...]:
    lasted = timedelta(seconds=attempt.seconds) if attempt.seconds is not None else None
    running = attempt.ended is None and attempt.seconds is not None
    return (
        text(_start(attempt.started, now, wide=wide)),
        text(
            (words.lasting(lasted) if lasted is not None else "") + (" so far" if running else "")
        ),
        text(parts.state_span(attempt.outcome)),
        text(attempt.request.name if attempt.request is not None else ""),
        text(attempt.order.name if attempt.order is not None else ""),
        text(parts.cut(attempt.why, wide=wide)),
    )


def _start(started: datetime | None, now: datetime, *, wide: bool) -> str:
    if started is None:
        return ""
    return words.stamp(started) if wide else words.distance(started, now)


def _outlook(attempts: Attempts) -> str:
    told: list[str] = []
    if attempts.failed > 1:
        told.append(f"The last {attempts.failed} attempts failed.")
    elif attempts.failed:
        told.append("The last attempt failed.")
    if attempts.next_attempt is not None and attempts.next_attempt > attempts.time:
        told.append(f"The next is made at {parts.moment(attempts.next_attempt, attempts.time)}.")
    return " ".join(told)
