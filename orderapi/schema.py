"""Structural schemas (OpenAPI v3 as CRDs use it) from the Structs.

Types come from msgspec's inspection, constraints from `wire.crd`, descriptions from the texts below
the fields. A field without a default is required. This module knows no kind by name.
"""

from typing import Any, Final, TypeAlias

import msgspec
from msgspec import inspect

from orderapi.docs import class_doc, field_docs
from orderapi.meta import ObjectMeta

Schema: TypeAlias = dict[str, Any]

# What a place leaves out, by wire name: `msgspec.Meta(extra={"without": (...)})`.
_WITHOUT: Final = "without"

_ATOMIC: Final[Schema] = {"x-kubernetes-list-type": "atomic"}
_INT_OR_STRING: Final[Schema] = {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def struct_schema(struct: type[msgspec.Struct], *, without: tuple[str, ...] = ()) -> Schema:
    """The schema of an object; `without` are wire names of fields to leave out."""
    if struct is ObjectMeta:
        return {"type": "object"}  # the API server has its own schema for metadata
    info = inspect.type_info(struct)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{struct.__name__} is not a Struct")
    docs = field_docs(struct)
    fields = [field for field in info.fields if field.encode_name not in without]
    required = [field.encode_name for field in fields if field.required]
    return {
        "description": class_doc(struct),
        "type": "object",
        **({"required": required} if required else {}),
        "properties": {
            field.encode_name: _described(docs.get(field.name, ""), _field_schema(field.type))
            for field in fields
        },
    }


def _described(text: str, schema: Schema) -> Schema:
    """`schema` with the field's own text, which says more than that of the field's type."""
    return {"description": text} | schema | {"description": text} if text else schema


def _field_schema(kind: inspect.Type) -> Schema:
    """The schema of a field; a list is replaced as a whole unless its constraint says otherwise."""
    schema = _schema(kind)
    return {**_ATOMIC, **schema} if schema.get("type") == "array" else schema


def _schema(kind: inspect.Type, *, without: tuple[str, ...] = ()) -> Schema:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=constraints, extra=extra):
            left_out = (extra or {}).get(_WITHOUT, without)
            schema = {**_schema(inner, without=left_out), **(constraints or {})}
            return {key: value for key, value in schema.items() if value is not None}
        case inspect.UnionType(types=types):
            return _union(types)
        case inspect.StructType(cls=struct):
            return struct_schema(struct, without=without)
        case inspect.VarTupleType(item_type=item):
            return {"type": "array", "items": _schema(item, without=without)}
        case inspect.DictType(value_type=value):
            return {"type": "object", "additionalProperties": _schema(value)}
        case _:
            return _scalar(kind)


def _union(types: tuple[inspect.Type, ...]) -> Schema:
    present = [kind for kind in types if not isinstance(kind, inspect.NoneType)]
    if len(present) == 1:
        return _schema(present[0])
    if {type(kind) for kind in present} == {inspect.IntType, inspect.StrType}:
        return dict(_INT_OR_STRING)
    raise TypeError(f"a CRD has no form for a union of {present}")


def _scalar(kind: inspect.Type) -> Schema:
    match kind:
        case inspect.StrType():
            return {"type": "string"}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType():
            return {"type": "integer"}
        case inspect.BytesType():
            return {"type": "string", "format": "byte"}
        case inspect.DateTimeType():
            return {"type": "string", "format": "date-time"}
        case inspect.AnyType():
            return {}  # its constraint says that unknown fields are kept
        case _:
            raise TypeError(f"a CRD has no form for {kind}")
