"""One page on a Certificate and its Order. Pure.

The chain, a line for each object; each name that is not proved yet; the certificate; the
controller; what could not be read; and at the end what it waits for and who must act.
"""

from collections.abc import Iterator
from datetime import datetime

from kubectl_order.explain import words
from kubectl_order.finding import Standing
from kubectl_order.pages import parts, proof
from kubectl_order.report import Lifetime, Status, Step
from kubectl_order.view.page import (
    Blank,
    Block,
    Fields,
    Page,
    Paragraph,
    Span,
    Style,
    Text,
    text,
)

_SHOWN_NAMES = 10


def page(status: Status, *, wide: bool = False) -> Page:
    """The page; wide tells all reasons, all names and the names that are proved."""
    return tuple(_blocks(status, wide=wide))


def _blocks(status: Status, *, wide: bool) -> Iterator[Block]:
    yield Paragraph(_title(status))
    if status.names:
        yield Paragraph(text(_listed(status.names, wide=wide)))
    yield Blank()
    yield Fields(tuple(_chain(status, wide=wide)))
    yield from _names(status, wide=wide)
    yield Blank()
    yield Fields(tuple(_around(status)))
    yield Blank()
    yield from parts.closing(status.finding, status.time)


def _title(status: Status) -> Text:
    standing = status.finding.standing
    return text(
        Span(parts.placed(status.subject), Style.STRONG),
        ": ",
        Span(standing.value, parts.style_of(standing)),
    )


def _listed(names: tuple[str, ...], *, wide: bool) -> str:
    shown = names if wide else names[:_SHOWN_NAMES]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _chain(status: Status, *, wide: bool) -> Iterator[tuple[str, Text]]:
    for step in status.steps:
        yield parts.mark(step.state), _step(step, status.time)
        if wide and step.reason:
            yield "", text(step.reason)


def _step(step: Step, now: datetime) -> Text:
    age = parts.age(step.created, now)
    deleting = (
        f", being deleted since {parts.moment(step.deleting, now)}"
        if step.deleting is not None
        else ""
    )
    return text(
        f"{step.ref.kind} {step.ref.name}, ",
        parts.state_span(step.state),
        f", {age} old" if age else "",
        Span(deleting, Style.WARNING),
    )


def _names(status: Status, *, wide: bool) -> Iterator[Block]:
    """Nothing where all is well: the names stand at the top."""
    if status.finding.standing is Standing.FINE and not wide:
        return
    for identifier in status.identifiers:
        yield Blank()
        yield from proof.block(identifier, status.time, wide=wide)
    told = any(identifier.problem is not None for identifier in status.identifiers)
    if status.problem is not None and not told:
        yield Blank()
        yield Fields(tuple(proof.refusal(status.problem)))


def _around(status: Status) -> Iterator[tuple[str, Text]]:
    now = status.time
    if status.issuer is not None:
        yield "Issuer", _issuer(status.issuer)
    if any(step.ref.kind == "Certificate" for step in status.steps):
        yield from _lifetime(status.certificate, now)
    yield parts.controller(status.controller, now)
    yield from parts.unread(status.unread)


def _issuer(issuer: Step) -> Text:
    reason = f": {issuer.reason}" if issuer.reason else ""
    return text(f"{issuer.ref.kind} {issuer.ref.name}, ", parts.state_span(issuer.state), reason)


def _lifetime(lifetime: Lifetime | None, now: datetime) -> Iterator[tuple[str, Text]]:
    if lifetime is None or lifetime.not_after is None:
        yield "Certificate", text("none yet")
        return
    if lifetime.not_after <= now:
        told = f"expired at {parts.moment(lifetime.not_after, now)}"
        yield "Certificate", text(Span(told, Style.BAD))
    else:
        left = words.lasting(lifetime.not_after - now)
        yield "Certificate", text(f"until {parts.clock(lifetime.not_after, now)}, {left} left")
    if lifetime.renewal is not None:
        late = Style.WARNING if lifetime.renewal <= now else Style.PLAIN
        yield "Renewal", text(Span(parts.moment(lifetime.renewal, now), late))
