"""Lists that stand in one annotation. Pure."""

import csv
from collections.abc import Iterable


def words(text: str) -> tuple[str, ...]:
    """The values between commas, without blanks around them; empty and repeated ones left out."""
    return distinct(stripped for word in text.split(",") if (stripped := word.strip()))


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Each value once, where it stood first."""
    return tuple(dict.fromkeys(values))


def fields(text: str) -> tuple[str, ...]:
    """The fields of one line of CSV (RFC 4180): `"Example, Inc.",Other` has two.

    Blanks after a comma count only inside quotes. A blank text has none. ValueError says what is
    wrong.
    """
    if not text.strip():
        return ()
    try:
        lines = list(csv.reader([text], strict=True, skipinitialspace=True))
    except csv.Error:
        raise ValueError(
            "is not one line of comma-separated values; a value with a comma stands in double "
            'quotes, and a quote within it is doubled: "Example, Inc.",Other'
        ) from None
    return tuple(lines[0]) if lines else ()
