"""What a stream is to those who read it: a terminal of some width, in colour or not, or a file."""

import os
from collections.abc import Mapping
from typing import Final, TextIO

import msgspec

_USUAL_WIDTH: Final = 80
_GUIDES: Final = "├└│─"


class Screen(msgspec.Struct, frozen=True):
    """`width` is that of the terminal, None where there is none and nothing is to be wrapped."""

    width: int | None
    colour: bool
    ascii_guides: bool


def screen_of(stream: TextIO, environ: Mapping[str, str]) -> Screen:
    """The screen behind the stream.

    NO_COLOR takes all colour away, FORCE_COLOR and CLICOLOR_FORCE bring it to files too; COLUMNS
    is the width of a terminal that says another.
    """
    terminal = stream.isatty()
    return Screen(
        width=_width(stream, environ) if terminal else None,
        colour=in_colour(stream, environ),
        ascii_guides=not _can_write(stream, _GUIDES),
    )


def in_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether escape sequences for colours may be written (https://no-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    told = environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    except (OSError, ValueError):
        return _USUAL_WIDTH


def _can_write(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
