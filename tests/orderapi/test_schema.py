"""The schemas are structural, described throughout, and refuse types that a CRD cannot hold."""

from collections.abc import Iterator
from typing import Any

import pytest

from orderapi.crds import definitions
from orderapi.schema import struct_schema
from orderapi.wire import Wire

DEFINITIONS = list(definitions())


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within a schema, with its path: `.a.b`, `[]` for items, `{}` for values."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from nodes(part, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


def schema_of(definition: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


ALL_NODES = [
    pytest.param(list(nodes(schema_of(definition))), id=definition["spec"]["names"]["kind"])
    for definition in DEFINITIONS
]
OWN_KEYS = {"description", "type", "format", "enum", "default", "required", "properties", "items"}
LIMITS = {
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "additionalProperties",
    "anyOf",
}


@pytest.mark.parametrize("all_nodes", ALL_NODES)
def test_every_node_is_structural(all_nodes: list[tuple[str, dict[str, Any]]]) -> None:
    for path, node in all_nodes:
        extensions = {key for key in node if key.startswith("x-kubernetes-")}
        assert node.keys() - extensions <= OWN_KEYS | LIMITS, path
        if "x-kubernetes-int-or-string" in extensions:
            assert node["anyOf"] == [{"type": "integer"}, {"type": "string"}], path
        elif "x-kubernetes-preserve-unknown-fields" not in extensions:
            assert node["type"] in {"object", "array", "string", "integer", "boolean"}, path
            assert "anyOf" not in node, path
        assert set(node.get("required", ())) <= node.get("properties", {}).keys(), path


@pytest.mark.parametrize("all_nodes", ALL_NODES)
def test_every_object_and_list_says_what_is_in_it(
    all_nodes: list[tuple[str, dict[str, Any]]],
) -> None:
    for path, node in all_nodes:
        match node.get("type"):
            case "object" if path != ".metadata":
                assert ("properties" in node) != ("additionalProperties" in node), path
            case "array":
                assert "items" in node, path
                if not path.endswith("}"):
                    assert node["x-kubernetes-list-type"] in {"atomic", "map"}, path


@pytest.mark.parametrize("all_nodes", ALL_NODES)
def test_keys_of_map_lists_are_there_or_have_a_default(
    all_nodes: list[tuple[str, dict[str, Any]]],
) -> None:
    for path, node in all_nodes:
        for key in node.get("x-kubernetes-list-map-keys", ()):
            item = node["items"]
            required = key in item.get("required", ())
            assert required or "default" in item["properties"][key], path


@pytest.mark.parametrize("all_nodes", ALL_NODES)
def test_every_field_is_described_in_a_sentence(
    all_nodes: list[tuple[str, dict[str, Any]]],
) -> None:
    for path, node in all_nodes:
        if path == ".metadata" or path.endswith(("[]", "{}")):
            continue
        text = node["description"]
        assert text.endswith("."), (path, text)
        assert 5 < len(text) < 200, (path, text)


class Floating(Wire):
    """A number that JSON schema knows and Kubernetes warns of."""

    number: float


class Undecided(Wire):
    """Two types in one place."""

    either: int | bool


@pytest.mark.parametrize("struct", [Floating, Undecided])
def test_a_type_that_a_crd_cannot_hold_is_refused(struct: type[Wire]) -> None:
    with pytest.raises(TypeError, match="a CRD has no form for"):
        struct_schema(struct)


def test_a_class_that_is_no_struct_is_refused() -> None:
    with pytest.raises(TypeError, match="not a Struct"):
        struct_schema(int)  # type: ignore[arg-type]
