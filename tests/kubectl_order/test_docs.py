"""docs/plugin.md tells of every cause, command, flag, field and exit code, and of none that is not.

Causes are read out of the code: whatever is given to a parameter named `cause` in explain/.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import walk_packages
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

import kubectl_order
from kubectl_order import explain
from kubectl_order.cli.program import DEFECT
from kubectl_order.cli.verbs import VERBS
from kubectl_order.failure import Exit
from kubectl_order.finding import Actor, Document, Standing
from kubectl_order.flags import Flags, written
from kubectl_order.report import Top

PAGE: Final = (Path(__file__).parents[2] / "docs" / "plugin.md").read_text()
RULES: Final = Path(explain.__file__).parent
NAMES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", datetime: "time"}

Scope: TypeAlias = ast.FunctionDef | ast.Module


def _rows(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading; without the tables' heads."""
    level, _, _ = heading.partition(" ")
    _, _, after = PAGE.partition(f"\n{heading}\n")
    section = re.split(rf"\n#{{1,{len(level)}}} ", after)[0]
    found = [line.split(" | ") for line in re.findall(r"^\| (.+) \|$", section, re.MULTILINE)]
    return [row for row in found if row[0].startswith("`")]


def _first(heading: str) -> list[str]:
    """What stands in the first column."""
    return [row[0].strip("`") for row in _rows(heading)]


def _documents() -> list[type[Document]]:
    """Every kind of document, and every part of one."""
    for module in walk_packages(kubectl_order.__path__, "kubectl_order."):
        import_module(module.name)
    found: list[type[Document]] = [Document]
    for one in found:
        found += one.__subclasses__()
    ours = (one for one in found if one.__module__.startswith("kubectl_order."))  # tests make some
    return [one for one in ours if one not in (Document, Top)]


def _title(struct: type[Document]) -> str:
    """A document is called by its kind, a part by the name of its struct."""
    if not issubclass(struct, Top):
        return struct.__name__
    found = {one.name: one.default for one in msgspec.structs.fields(struct)}
    return str(found["kind"])


def _shown(kind: Any) -> str:
    """A type as the page has it."""
    if get_origin(kind) is tuple:
        return f"list of {_shown(get_args(kind)[0])}"
    if get_origin(kind) in (Union, UnionType):
        parts = [one for one in get_args(kind) if one is not NoneType]
        return f"{' or '.join(map(_shown, parts))} or null"
    if issubclass(kind, StrEnum):
        return "word"
    return NAMES.get(kind, str(kind.__name__))


def _causes() -> set[str]:
    """Every word that is given to a parameter named `cause`, by keyword or by position."""
    trees = [ast.parse(path.read_text(), path.name) for path in sorted(RULES.glob("*.py"))]
    found: set[str] = set()
    places = dict(place for tree in trees for place in _places(tree))
    for tree in trees:
        for call, scope in _calls(tree, tree):
            given = [one.value for one in call.keywords if one.arg == "cause"]
            place = places.get(ast.unparse(call.func).rpartition(".")[2])
            if place is not None:
                given += call.args[place : place + 1]
            found.update(word for one in given for word in _words(one, scope))
    return found


def _places(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions that take a cause by position, and at which."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [one.arg for one in node.args.args if one.arg != "self"]
            if "cause" in names:
                yield node.name, names.index("cause")


def _calls(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.Call, Scope]]:
    """Every call, with the function that it stands in."""
    inner = node if isinstance(node, ast.FunctionDef) else scope
    if isinstance(node, ast.Call):
        yield node, inner
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, inner)


def _words(given: ast.expr, scope: Scope) -> Iterator[str]:
    """The words that an expression may be; none for a cause that is only handed on."""
    match given:
        case ast.Constant(value=str(word)):
            yield word
        case ast.IfExp(body=body, orelse=other):
            yield from _words(body, scope)
            yield from _words(other, scope)
        case ast.JoinedStr(values=values):
            parts = ([*_words(value, scope)] for value in values)
            yield from map("".join, product(*parts))
        case ast.FormattedValue(value=value):
            yield from _words(value, scope)
        case ast.Attribute(attr="cause") | ast.Name(id="cause"):
            return
        case ast.Name(id=name):
            set_to = [node.value for node in ast.walk(scope) if _sets(node, name)]  # type: ignore[attr-defined]
            assert set_to, f"{name} is set nowhere in {ast.unparse(scope)}"
            for value in set_to:
                yield from _words(value, scope)
        case _:
            pytest.fail(f"which causes is {ast.unparse(given)}?")


def _sets(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == [name]


DOCUMENTS: Final = [pytest.param(one, id=_title(one)) for one in _documents()]


def test_the_causes_are_found_in_the_code() -> None:
    found = _causes()
    assert {"fine", "ca-caa", "secret-broken", "issuer-eab-missing", "webhook-refused"} <= found
    assert {"redirect-loop", "redirect-not-followed", "order-failed", "challenge-waiting"} <= found


def test_each_cause_has_one_row() -> None:
    assert sorted(_first("## Causes")) == sorted(_causes())


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in _rows("## Causes")])
def test_each_cause_tells_what_it_means_who_must_act_and_what_to_do(row: list[str]) -> None:
    _, meaning, who, fix = row
    assert set(who.split(" or ")) <= set(Actor)
    assert meaning.strip()
    assert fix.strip()


def test_each_command_is_told() -> None:
    assert _first("## Commands") == list(VERBS)


def test_each_flag_of_kubectl_is_told() -> None:
    hints = get_type_hints(Flags, include_extras=True)
    there = [written(one.name, hints[one.name].__metadata__[0]) for one in fields(Flags)]
    told = [re.findall(r"`(-[\w-]+)`", row[0]) for row in _rows("## Flags")]
    assert [set(spellings) for spellings in told] == [set(spellings) for spellings in there]


def test_the_exit_codes_are_told() -> None:
    assert sorted(map(int, _first("## Exit codes"))) == sorted([*Exit, DEFECT])


@pytest.mark.parametrize("struct", DOCUMENTS)
def test_each_field_of_a_document_is_told(struct: type[Document]) -> None:
    told = [(row[0].strip("`"), row[1]) for row in _rows(f"### `{_title(struct)}`")]
    common = ("apiVersion", "kind") if issubclass(struct, Top) else ()
    there = [
        (one.encode_name, _shown(one.type))
        for one in msgspec.structs.fields(struct)
        if one.encode_name not in common
    ]
    assert told == there


def test_there_is_a_section_for_each_document() -> None:
    sections = re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)
    assert sorted(sections) == sorted(map(_title, _documents()))


@pytest.mark.parametrize(
    ("name", "words"),
    [pytest.param("standing", Standing, id="standing"), pytest.param("who", Actor, id="who")],
)
def test_each_word_of_a_closed_set_is_told(name: str, words: type[StrEnum]) -> None:
    told = [
        re.findall(r"`([a-z]+)`", row[2]) for row in _rows("### `Finding`") if row[0] == f"`{name}`"
    ]
    assert told == [list(words)]
