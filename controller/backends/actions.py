"""Everything that can be done next about a backend: a closed set of small frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from orderapi.meta import Object
from orderapi.resources import Resource


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do until something changes, or it is `until`."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """Make this object."""

    resource: Resource[Any]
    object: Object


@dataclass(frozen=True, slots=True)
class Patch:
    """Change this object, of the version that was looked at."""

    resource: Resource[Any]
    object: Object
    patch: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete this object."""

    resource: Resource[Any]
    object: Object


Action: TypeAlias = Rest | Create | Patch | Remove
