"""What the shims know of a kind of source: the rest is the same for all. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from controller.shims.lists import distinct
from orderapi.meta import Object
from orderapi.resources import Resource

S = TypeVar("S", bound=Object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The Secrets that a source names.

    `hosts` are those of each Secret that gets a Certificate. `referenced` are all Secrets that it
    names, also where no Certificate can be made for one. `faults` tell why. `contradictory`: they
    leave open what is wanted, and nothing is to be done about any Secret.
    """

    hosts: Mapping[str, tuple[str, ...]]
    referenced: frozenset[str]
    faults: tuple[str, ...] = ()
    contradictory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[S]):
    """A kind of source.

    `overrides` gives annotations for its Certificates, about how their challenges are routed.
    `automatic`: `--auto-certificate-annotations` are read on it.
    """

    resource: Resource[S]
    blocks: Callable[[S], Blocks]
    overrides: Callable[[S], dict[str, str]]
    automatic: bool


def merged(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    """The hosts of each Secret, of all pairs with its name, each once and in their order."""
    hosts: dict[str, tuple[str, ...]] = {}
    for secret, more in pairs:
        hosts[secret] = distinct((*hosts.get(secret, ()), *more))
    return hosts
