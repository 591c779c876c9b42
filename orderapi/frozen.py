"""Which fields of a frozen spec differ: the one definition of equality, by meaning.

A field that is left out and one that is empty are the same; an issuerRef is compared with its
defaults, a duration as a length of time, everything else as the JSON that it is. `crdrules` and
`policies` say the same in CEL, for the API server.
"""

from collections.abc import Mapping
from typing import Any, Final

from orderapi.durations import nanoseconds
from orderapi.names import GROUP

ISSUER_REF: Final = "issuerRef"
DURATION: Final = "duration"

REF_DEFAULTS: Final[Mapping[str, str]] = {"group": GROUP, "kind": "Issuer"}
"""What the parts of an issuerRef mean where they are empty; a Struct's instance reads the same in
`defaults`."""


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields that differ, sorted, of two specs as plain JSON.

    An issuerRef is told by its parts: `issuerRef.name`. Whatever fields a newer schema may have are
    compared too. Total: values of wrong types are compared as they are.
    """
    found: list[str] = []
    for name in old.keys() | new.keys():
        before, after = old.get(name), new.get(name)
        if before is after or (_is_empty(before) and _is_empty(after)):
            continue
        if name == ISSUER_REF:
            found += _changed_parts(before, after)
        elif not (_same(before, after) or (name == DURATION and _same_length(before, after))):
            found.append(name)
    return tuple(sorted(found))


def _is_empty(value: object) -> bool:
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def _changed_parts(old: object, new: object) -> list[str]:
    before, after = (({} if _is_empty(ref) else ref) for ref in (old, new))
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return [] if _same(before, after) else [ISSUER_REF]
    return [
        f"{ISSUER_REF}.{part}"
        for part in before.keys() | after.keys()
        if not _same(_part(before, part), _part(after, part))
    ]


def _part(ref: Mapping[str, Any], part: str) -> object:
    value = ref.get(part)
    return REF_DEFAULTS.get(part, "") if _is_empty(value) else value


def _same_length(old: object, new: object) -> bool:
    before, after = _length(old), _length(new)
    return before is not None and before == after


def _length(text: object) -> int | None:
    try:
        return nanoseconds(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _same(old: object, new: object) -> bool:
    """Equality of JSON; unlike Python's it tells true from 1. Nesting costs no call depth."""
    pairs = [(old, new)]
    while pairs:
        before, after = pairs.pop()
        if isinstance(before, dict) and isinstance(after, dict):
            if before.keys() != after.keys():
                return False
            pairs += [(before[key], after[key]) for key in before]
        elif isinstance(before, list) and isinstance(after, list):
            if len(before) != len(after):
                return False
            pairs += zip(before, after, strict=True)
        elif isinstance(before, bool) is not isinstance(after, bool) or before != after:
            return False
    return True
