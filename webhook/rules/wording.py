"""Objects, lists of foreign texts, and field paths, on one line whatever they hold."""

import re
from collections.abc import Sequence
from typing import Final

from orderapi.validation.fault import quoted

_SHOWN: Final = 3
_KEY_LENGTH: Final = 320  # the longest name of a label or annotation is 317 characters
_KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")


def kind_and_name(kind: str, name: str) -> str:
    """An object in a sentence: `ConfigMap "mine"`."""
    return f"{kind if _KIND.fullmatch(kind) else quoted(kind)} {quoted(name)}"


def listed(texts: Sequence[str]) -> str:
    """The first three, quoted, and how many there are besides."""
    shown = ", ".join(map(quoted, texts[:_SHOWN]))
    more = len(texts) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def at_key(path: str, key: str) -> str:
    """The path of an entry of a map: `metadata.labels[app]`."""
    return f"{path}[{_plain(key)}]"


def at_field(path: str, name: str) -> str:
    """The path of a field: `spec.dnsNames`."""
    return f"{path}.{_plain(name)}"


def _plain(name: str) -> str:
    return name if name.isprintable() and len(name) <= _KEY_LENGTH else quoted(name)
