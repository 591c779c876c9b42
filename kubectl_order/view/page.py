"""What a page is made of, before anybody knows whether it goes to a terminal or a file.

Texts are as they came. Whoever renders a page escapes every one of them (`kubectl_order.text`), and
no text is ever read as markup.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec


class Style(StrEnum):
    """How a piece of text is meant; colour on a terminal, nothing elsewhere."""

    PLAIN = "plain"
    STRONG = "strong"
    GOOD = "good"
    BAD = "bad"
    WARNING = "warning"
    FAINT = "faint"
    COMMAND = "command"


class Span(msgspec.Struct, frozen=True):
    """A piece of text of one style."""

    text: str
    style: Style = Style.PLAIN


Text: TypeAlias = tuple[Span, ...]
"""A run of spans; wraps where the line ends."""


class Paragraph(msgspec.Struct, frozen=True):
    """Text, wrapped, with an indent of so many columns for all of its lines, and of `hanging` more
    for those after the first, so that no part of a foreign text looks like a line of ours.

    One that holds a command is not wrapped: a command is copied, and half of one is another.
    """

    text: Text
    indent: int = 0
    hanging: int = 0


class Fields(msgspec.Struct, frozen=True):
    """Labels and their values, the values in one column; long ones wrap below themselves."""

    rows: tuple[tuple[str, Text], ...]
    indent: int = 0


class Table(msgspec.Struct, frozen=True):
    """Rows under headers. The last column takes what is left of the width, and wraps on a terminal;
    piped, a row is one line."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


class Branch(msgspec.Struct, frozen=True):
    """A node of a tree, and what is below it."""

    text: Text
    below: "tuple[Branch, ...]" = ()


class Blank(msgspec.Struct, frozen=True):
    """An empty line."""


Block: TypeAlias = Paragraph | Fields | Table | Branch | Blank
Page: TypeAlias = tuple[Block, ...]


def text(*parts: "str | Span") -> Text:
    """Strings and spans as one text."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)
