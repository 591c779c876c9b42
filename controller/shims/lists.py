"""Lists that stand in one annotation. Pure."""

import re
from collections.abc import Iterable
from typing import Final

_FIELD: Final = r'(?:"((?:[^"]|"")*+)"|([^",\r\n]*+))'
_FIELDS: Final = re.compile(rf"(?:^|,){_FIELD}")
_LINE: Final = re.compile(rf"{_FIELD}(?:,{_FIELD})*+")
_BLANK_BEFORE_QUOTE: Final = re.compile(rf'(?:{_FIELD},)*+[ \t]+"')


def words(text: str) -> tuple[str, ...]:
    """The values between commas, without blanks around them; empty and repeated ones left out."""
    return distinct(stripped for word in text.split(",") if (stripped := word.strip()))


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Each value once, where it stood first."""
    return tuple(dict.fromkeys(values))


def fields(text: str) -> tuple[str, ...]:
    """The fields of one line of CSV (RFC 4180): `"Example, Inc.",Other` has two.

    Blanks count. A blank text has none. ValueError says what is wrong.
    """
    if not text.strip():
        return ()
    line = text.strip("\r\n")
    if _LINE.fullmatch(line) is None:
        raise ValueError(_fault(line))
    return tuple(
        found[2] if found[1] is None else found[1].replace('""', '"')
        for found in _FIELDS.finditer(line)
    )


def _fault(line: str) -> str:
    if _BLANK_BEFORE_QUOTE.match(line):
        return 'has a blank before a quote: write "Example, Inc.",Other'
    return (
        "is not one line of comma-separated values; a value with a comma stands in double quotes, "
        'and a quote within it is doubled: "Example, Inc.",Other'
    )
