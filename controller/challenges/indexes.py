"""Indexes that this room needs in the caches it shares. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from orderapi.challenge import Challenge, ChallengeSpec

EDITED: Final = "challenges/edited-ingress"


def edited_ingress(spec: ChallengeSpec) -> str:
    """The Ingress of the user's own in which the solver puts a path; empty for most."""
    part = spec.solver.http01
    return (part.ingress.name or "") if part is not None and part.ingress is not None else ""


def by_edited_ingress(challenge: Challenge) -> tuple[str, ...]:
    """`<namespace>/<name>` of the Ingress in which its solver puts a path; none for most."""
    name = edited_ingress(challenge.spec)
    return (f"{challenge.metadata.namespace}/{name}",) if name else ()


CHALLENGE_INDEXES: Final[Mapping[str, Callable[[Challenge], Iterable[str]]]] = {
    EDITED: by_edited_ingress
}
