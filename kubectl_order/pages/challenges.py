"""What is to be published where, for each Challenge. Pure."""

from collections.abc import Iterator

from kubectl_order.finding import Ref
from kubectl_order.pages import parts, proof
from kubectl_order.report import Proofs
from kubectl_order.view.page import Blank, Block, Fields, Page, Paragraph, Span, Style, text


def page(proofs: Proofs, *, wide: bool = False) -> Page:
    """The Challenges by Order; a sentence where there are none."""
    return tuple(_blocks(proofs, wide=wide))


def _blocks(proofs: Proofs, *, wide: bool) -> Iterator[Block]:
    if not proofs.items:
        told = "No challenges: none has been made yet, or all names are proved and they are gone."
        if any(each.startswith("Challenges ") for each in proofs.unread):
            told = "The challenges are not known."
        yield Paragraph(text(told))
    before: Ref | None = None
    for number, each in enumerate(proofs.items):
        if number:
            yield Blank()
        if each.order != before or not number:
            order = parts.placed(each.order) if each.order is not None else "Without an Order"
            yield Paragraph(text(Span(order, Style.STRONG)))
        before = each.order
        yield from proof.block(each, proofs.time, indent=2, wide=wide)
    if proofs.unread:
        yield Blank()
        yield Fields(parts.unread(proofs.unread))
