from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.view.page import (
    Blank,
    Block,
    Branch,
    Fields,
    Page,
    Paragraph,
    Span,
    Style,
    Table,
    text,
)
from kubectl_order.view.plain import columns, plain
from tests.kubectl_order.hostile import HOSTILE, unfit

TREE = Branch(
    text("certificate/web"),
    (
        Branch(text("request/web-1"), (Branch(text("order/web-1"), (Branch(text("proof")),)),)),
        Branch(text("secret/web")),
    ),
)


def shown(*page: Block) -> str:
    return plain(page)


def expected(lines: str) -> str:
    return dedent(lines).lstrip("\n")


def test_a_paragraph_is_one_line_however_long() -> None:
    page = Paragraph(text("word " * 100, Span("end", Style.BAD)), indent=4)
    assert shown(page) == " " * 4 + "word " * 100 + "end\n"


def test_a_table_has_columns_as_wide_as_their_cells() -> None:
    table = Table(
        ("Name", "state", "REASON"),
        (
            (text("web"), text(Span("valid", Style.GOOD)), text("")),
            (text("a-long-name"), text(""), text("it waits for a very long time")),
        ),
    )
    assert shown(table) == expected(
        """
        NAME          STATE   REASON
        web           valid
        a-long-name           it waits for a very long time
        """
    )


def test_wide_characters_and_marks_are_measured() -> None:
    table = Table(
        ("NAME", "X"),
        ((text("証明書"), text("1")), (text("e\u0301a"), text("2")), (text("abcdef"), text("3"))),
    )
    assert shown(table) == expected(
        """
        NAME     X
        証明書   1
        e\u0301a       2
        abcdef   3
        """
    )


def test_a_table_without_rows_has_its_headers() -> None:
    assert shown(Table(("NAME", "STATE"), ())) == "NAME   STATE\n"


def test_fields_have_their_values_in_one_column() -> None:
    fields = Fields(
        (("Name", text("web")), ("Next retry", text("soon")), ("", text("or later"))), indent=2
    )
    assert shown(fields, Blank(), fields).split("\n") == [
        "  Name:         web",
        "  Next retry:   soon",
        "                or later",
        "",
        "  Name:         web",
        "  Next retry:   soon",
        "                or later",
        "",
    ]


def test_a_tree() -> None:
    assert shown(TREE) == expected(
        """
        certificate/web
        ├── request/web-1
        │   └── order/web-1
        │       └── proof
        └── secret/web
        """
    )


def test_a_tree_where_its_lines_cannot_be_written() -> None:
    assert plain((TREE,), ascii_guides=True) == expected(
        """
        certificate/web
        |-- request/web-1
        |   `-- order/web-1
        |       `-- proof
        `-- secret/web
        """
    )


@pytest.mark.parametrize(
    ("told", "width"), [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("🔒", 2), ("ﾊ", 1)]
)
def test_columns(told: str, width: int) -> None:
    assert columns(told) == width


def everywhere(foreign: str) -> Page:
    """A page with that text in every place that a page has."""
    one = text(Span(foreign, Style.BAD), foreign)
    return (
        Paragraph(one, indent=1),
        Fields(((foreign, one), ("", one)), indent=1),
        Table((foreign, "B"), ((one, text("b")), (text("a"), one))),
        Branch(one, (Branch(one, (Branch(one),)), Branch(one))),
    )


@given(
    foreign=st.one_of(
        st.text(st.characters(exclude_categories=())), st.sampled_from(list(HOSTILE.values()))
    )
)
def test_foreign_text_makes_no_lines_and_no_controls(foreign: str) -> None:
    printed = plain(everywhere(foreign))
    assert not unfit(printed)
    assert printed.count("\n") == plain(everywhere("x")).count("\n")
    assert not [line for line in printed.split("\n") if line != line.rstrip()]
