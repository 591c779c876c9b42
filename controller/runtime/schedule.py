"""When to look at an object again. Values only; nothing here waits.

An error is not among them: errors back off, and the worker does that.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from orderapi.meta import ObjectMeta


class Key(NamedTuple):
    """The name of an object among its kind; namespace is empty for cluster-scoped ones."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class HasMetadata(Protocol):
    """Anything with an object's metadata."""

    @property
    def metadata(self) -> ObjectMeta:
        """Name, namespace, uid, version."""


def key_of(obj: HasMetadata) -> Key:
    """The key of an object."""
    return Key(obj.metadata.namespace, obj.metadata.name)


@dataclass(frozen=True, slots=True)
class Now:
    """Look again at once: there is more to do."""


@dataclass(frozen=True, slots=True)
class At:
    """Look again at this time (aware), or earlier when something changes."""

    time: datetime


@dataclass(frozen=True, slots=True)
class OnChange:
    """Look again when something changes, and not before."""


Again = Now | At | OnChange


def soonest(a: Again, b: Again) -> Again:
    """The one that comes first."""
    match a, b:
        case (Now(), _) | (_, Now()):
            return Now()
        case At(first), At(second):
            return At(min(first, second))
        case At(), OnChange():
            return a
    return b
