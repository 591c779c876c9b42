"""docs/webhook.md tells of every rule, flag and metric, and of no rule that there is not."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Final, get_args

from webhook.metrics import Metrics
from webhook.settings import Settings
from webhook.verdict import Rule

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "webhook.md").read_text()


def test_the_table_has_the_rules() -> None:
    rows = _first_cells("## The rules")
    assert sorted(rows) == sorted(get_args(Rule))


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
