"""A fault in a spec, and how foreign text is told in it."""

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

_QUOTED_LENGTH: Final = 100


class SpecFault(NamedTuple):
    """One thing that must not be; `str(fault)` is `path: text`."""

    path: str
    """Field path as kubectl shows it, such as `spec.dnsNames[1]`."""
    text: str
    """What is wrong and what to do, without a full stop. It holds no secret."""

    def __str__(self) -> str:
        """Path and text."""
        return f"{self.path}: {self.text}"


def quoted(value: str) -> str:
    """`value` in double quotes, escaped, cut to 100 characters: safe on one line of a message."""
    cut = value if len(value) <= _QUOTED_LENGTH else value[:_QUOTED_LENGTH] + "…"
    return json.dumps(cut, ensure_ascii=not cut.isprintable())


def not_one_of(path: str, value: str, allowed: Iterable[str]) -> SpecFault:
    """The fault of a value that an enumeration does not have."""
    return SpecFault(path, f"{quoted(value)} is not one of {', '.join(allowed)}")
