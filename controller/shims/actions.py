"""The closed set of things to do about a source; doing one twice is harmless."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from orderapi.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do until then, or until something changes; None: a change alone."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """Say on the source what is wrong with it."""

    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Create:
    """Make this Certificate."""

    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Patch:
    """Change the Certificate by this merge patch, while it is as it was seen."""

    certificate: Certificate
    change: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete this very Certificate."""

    certificate: Certificate


Action: TypeAlias = Rest | Tell | Create | Patch | Delete
