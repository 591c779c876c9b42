"""Validation rules (CEL) in the CustomResourceDefinitions: what never changes in an object.

They hold whatever else is installed, and against everyone. The rules of a spec are made from its
Struct, one for each field, so that a field added later is frozen by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import inspect

from orderapi import states
from orderapi.challenge import Challenge
from orderapi.frozen import DURATION, REF_DEFAULTS
from orderapi.meta import Object
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.refusals import FINAL_STATE, NEVER_CHANGES, WRITTEN_ONCE

Rule: TypeAlias = dict[str, str]

_VALIDATIONS: Final = "x-kubernetes-validations"

# An empty value of each type, which is the same as none. Bytes are compared as base64: see
# `wire.Base64`.
_EMPTY: Final = {
    inspect.StrType: '""',
    inspect.BytesType: '""',
    inspect.BoolType: "false",
    inspect.VarTupleType: "[]",
    inspect.DictType: "{}",
}


def ruled(kind: type[Object], schema: dict[str, Any]) -> dict[str, Any]:
    """The kind's schema with its rules; a kind of which everything may change has none."""
    if kind not in NEVER_CHANGES:
        return schema
    message, parts = NEVER_CHANGES[kind], schema["properties"]
    frozen = {**parts["spec"], _VALIDATIONS: list(_frozen_rules(_spec(kind), message))}
    rules = [*_presence(schema, message), *_STATUS.get(kind, ())]
    return {**schema, "properties": {**parts, "spec": frozen}, _VALIDATIONS: rules}


def _frozen_rules(spec: type[msgspec.Struct], message: str) -> Iterator[Rule]:
    """A rule for each field of the spec, to stand at the spec."""
    for field in _fields(spec):
        name, kind = field.encode_name, _present(field.type)
        if isinstance(kind, inspect.StructType) and kind.cls is IssuerRef:
            yield from _same_issuer(name, message)
        else:
            yield _rule(_same_field(name, kind), message, f".{name}")


def _write_once_rules(names: Sequence[str]) -> Iterator[Rule]:
    """Rules, to stand at the root, for fields of status that are written once.

    At the root, because a rule within status is not asked where all of status is left out.
    """
    for name in names:
        yield _rule(
            f"{_absent('oldSelf', name)} || "
            f"({_has('self', name)} && self.status.{name} == oldSelf.status.{name})",
            WRITTEN_ONCE,
            f".status.{name}",
        )


def _state_rule() -> Rule:
    """The rule, to stand at the root, for the state of an Order or Challenge."""
    final = ", ".join(f'"{state}"' for state in sorted(states.FINAL))
    return _rule(
        f"{_absent('oldSelf', 'state')} || "
        f'({_has("self", "state")} && self.status.state != "" && '
        f"(self.status.state == oldSelf.status.state || !(oldSelf.status.state in [{final}])))",
        FINAL_STATE,
        ".status.state",
    )


def _presence(schema: dict[str, Any], message: str) -> Iterator[Rule]:
    """A spec that may be absent must not come or go: the rules at the spec are not asked then."""
    if "spec" not in schema.get("required", ()):
        yield _rule("has(self.spec) == has(oldSelf.spec)", message, ".spec")


def _same_field(name: str, kind: inspect.Type) -> str:
    old, new = f"oldSelf.{name}", f"self.{name}"
    same = f"{new} == {old}"
    if name == DURATION:
        # A changed text that is no duration is refused too, as an error. To look at its form before
        # would cost more than the server allows for a text of any length.
        same = f"({same} || duration({new}) == duration({old}))"
    empty = _EMPTY.get(type(kind))
    if empty is None:
        return f"has({new}) == has({old}) && (!has({new}) || {same})"
    # The estimate of costs refuses shorter forms of this for fields without a maximal length.
    return (
        f"has({new}) && has({old}) ? {same} : "
        f"(!has({new}) || {new} == {empty}) && (!has({old}) || {old} == {empty})"
    )


def _same_issuer(name: str, message: str) -> Iterator[Rule]:
    for field in _fields(IssuerRef):
        part = field.encode_name
        default = f'"{REF_DEFAULTS.get(part, "")}"'
        old, new = (
            f'(has({ref}.{part}) && {ref}.{part} != "" ? {ref}.{part} : {default})'
            for ref in (f"oldSelf.{name}", f"self.{name}")
        )
        yield _rule(f"{new} == {old}", message, f".{name}.{part}")


def _has(root: str, name: str) -> str:
    return f"has({root}.status) && has({root}.status.{name})"


def _absent(root: str, name: str) -> str:
    return f'!has({root}.status) || !has({root}.status.{name}) || {root}.status.{name} == ""'


def _fields(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)  # noqa: S101 - for the type checker
    return info.fields


def _spec(kind: type[Object]) -> type[msgspec.Struct]:
    (found,) = (field.type for field in _fields(kind) if field.encode_name == "spec")
    assert isinstance(found, inspect.StructType)  # noqa: S101 - for the type checker
    return found.cls


def _present(kind: inspect.Type) -> inspect.Type:
    """The type without None and constraints."""
    while True:
        match kind:
            case inspect.Metadata(type=inner):
                kind = inner
            case inspect.UnionType(types=types):
                (kind,) = (one for one in types if not isinstance(one, inspect.NoneType))
            case _:
                return kind


def _rule(rule: str, message: str, path: str) -> Rule:
    return {
        "rule": rule,
        "message": message,
        "fieldPath": path,
        "reason": "FieldValueForbidden",
    }


_STATUS: Final[Mapping[type[Object], Sequence[Rule]]] = {
    Order: (
        *_write_once_rules(("url", "finalizeURL", "certificate")),
        _state_rule(),
    ),
    Challenge: (_state_rule(),),
}
