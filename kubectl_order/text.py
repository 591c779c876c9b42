"""Foreign text made safe to print, and secrets taken out of whatever is printed. Pure.

Texts come from CAs, DNS, HTTP servers and other users' objects. `escaped` is the one place where
they become what a terminal may see; it refuses nothing and knows no markup.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

T = TypeVar("T")

REDACTED: Final = "…"

_MARKS_IN_A_ROW: Final = 4  # of the scripts in use, Hebrew and Tibetan need the most
_NAMED: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_EMOJI_PRESENTATION: Final = "\ufe0f"
_INVISIBLE: Final = frozenset(
    chr(code)
    for first, last in (
        # Letters and marks that Unicode tells renderers to leave out, Default_Ignorable_Code_Point;
        # the others of that kind are format characters, which are not printable anyhow.
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),  # a Braille cell without dots: ink of no kind
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)
_KEY_AUTHORIZATION: Final = re.compile(
    r"(?P<linked>(?<=[?&]jwt=)eyJ[A-Za-z0-9_-]++\.eyJ[A-Za-z0-9_-]++\.[A-Za-z0-9_-]++"
    r"(?!\.?[A-Za-z0-9_-]))"
    r"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22,}\.(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"
)
"""RFC 8555 section 8.1: a token of 128 bits or more, a dot, and a SHA-256 in base64url, which has a
capital letter; no host name is one. Texts tell those of challenges that are gone, too. A JWT in the
query of a CA's link, without which nobody can follow it, is `linked` and stays."""
_SHORTEST: Final = 16
"""Secrets of so many characters are found by their beginning, however many there are."""
_LONG_WORD: Final = re.compile(rf"\S{{{_SHORTEST},}}")
_CHALLENGE_PATH: Final = re.compile(
    r"((?:/|%2F)\.well-known(?:/|%2F)acme-challenge(?:/|%2F))"
    r"[A-Za-z0-9_~%=+-]+(?:\.[A-Za-z0-9_~%=+-]+)*",
    re.IGNORECASE,
)


def escaped(text: str) -> str:
    r"""The text as one line of printable characters.

    What controls a terminal, changes the direction of writing, cannot be seen or means nothing is
    shown as `\xNN`, `\uNNNN` or `\UNNNNNNNN`, line breaks and tabs as `\n`, `\r` and `\t`; of blank
    characters the space alone stays. Combining marks stay where they have something to combine
    with, and few follow each other. A backslash stays as it is, so what is escaped stays escaped.
    At most ten characters come of one.
    """
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = _MARKS_IN_A_ROW  # nothing stands before the first character
    before = ""
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        fits = character.isprintable() and marks <= _MARKS_IN_A_ROW
        if (fits and character not in _INVISIBLE) or _is_presentation(character, before):
            shown.append(character)
        else:
            shown.append(_code(character))
        before = character
    return "".join(shown)


def redacted(document: T, secrets: Sequence[str]) -> T:
    """The same document or page, without the secrets in any of its strings.

    Taken out is each secret as it is, escaped or percent-encoded, every key authorization, and what
    follows `/.well-known/acme-challenge/`. Structs, dataclasses, tuples, lists, sets and dicts are
    gone through, keys too; types stay as they are.
    """
    result: T = _without(document, remover(secrets))
    return result


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me")


def _is_presentation(character: str, before: str) -> bool:
    """Whether it asks for the picture of the symbol before it, as most emoji are written."""
    return character == _EMOJI_PRESENTATION and unicodedata.category(before or " ") == "So"


def _code(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return _NAMED.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def remover(secrets: Iterable[str]) -> Callable[[str], str]:
    """What `redacted` does to one text, for many texts."""
    forms = {
        form
        for secret in secrets
        if secret
        for form in (secret, escaped(secret), quote(secret, safe="", errors="replace"))
    }
    # The longest first: a key authorization begins with its token.
    ordered = sorted(forms, key=len, reverse=True)
    odd = [form for form in ordered if not _LONG_WORD.fullmatch(form)]
    known = re.compile("|".join(map(re.escape, odd))) if odd else None
    words: dict[str, list[str]] = {}
    for form in ordered:
        if _LONG_WORD.fullmatch(form):
            words.setdefault(form[:_SHORTEST], []).append(form)

    def without(text: str) -> str:
        # First, for of some only the token is known.
        text = _KEY_AUTHORIZATION.sub(lambda found: found["linked"] or REDACTED, text)
        if known is not None:
            text = known.sub(REDACTED, text)
        if words:
            text = _LONG_WORD.sub(lambda found: _without_words(found[0], words), text)
        return _CHALLENGE_PATH.sub(rf"\1{REDACTED}", text) if "acme-challenge" in text else text

    return without


def _without_words(text: str, words: Mapping[str, Sequence[str]]) -> str:
    """The text without these words, which are listed by their beginnings. It takes time by the
    length of the text alone: a namespace may have thousands of challenges."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        listed = words.get(text[at : at + _SHORTEST], ())
        word = next((each for each in listed if text.startswith(each, at)), "")
        kept.append(REDACTED if word else text[at])
        at += len(word) or 1
    return "".join(kept)


def _without(value: Any, remove: Callable[[str], str]) -> Any:
    match value:
        case Enum():
            return value
        case str():
            return remove(value)
        case msgspec.Struct():
            return msgspec.structs.replace(
                value,
                **{
                    name: _without(getattr(value, name), remove) for name in value.__struct_fields__
                },
            )
        case tuple() | list() | set() | frozenset():
            return type(value)(_without(one, remove) for one in value)
        case dict():
            return {_without(key, remove): _without(one, remove) for key, one in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value) if field.init]
            return dataclasses.replace(
                value, **{name: _without(getattr(value, name), remove) for name in names}
            )
        case _:
            return value


def renamed(document: T, old: str, new: str) -> T:
    """The same document or page with `new` wherever `old` stands in a text."""
    result: T = _without(document, lambda text: text.replace(old, new))
    return result
