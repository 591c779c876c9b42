"""Who owns whom, drawn as a tree. Pure."""

from collections.abc import Iterator
from datetime import datetime

from kubectl_order.pages import parts
from kubectl_order.report import Node, Tree
from kubectl_order.view.page import Blank, Block, Branch, Fields, Page, Paragraph, Span, Style, text

_REASON = 100


def page(tree: Tree, *, wide: bool = False) -> Page:
    """A tree for each root; a sentence where there is none. Wide tells reasons in full."""
    return tuple(_blocks(tree, wide=wide))


def _blocks(tree: Tree, *, wide: bool) -> Iterator[Block]:
    if not tree.items:
        yield Paragraph(text("No Certificates and no Orders."))
    for number, node in enumerate(tree.items):
        if number:
            yield Blank()
        yield _branch(node, tree.time, wide=wide)
    if tree.unread:
        yield Blank()
        yield Fields(parts.unread(tree.unread))


def _branch(node: Node, now: datetime, *, wide: bool) -> Branch:
    age = parts.age(node.created, now)
    reason = parts.cut(node.reason, wide=wide, limit=_REASON)
    return Branch(
        text(
            f"{node.ref.kind} ",
            Span(node.ref.name, Style.STRONG),
            *((", ", parts.state_span(node.state)) if node.state else ()),
            f", {age}" if age else "",
            Span(f": {reason}" if reason else "", Style.FAINT),
        ),
        tuple(_branch(child, now, wide=wide) for child in node.below),
    )
