"""Status conditions: read them, and change one without disturbing the others.

Order of the list and `lastTransitionTime` are kept wherever nothing changed, so that writing the
same condition twice writes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, TypeAlias

import msgspec

from orderapi.times import whole_second
from orderapi.wire import Wire, crd

TRUE: Final = "True"
FALSE: Final = "False"
UNKNOWN: Final = "Unknown"


class Condition(Wire):
    """One aspect of an object's state."""

    type: str
    """Which aspect this is, for instance Ready."""
    status: Annotated[str, crd(enum=[TRUE, FALSE, UNKNOWN])]
    """Whether it holds: True, False or Unknown."""
    reason: str = ""
    """Why, as one CamelCase word for programs."""
    message: str = ""
    """Why, as a sentence for people."""
    last_transition_time: datetime | None = None
    """When the status last changed from one value to another."""
    observed_generation: Annotated[int, crd(format="int64")] | None = None
    """The generation of the object that this condition describes; older than metadata.generation
    means out of date."""


Conditions: TypeAlias = Annotated[
    tuple[Condition, ...], crd(list_type="map", list_map_keys=["type"])
]


def find(conditions: Sequence[Condition], type: str) -> Condition | None:  # noqa: A002 (the API's word)
    """The condition of this type, if there is one."""
    return next((condition for condition in conditions if condition.type == type), None)


def is_true(conditions: Sequence[Condition], type: str) -> bool:  # noqa: A002
    """Whether the condition of this type is there and True."""
    condition = find(conditions, type)
    return condition is not None and condition.status == TRUE


def with_condition(
    conditions: Sequence[Condition], new: Condition, now: datetime
) -> tuple[Condition, ...]:
    """`conditions` with `new` in its type's place (or last); its lastTransitionTime moves to `now`
    only with its status."""
    old = find(conditions, new.type)
    kept = old.last_transition_time if old is not None and old.status == new.status else None
    placed = msgspec.structs.replace(new, last_transition_time=kept or whole_second(now))
    if old is None:
        return (*conditions, placed)
    return tuple(placed if condition is old else condition for condition in conditions)


def without(conditions: Sequence[Condition], type: str) -> tuple[Condition, ...]:  # noqa: A002
    """`conditions` less the one of this type."""
    return tuple(condition for condition in conditions if condition.type != type)
