"""A value for every field that a schema has: what a manifest looks like that leaves nothing out."""

import base64
import re
from collections.abc import Iterator
from typing import Any

CANDIDATES = ("a1.example", "a1", "1h30m", "250m")
"""Texts to try where a pattern is asked for."""


def objects(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Objects of the kind that together have every field; several where some exclude others."""
    spec = definition["spec"]
    version = spec["versions"][0]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    envelope = {
        "apiVersion": f"{spec['group']}/{version['name']}",
        "kind": spec["names"]["kind"],
        "metadata": {"name": f"every-field-{spec['names']['singular']}"},
    }
    whole = {part: value(properties[part], part) for part in ("spec", "status")}
    if "venafi" not in whole["spec"]:
        yield envelope | whole
        return
    for kept in ("tpp", "cloud", "ngts"):
        venafi = {k: v for k, v in whole["spec"]["venafi"].items() if k in ("zone", kept)}
        metadata = {"name": f"{envelope['metadata']['name']}-{kept}"}
        yield (
            envelope
            | whole
            | {
                "metadata": metadata,
                "spec": whole["spec"] | {"venafi": venafi},
            }
        )


def value(schema: dict[str, Any], name: str) -> Any:
    """A valid value with all properties; `name` flavours the texts so that no two fields mix."""
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return {"url": "https://example.com", "tags": ["a", 1, True, {"deep": {"er": 0.5}}]}
    if schema.get("x-kubernetes-int-or-string"):
        return _text(schema, name)
    match schema["type"]:
        case "object" if "properties" in schema:
            return {key: value(part, key) for key, part in schema["properties"].items()}
        case "object":
            return {f"{name}-key": value(schema["additionalProperties"], name)}
        case "array":
            return [value(schema["items"], name)]
        case "boolean":
            return True
        case "integer":
            return schema.get("minimum", 7)
        case _:
            return _text(schema, name)


def _text(schema: dict[str, Any], name: str) -> str:
    if "enum" in schema:
        return str(schema["enum"][-1])
    if schema.get("format") == "date-time":
        return "2026-01-02T03:04:05Z"
    if schema.get("format") == "byte":
        return base64.b64encode(name.encode()).decode()
    if "pattern" in schema:
        return next(text for text in CANDIDATES if re.search(schema["pattern"], text))
    return f"some {name}"
