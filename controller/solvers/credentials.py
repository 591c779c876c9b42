"""Which Secrets a solver reads, and their content once somebody has read it.

Refuses to read Secrets itself, and to show what they hold: `Credentials` prints as a count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from controller.solvers.errors import BadCredentials, Misconfigured
from orderapi.references import SecretKeySelector
from orderapi.solver import Solver


def secret_refs(solver: Solver) -> tuple[SecretKeySelector, ...]:
    """Every Secret entry that the solver names, each once, whatever its provider."""
    return tuple(dict.fromkeys(_selectors(solver.dns01)))


def _selectors(value: object) -> Iterator[SecretKeySelector]:
    if isinstance(value, SecretKeySelector):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            yield from _selectors(getattr(value, field.name))


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Content of Secret entries by (Secret's name, entry's key)."""

    values: Mapping[tuple[str, str], bytes]

    def __repr__(self) -> str:
        return f"Credentials({len(self.values)} hidden)"

    def read(self, selector: SecretKeySelector) -> bytes:
        """The content of one entry; raises Misconfigured or BadCredentials where there is none."""
        if not selector.key:
            raise Misconfigured(
                f'The solver names Secret "{selector.name}" but none of its entries: set the key '
                f"of the reference."
            )
        try:
            return self.values[selector.name, selector.key]
        except KeyError:
            raise BadCredentials(
                f'Secret "{selector.name}" has no entry "{selector.key}", or does not exist.'
            ) from None
