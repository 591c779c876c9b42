import fcntl
import os
import struct
import termios
from collections.abc import Iterator
from io import StringIO, TextIOWrapper
from typing import TextIO

import pytest

from kubectl_order.output.screen import Screen, in_colour, screen_of


class Tty(StringIO):
    """A terminal that does not tell its size."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """A terminal of 43 columns."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 43, 0, 0))
    with open(theirs, "w", encoding="utf-8") as stream:  # noqa: PTH123
        yield stream
    os.close(ours)


@pytest.mark.parametrize(
    ("environ", "on_terminal", "in_file"),
    [
        pytest.param({}, True, False, id="nothing set"),
        pytest.param({"TERM": "xterm"}, True, False, id="terminal"),
        pytest.param({"TERM": "dumb"}, False, False, id="dumb"),
        pytest.param({"NO_COLOR": "1"}, False, False, id="no colour"),
        pytest.param({"NO_COLOR": ""}, True, False, id="empty"),
        pytest.param({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False, id="no colour wins"),
        pytest.param({"FORCE_COLOR": "1"}, True, True, id="force"),
        pytest.param({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True, True, id="force a dumb one"),
        pytest.param({"FORCE_COLOR": "0", "CLICOLOR_FORCE": ""}, True, False, id="no force"),
    ],
)
def test_colour(environ: dict[str, str], on_terminal: bool, in_file: bool) -> None:
    assert in_colour(Tty(), environ) is on_terminal
    assert in_colour(StringIO(), environ) is in_file


def test_a_terminal_tells_its_width(terminal: TextIO) -> None:
    assert screen_of(terminal, {}) == Screen(width=43, colour=True, ascii_guides=False)


@pytest.mark.parametrize(
    ("columns", "width"),
    [("120", 120), ("0", 43), ("", 43), ("wide", 43), ("-5", 43), ("²", 43)],
)
def test_columns_of_the_environment(terminal: TextIO, columns: str, width: int) -> None:
    assert screen_of(terminal, {"COLUMNS": columns}).width == width


def test_a_terminal_that_does_not_tell_its_width_has_80_columns() -> None:
    assert screen_of(Tty(), {}).width == 80


def test_a_file_has_no_width() -> None:
    assert screen_of(StringIO(), {"COLUMNS": "40"}) == Screen(
        None, colour=False, ascii_guides=False
    )


@pytest.mark.parametrize(
    ("encoding", "without"),
    [("utf-8", False), ("ascii", True), ("latin-1", True), ("cp437", False)],
)
def test_lines_of_trees_that_the_encoding_does_not_have(encoding: str, without: bool) -> None:
    with open(os.devnull, "wb") as raw, TextIOWrapper(raw, encoding=encoding) as stream:  # noqa: PTH123
        assert screen_of(stream, {}).ascii_guides is without
