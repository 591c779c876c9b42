"""The lines of a tree, before they are wrapped. Pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

from kubectl_order.view.page import Branch, Text


class Guides(msgspec.Struct, frozen=True):
    """What is drawn before a node, and before what is below it."""

    item: str
    last: str
    passing: str
    nothing: str


LINES: Final = Guides(item="├── ", last="└── ", passing="│   ", nothing="    ")
ASCII: Final = Guides(item="|-- ", last="`-- ", passing="|   ", nothing="    ")


class Twig(msgspec.Struct, frozen=True):
    """One node: what is drawn before its first line and before its further lines."""

    first: str
    further: str
    text: Text


def twigs(root: Branch, guides: Guides) -> Iterator[Twig]:
    """The nodes from the root down, each before what is below it."""
    yield Twig("", guides.passing if root.below else "", root.text)
    yield from _below(root, "", guides)


def _below(branch: Branch, before: str, guides: Guides) -> Iterator[Twig]:
    for number, child in enumerate(branch.below, start=1):
        is_last = number == len(branch.below)
        further = before + (guides.nothing if is_last else guides.passing)
        below = guides.passing if child.below else ""
        yield Twig(before + (guides.last if is_last else guides.item), further + below, child.text)
        yield from _below(child, further, guides)
