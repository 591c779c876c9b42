"""A page as plain text, for files and pipes: no colour, and a row of a table is one line. Pure.

Nothing is wrapped: what is one line here is one line for grep.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, assert_never

from kubectl_order.text import escaped
from kubectl_order.view.page import Blank, Block, Branch, Fields, Page, Paragraph, Table, Text
from kubectl_order.view.tree import ASCII, LINES, twigs

_GAP: Final = "   "  # as kubectl's


def plain(page: Page, *, ascii_guides: bool = False) -> str:
    """The page, each line ended; with `ascii_guides` trees are drawn without box characters."""
    return "".join(
        f"{line.rstrip()}\n" for block in page for line in _lines(block, ascii_guides=ascii_guides)
    )


def told(text: Text) -> str:
    """The text without its styles, escaped."""
    return "".join(escaped(span.text) for span in text)


def labelled(label: str) -> str:
    """How the label of a field is written; an empty one goes on with the field before it."""
    return f"{escaped(label)}:" if label else ""


def headings(table: Table) -> tuple[str, ...]:
    """The headers of a table as they are written: in capitals."""
    return tuple(escaped(header.upper()) for header in table.headers)


def columns(text: str) -> int:
    """How many columns of a terminal the text takes: two for wide characters, none for marks."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _lines(block: Block, *, ascii_guides: bool) -> Iterator[str]:
    match block:
        case Paragraph():
            yield " " * block.indent + told(block.text)
        case Fields():
            fields = [(labelled(label), told(value)) for label, value in block.rows]
            yield from (" " * block.indent + line for line in _aligned(fields))
        case Table():
            rows = [tuple(told(cell) for cell in row) for row in block.rows]
            yield from _aligned([headings(block), *rows])
        case Branch():
            guides = ASCII if ascii_guides else LINES
            yield from (twig.first + told(twig.text) for twig in twigs(block, guides))
        case Blank():
            yield ""
        case _:
            assert_never(block)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The rows, their cells in columns as wide as the widest of them."""
    count = max(map(len, rows), default=0)
    widths = [
        max(columns(row[number]) for row in rows if number < len(row)) for number in range(count)
    ]
    for row in rows:
        yield _GAP.join(
            cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=False)
        )


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
