"""What a rule says of a request: faults, which refuse it, and warnings, which do not."""

from typing import Literal, NamedTuple, TypeAlias

Rule: TypeAlias = Literal[
    "creation",
    "request-fields",
    "spec",
    "annotations",
    "labels",
    "status",
    "transition",
    "ownership",
    "validation",
    "requester",
    "approval",
    "conditions",
    "unreadable",
    "unanswered",
    "error",
]
"""The rules, as metrics and docs/webhook.md name them."""


class Fault(NamedTuple):
    """One thing that must not be. `str(fault)` is what people read: `path: text`."""

    path: str
    """Field path as kubectl shows it, such as `spec.dnsNames[1]`; empty for the request itself."""
    text: str
    """What is wrong, on what, and what to do; no full stop, no secret, foreign text quoted."""
    rule: Rule

    def __str__(self) -> str:
        """Path and text."""
        return f"{self.path}: {self.text}" if self.path else self.text


class Verdict(NamedTuple):
    """All faults and warnings at once; a request without faults is allowed."""

    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing stands against the request."""
        return not self.faults


ALLOWED = Verdict()
