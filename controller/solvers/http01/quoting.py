"""What strangers wrote, made safe to show: one line, no control or bidi characters, cut. Pure."""

import re
from collections.abc import Sequence

URL_LENGTH = 200
"""Characters of a URL that are shown."""

USERINFO = re.compile(r"[^/?#]*@")
"""Wherever it stands: what is shown may be no proper URL."""


def printable(text: str, limit: int) -> str:
    """The text with all that does not print escaped (line ends, bidi controls, lone surrogates).

    At most `limit` characters; an ellipsis says that there was more.
    """
    # What is cut off anyway is not escaped: a stranger chooses how long it is.
    shown = "".join(map(_printable, text[: limit + 1]))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def hide(text: str, hidden: Sequence[str]) -> str:
    """The text without what must not be shown (the key authorization first, then the token)."""
    for secret in filter(None, hidden):
        text = re.sub(re.escape(secret), "<token>", text, flags=re.IGNORECASE)
    return text


def shown_url(url: str, hidden: Sequence[str]) -> str:
    """The URL in quotes, at most 200 characters, without user, password, query and fragment."""
    place = USERINFO.sub("…@", re.split(r"[?#]", url, maxsplit=1)[0])
    return f'"{printable(hide(place, hidden), URL_LENGTH)}"'


def _printable(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()
