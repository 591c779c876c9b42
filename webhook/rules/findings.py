"""What a look at one field finds: faults, and advice about what is legal but unwise. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from orderapi.validation.fault import SpecFault
from webhook.verdict import Fault, Verdict


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
    return Fault(path, text, "validation")


def from_spec(faults: Iterable[SpecFault]) -> Iterator[Fault]:
    """Faults of a spec as faults of validation."""
    return (fault(one.path, one.text) for one in faults)


def required(path: str, value: str | None, meaning: str) -> Findings:
    """A fault where the field is empty; `meaning` says what it is for, or what to write."""
    if not value:
        yield fault(path, f"is empty; {meaning}")


def verdict_on(found: Iterable[Finding], before: Iterable[Finding]) -> Verdict:
    """Faults refuse, advice warns, each once; neither where it was there `before`."""
    known = frozenset(before)
    new = [one for one in dict.fromkeys(found) if one not in known]
    return Verdict(
        tuple(one for one in new if isinstance(one, Fault)),
        tuple(str(one) for one in new if isinstance(one, Advice)),
    )
