"""docs/webhook.md tells of every rule, flag and metric, and of no rule that there is not."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

from webhook.metrics import RULES, Metrics
from webhook.rules.findings import RULE
from webhook.settings import Settings

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "webhook.md").read_text()
_RULE_OF_FAULT: Final = 2  # its place among the arguments


def test_the_table_has_the_rules() -> None:
    rows = _first_cells("## The rules")
    assert sorted(rows) == sorted(RULES)


def test_the_code_has_the_rules() -> None:
    used = {RULE, *_written_rules()}
    assert used <= RULES
    assert {*_texts()} >= RULES


def test_every_flag_is_told() -> None:
    flags = {"--" + field.name.replace("_", "-") for field in fields(Settings)}
    assert {flag for cell in _first_cells("## Install") for flag in cell.split("`, `")} == flags


def test_every_metric_is_told() -> None:
    registry = Metrics(version="1", days_left=lambda: 1.0).registry
    names = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in registry.collect()
        if family.name.startswith("order_")
    }
    cells = _first_cells("## Seen from outside")
    assert {cell.partition("{")[0] for cell in cells} == names


def _first_cells(heading: str) -> list[str]:
    """What stands in backquotes in the first column of the section's tables."""
    section = PAGE.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(.+?)` \|", section, re.MULTILINE)


def _trees() -> Iterator[ast.AST]:
    for path in (*(ROOT / "webhook" / "rules").glob("*.py"), ROOT / "webhook" / "admission.py"):
        yield from ast.walk(ast.parse(path.read_text()))


def _written_rules() -> Iterator[str]:
    """Rules that are given to a Fault as a text."""
    for node in _trees():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = node.args[_RULE_OF_FAULT:] if node.func.id == "Fault" else []
            yield from (str(one.value) for one in given if isinstance(one, ast.Constant))


def _texts() -> Iterator[str]:
    for node in _trees():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
