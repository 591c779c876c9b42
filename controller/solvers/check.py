"""What our own look at a published answer came to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the answer is there, and what was seen of it (at most 1,000 characters).

    `unknown`: not seen, and from here nobody could tell whether the CA will see it. Never with
    `passed`.
    """

    passed: bool
    evidence: str
    unknown: bool = False
