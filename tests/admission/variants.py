"""Values that differ from a given one in exactly one place, by the schema of a CRD."""

import base64
import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from tests.orderapi import maximal

Schema: TypeAlias = dict[str, Any]

_TEXTS: Final = ("a2.example", "a2", "2h30m", "500m", "2", "http://else.example")
"""Texts to try where a pattern is asked for."""


def variants(schema: Schema, value: Any, path: str = "spec") -> Iterator[tuple[str, Any]]:
    """Each with a note of where it differs: every leaf another, every optional field absent or
    added, every list longer, shorter and in another order, every map likewise."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        yield from _unknown(value, path)
    elif schema.get("type") == "object" and "properties" in schema:
        yield from _object(schema, value, path)
    elif schema.get("type") == "object":
        yield from _map(schema["additionalProperties"], value, path)
    elif schema.get("type") == "array":
        yield from _list(schema, value, path)
    else:
        yield f"{path} differs", _other(schema, value)


def least(schema: Schema, name: str) -> Any:
    """A valid value with the required properties alone."""
    if schema.get("type") == "object" and "properties" in schema:
        parts, required = schema["properties"], schema.get("required", ())
        return {key: least(parts[key], key) for key in required}
    return maximal.value(schema, name)


def _object(schema: Schema, value: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, part in schema["properties"].items():
        place = f"{path}.{key}"
        if key not in value:
            yield f"{place} is added", {**value, key: maximal.value(part, key)}
            continue
        if key not in schema.get("required", ()) and "default" not in part:
            yield f"{place} is left out", _without(value, key)
        for note, other in variants(part, value[key], place):
            yield note, {**value, key: other}


def _map(part: Schema, value: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    key = next(iter(value))
    yield f"{path} has a key more", {**value, "another": value[key]}
    yield f"{path} has another key", {**_without(value, key), "another": value[key]}
    for note, other in variants(part, value[key], f"{path}[{key}]"):
        yield note, {**value, key: other}


def _list(schema: Schema, value: list[Any], path: str) -> Iterator[tuple[str, Any]]:
    item, keys = schema["items"], schema.get("x-kubernetes-list-map-keys", ())
    others = [other for _, other in variants(item, value[0])]
    more = next(
        other
        for other in others
        if all(other.get(key) not in (None, value[0][key]) for key in keys)
    )
    yield f"{path} is longer", [*value, more]
    yield f"{path} is empty", []
    for note, other in variants(item, value[0], f"{path}[0]"):
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
