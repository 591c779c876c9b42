"""Indexes that this room needs in the caches it shares. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from orderapi.challenge import Challenge

EDITED: Final = "challenges/edited-ingress"


def by_edited_ingress(challenge: Challenge) -> tuple[str, ...]:
    """`<namespace>/<name>` of the Ingress in which its solver puts a path; none for most."""
    part = challenge.spec.solver.http01
    if part is None or part.ingress is None or not part.ingress.name:
        return ()
    return (f"{challenge.metadata.namespace}/{part.ingress.name}",)


CHALLENGE_INDEXES: Final[Mapping[str, Callable[[Challenge], Iterable[str]]]] = {
    EDITED: by_edited_ingress
}
