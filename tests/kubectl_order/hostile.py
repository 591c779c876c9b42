"""What somebody may put into a message, a name or a DNS record to write to an admin's terminal."""

import unicodedata
from collections.abc import Mapping
from typing import Final

HOSTILE: Final[Mapping[str, str]] = {
    "clear": "\x1b[2J\x1b[H",
    "link": "\x1b]8;;https://evil.test\x07here\x1b]8;;\x07",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "title": "\x1b]0;title\x1b\\",
    "colours": "\x1b[35mmagenta\x1b[8mhidden",
    "C1": "\x9b2J\x9d52;c;x\x9c",
    "bell and others": "bell\x07, back\x08, null\x00, delete\x7f",
    "forged line": "ok\r\nerror: forged\r",
    "line breaks": "one\n\ntwo\tthree\x0bfour\x0cfive",
    "markup": "[red]markup[/red] [link=https://evil.test]x[/link] [/]",
    "emoji codes": ":smile: :bomb:",
    "bidi": "\u202etxt.exe\u202c \u2066isolated\u2069 \u200e\u200f\u061c",
    "zero width": "zero\u200bwidth\u200d\u2060\ufeff soft\u00adhyphen \u034f\u3164\u115f",
    "separators": "line\u2028paragraph\u2029end\x85",
    "tags and private": "tag\U000e0041\U000e007f private\ue000\U00100000 nobody\u0378\U0003ffff",
    "half pairs": "half\ud800 of a pair\udfff",
    "zalgo": "e" + "\u0301\u0489\u20dd" * 30,
    "quoting": "'quoted' \"twice\" \\u001b[2J {.x} ${HOME} `id` %s",
}


def unfit(printed: str) -> set[str]:
    """The characters that must not reach a terminal; a newline may."""
    return {
        character
        for character in set(printed) - {"\n"}
        if unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
    }
