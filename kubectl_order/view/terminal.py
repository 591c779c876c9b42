"""A page for a terminal: wrapped to its width, in colour where that is wanted. Pure.

The only importer of rich, which wraps and colours; no text reaches it as markup, and it is asked
for nothing that it would find by itself (width, colours, terminal). Lines hold no trailing blanks,
so that what is copied is what was said.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import zip_longest
from typing import Final, assert_never

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text as Rich

from kubectl_order.text import escaped
from kubectl_order.view.page import (
    Blank,
    Block,
    Branch,
    Fields,
    Page,
    Paragraph,
    Style,
    Table,
    Text,
)
from kubectl_order.view.plain import headings, labelled
from kubectl_order.view.tree import ASCII, LINES, Guides, twigs

_COLOURS: Final[dict[Style, str]] = {
    Style.PLAIN: "",
    Style.STRONG: "bold",
    Style.GOOD: "green",
    Style.BAD: "red",
    Style.WARNING: "yellow",
    Style.FAINT: "dim",
    Style.COMMAND: "cyan",
}
"""Of the sixteen colours that a terminal's own theme chooses."""

_GAP: Final = 2
_NARROWEST: Final = 8
"""No text is wrapped to fewer columns; where there are fewer, the terminal wraps."""
_BOUND: Final = 16
"""How wide a column of a table may be at least, before it is wrapped for the last one's sake."""
_LAST_COLUMN: Final = 20
"""How much of the width the last column needs; with less, each row is told by itself."""


def show(page: Page, *, width: int, colour: bool, ascii_guides: bool = False) -> str:
    """The page, each line ended and no wider than `width` columns, save those with a command;
    without `colour` no escape sequence is in it."""
    console = Console(
        file=StringIO(),
        width=max(width, _NARROWEST),
        height=1,
        force_terminal=True,
        color_system="standard" if colour else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    layout = _Layout(console, ASCII if ascii_guides else LINES)
    with console.capture() as shown:
        for block in page:
            for line in layout.lines(block):
                line.rstrip()
                console.print(line, soft_wrap=True)
    return shown.get()


class _Layout:
    """Blocks as lines of one width."""

    def __init__(self, console: Console, guides: Guides) -> None:
        self._console = console
        self._width = console.width
        self._guides = guides

    def lines(self, block: Block) -> Iterator[Rich]:
        match block:
            case Paragraph():
                indent = Rich(" " * block.indent)
                if any(span.style is Style.COMMAND for span in block.text):
                    yield indent + _rich(block.text)
                    return
                further = indent + Rich(" " * block.hanging)
                yield from self._hanging(indent, further, _rich(block.text))
            case Fields():
                yield from self._fields(block)
            case Table():
                yield from self._table(block)
            case Branch():
                for twig in twigs(block, self._guides):
                    first, further = _faint(twig.first), _faint(twig.further)
                    yield from self._hanging(first, further, _rich(twig.text))
            case Blank():
                yield Rich()
            case _:
                assert_never(block)

    def _hanging(self, first: Rich, further: Rich, text: Rich) -> Iterator[Rich]:
        """The text, with one thing before its first line and another before those after it."""
        wrapped = self._wrapped(text, self._width - max(first.cell_len, further.cell_len))
        for number, line in enumerate(wrapped):
            yield (further if number else first) + line

    def _fields(self, fields: Fields) -> Iterator[Rich]:
        rows = [(labelled(label), _rich(value)) for label, value in fields.rows]
        column = max((cell_len(label) for label, _ in rows), default=0) + _GAP
        yield from self._labelled(rows, " " * fields.indent, column)

    def _labelled(
        self, rows: Iterable[tuple[str, Rich]], indent: str, column: int
    ) -> Iterator[Rich]:
        """Labels in a column of that width, values beside them; below them where it is narrow."""
        taken = len(indent) + column
        beside = self._width - taken >= max(_LAST_COLUMN, taken)
        further = Rich(" " * taken if beside else f"{indent}{' ' * _GAP}")
        for label, value in rows:
            if beside:
                yield from self._hanging(_padded(_faint(indent + label), taken), further, value)
                continue
            if label:
                yield from self._hanging(Rich(indent), Rich(indent), _faint(label))
            yield from self._hanging(further, further, value)

    def _table(self, table: Table) -> Iterator[Rich]:
        heads = headings(table)
        rows = [tuple(map(_rich, row)) for row in table.rows]
        lengths = [tuple(cell.cell_len for cell in row) for row in rows]
        widths = self._widths([tuple(map(cell_len, heads)), *lengths])
        if widths is None:
            yield from self._records(table)
            return
        for row in (tuple(map(_faint, heads)), *rows):
            yield from self._row(row, widths)

    def _widths(self, lengths: Sequence[tuple[int, ...]]) -> list[int] | None:
        """The widths of the columns; None where they do not fit beside each other."""
        *others, last = (max(column) for column in zip(*lengths, strict=True))
        for bound in (self._width, max(_BOUND, self._width // (len(others) + 1))):
            widths = [min(width, bound) for width in others]
            left = self._width - sum(widths) - _GAP * len(widths)
            if left >= min(last, _LAST_COLUMN):
                return [*widths, min(last, left)]
        return None

    def _row(self, cells: Sequence[Rich], widths: Sequence[int]) -> Iterator[Rich]:
        columns = [self._wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for parts in zip_longest(*columns, fillvalue=Rich()):
            line = Rich()
            for part, width in zip(parts, widths, strict=True):
                line.append_text(part).append(" " * (width + _GAP - part.cell_len))
            yield line

    def _records(self, table: Table) -> Iterator[Rich]:
        """Each row by itself, its cells one below the other; those that are empty are left out."""
        labels = [labelled(header.capitalize()) for header in table.headers]
        column = max(map(cell_len, labels)) + _GAP
        for number, row in enumerate(table.rows):
            if number:
                yield Rich()
            cells = zip(labels, map(_rich, row), strict=True)
            yield from self._labelled(((label, cell) for label, cell in cells if cell), "", column)

    def _wrapped(self, text: Rich, width: int) -> Sequence[Rich]:
        if text.cell_len <= width:
            return (text,)
        return list(text.wrap(self._console, max(width, _NARROWEST), overflow="fold"))


def _rich(text: Text) -> Rich:
    made = Rich()
    for span in text:
        made.append(escaped(span.text), _COLOURS[span.style] or None)
    return made


def _faint(text: str) -> Rich:
    return Rich().append(text, _COLOURS[Style.FAINT])


def _padded(text: Rich, width: int) -> Rich:
    return text + Rich(" " * (width - text.cell_len))
