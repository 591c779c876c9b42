"""What our own look at a published answer came to."""

from collections.abc import Sequence
from dataclasses import dataclass

EVIDENCE_LIMIT = 1_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the answer is there, and what was seen of it (at most 1,000 characters).

    `unknown`: not seen, and from here nobody could tell whether the CA will see it. Never with
    `passed`.
    """

    passed: bool
    evidence: str
    unknown: bool = False


def bounded(parts: Sequence[str], *, limit: int = EVIDENCE_LIMIT) -> str:
    """The parts joined, as many as fit into `limit` characters, and how many were left out."""
    whole = "; ".join(parts)
    if len(whole) <= limit:
        return whole
    room = limit - len("; … and 9999 more")
    kept: list[str] = []
    for part in parts:
        if len("; ".join([*kept, part])) > room:
            break
        kept.append(part)
    if not kept:
        return whole[: limit - 1] + "…"
    return f"{'; '.join(kept)}; … and {len(parts) - len(kept)} more"
