"""Lists of foreign texts, and field paths, on one line whatever they hold."""

from collections.abc import Sequence
from typing import Final

from orderapi.validation.fault import quoted

_SHOWN: Final = 3
_KEY_LENGTH: Final = 320  # the longest name of a label or annotation is 317 characters


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
