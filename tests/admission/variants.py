"""Values that differ from a given one in exactly one place, by the schema of a CRD."""

import base64
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeAlias

from tests.orderapi import maximal

Schema: TypeAlias = dict[str, Any]

_TEXTS: Final = ("a2.example", "a2", "2h30m", "500m", "2", "http://else.example", "+/+/")
"""Texts to try where a pattern is asked for."""


def variants(schema: Schema, value: Any) -> Iterator[tuple[str, Any]]:
    """Each with a note of where it differs: every leaf another, every optional field absent or
    added, every list longer, shorter and in another order, every map likewise.

    What has the same schema as something before, as the template of a Pod has for each way of
    solving, differs in one place alone.
    """
    yield from _variants(schema, value, "spec", set())


def _variants(schema: Schema, value: Any, path: str, seen: set[str]) -> Iterator[tuple[str, Any]]:
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        yield from _unknown(value, path)
    elif schema.get("type") == "object" and "properties" in schema:
        known = json.dumps(_undescribed(schema), sort_keys=True)
        yield from islice(_object(schema, value, path, seen), 1 if known in seen else None)
        seen.add(known)
    elif schema.get("type") == "object":
        yield from _map(schema["additionalProperties"], value, path, seen)
    elif schema.get("type") == "array":
        yield from _list(schema, value, path, seen)
    else:
        yield f"{path} differs", _other(schema, value)


def least(schema: Schema, name: str) -> Any:
    """A valid value with the required properties alone."""
    if schema.get("type") == "object" and "properties" in schema:
        parts, required = schema["properties"], schema.get("required", ())
        return {key: least(parts[key], key) for key in required}
    return maximal.value(schema, name)


def _object(
    schema: Schema, value: dict[str, Any], path: str, seen: set[str]
) -> Iterator[tuple[str, Any]]:
    for key, part in schema["properties"].items():
        place = f"{path}.{key}"
        if key not in value:
            yield f"{place} is added", {**value, key: maximal.value(part, key)}
            continue
        if key not in schema.get("required", ()) and "default" not in part:
            yield f"{place} is left out", _without(value, key)
        for note, other in _variants(part, value[key], place, seen):
            yield note, {**value, key: other}


def _map(
    part: Schema, value: dict[str, Any], path: str, seen: set[str]
) -> Iterator[tuple[str, Any]]:
    key = next(iter(value))
    yield f"{path} has a key more", {**value, "another": value[key]}
    yield f"{path} has another key", {**_without(value, key), "another": value[key]}
    for note, other in _variants(part, value[key], f"{path}[{key}]", seen):
        yield note, {**value, key: other}


def _list(schema: Schema, value: list[Any], path: str, seen: set[str]) -> Iterator[tuple[str, Any]]:
    item, keys = schema["items"], schema.get("x-kubernetes-list-map-keys", ())
    more = next(
        other
        for _, other in _variants(item, value[0], path, set())
        if all(other.get(key) not in (None, value[0][key]) for key in keys)
    )
    yield f"{path} is longer", [*value, more]
    yield f"{path} is empty", []
    for note, other in _variants(item, value[0], f"{path}[0]", seen):
        yield note, [other, *value[1:]]


def _unknown(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield f"{path} has a key more", {**value, "more": None}
    yield f"{path} has a key fewer", _without(value, next(iter(value)))
    yield f"{path} has another value", {**value, "tags": [*value["tags"][:-1], {"deep": {}}]}
    yield f"{path} has 1 for true", {**value, "tags": ["a", 1, 1, *value["tags"][3:]]}
    yield f"{path} is in another order", {**value, "tags": value["tags"][::-1]}


def _other(schema: Schema, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if "enum" in schema:
        return next(one for one in schema["enum"] if one != value)
    if schema.get("format") == "byte":
        return base64.b64encode(b"else").decode()
    pattern = schema.get("pattern", "")
    return next(text for text in (f"{value}x", *_TEXTS) if re.search(pattern, text))


def _without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name != key}


def _undescribed(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    parts = {key: _undescribed(part) for key, part in schema.items()}
    return {key: part for key, part in parts.items() if not _is_description(key, part)}


def _is_description(key: str, part: Any) -> bool:
    return key == "description" and isinstance(part, str)
