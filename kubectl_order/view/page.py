"""What a page is made of, before anybody knows whether it goes to a terminal or a file.

Texts are as they came. Whoever renders a page escapes every one of them (`kubectl_order.text`), and
no text is ever read as markup.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Style(StrEnum):
    """How a piece of text is meant; colour on a terminal, nothing elsewhere."""

    PLAIN = "plain"
    STRONG = "strong"
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"
    FAINT = "faint"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text of one style."""

    text: str
    style: Style = Style.PLAIN


Text: TypeAlias = tuple[Span, ...]
"""A run of spans; wraps where the line ends."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text, wrapped, with a hanging indent of so many columns for all of its lines.

    One that holds a command is not wrapped: a command is copied, and half of one is another.
    """

    text: Text
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Fields:
    """Labels and their values, the values in one column; long ones wrap below themselves."""

    rows: tuple[tuple[str, Text], ...]
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers. The last column takes what is left of the width, and wraps on a terminal;
    piped, a row is one line."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a tree, and what is below it."""

    text: Text
    below: "tuple[Branch, ...]" = ()


@dataclass(frozen=True, slots=True)
class Blank:
    """An empty line."""


Block: TypeAlias = Paragraph | Fields | Table | Branch | Blank
Page: TypeAlias = tuple[Block, ...]


def text(*parts: "str | Span") -> Text:
    """Strings and spans as one text."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)
