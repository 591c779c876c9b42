"""What a decision about a source may depend on. Values only; nothing here asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from controller.settings import Settings
from controller.shims.wishes import Reading
from orderapi.certificate import Certificate
from orderapi.meta import Object
from orderapi.resources import Resource


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was written of a Certificate; the same is not written again before `until`.

    Something may undo it each time (a policy, another controller), or the API server refuse it.
    """

    what: object
    until: datetime
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One source and its Certificates at one time.

    `found` are the Certificates that have wished names, whoever controls them; `owned` are those
    that the source controls. `told`: what people were told of it as it stands now.
    """

    resource: Resource[Any]
    source: Object
    now: datetime
    settings: Settings
    reading: Reading
    found: Mapping[str, Certificate] = field(default_factory=dict)
    owned: tuple[Certificate, ...] = ()
    told: frozenset[str] = frozenset()
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
