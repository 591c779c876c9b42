"""What a look at one field finds: faults, and advice about what is legal but unwise. Pure."""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from webhook.verdict import Fault

RULE: Final = "validation"


class Advice(NamedTuple):
    """Something that becomes a warning: `path: text`, about 120 characters."""

    path: str
    text: str

    def __str__(self) -> str:
        """Path and text."""
        return f"{self.path}: {self.text}"


Finding: TypeAlias = Fault | Advice
Findings: TypeAlias = Iterator[Finding]


def fault(path: str, text: str) -> Fault:
    """A fault of validation."""
    return Fault(path, text, RULE)


def required(path: str, value: str | None, meaning: str) -> Findings:
    """A fault where the field is empty; `meaning` says what it is for, or what to write."""
    if not value:
        yield fault(path, f"is empty; {meaning}")
