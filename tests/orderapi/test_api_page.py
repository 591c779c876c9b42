"""docs/api.md tells of every spec field in deploy/crds, and of no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "api.md"
SOLVER: Final = "Solver"
SECTIONS: Final = {
    "certificates": "Certificate",
    "certificaterequests": "CertificateRequest",
    "issuers": "Issuer and ClusterIssuer",
    "clusterissuers": "Issuer and ClusterIssuer",
    "orders": "Order",
    "challenges": "Challenge",
}


def test_each_kind_has_its_section() -> None:
    assert {path.stem for path in (ROOT / "deploy" / "crds").glob("*.yaml")} == set(SECTIONS)


@pytest.mark.parametrize("plural", SECTIONS)
def test_every_field_is_told_of(plural: str) -> None:
    rows = _rows(SECTIONS[plural])
    missing = [path for path in _fields(_spec(plural)) if not _covering(path, rows)]
    assert not missing, f"docs/api.md, section {SECTIONS[plural]}, has no row for these"


@pytest.mark.parametrize("plural", ["issuers", "challenges"])
def test_every_field_of_a_solver_is_told_of(plural: str) -> None:
    rows = _rows(SOLVER)
    missing = [path for path in _fields(_solver(plural)) if not _covering(path, rows)]
    assert not missing, f"docs/api.md, section {SOLVER}, has no row for these"


@pytest.mark.parametrize("plural", [*SECTIONS, SOLVER])
def test_no_row_is_about_a_field_that_is_not_there(plural: str) -> None:
    spec = _solver("issuers") if plural == SOLVER else _spec(plural)
    rows = _rows(SECTIONS.get(plural, plural))
    paths = tuple(_fields(spec))
    assert [row for row in rows if not any(_covering(path, [row]) for path in paths)] == []


@pytest.mark.parametrize("section", sorted({*SECTIONS.values(), SOLVER}))
def test_no_field_has_two_rows(section: str) -> None:
    rows = _rows(section)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize(
    ("path", "row", "covered"),
    [
        pytest.param("isCA", "isCA", True, id="itself"),
        pytest.param("subject.countries", "subject.*", True, id="group"),
        pytest.param("subject", "subject.*", False, id="a group is not a field"),
        pytest.param("renewal.policy", "renewal", False, id="a field is not a group"),
        pytest.param("subjectTwo.countries", "subject.*", False, id="the same beginning"),
    ],
)
def test_what_a_row_covers(path: str, row: str, covered: bool) -> None:
    assert bool(_covering(path, [row])) is covered


def _rows(section: str) -> list[str]:
    """What stands in the first column of the section's table, one entry for each name."""
    _, _, after = PAGE.read_text().partition(f"\n## {section}\n")
    table = after.partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def _covering(path: str, rows: list[str]) -> list[str]:
    """The rows that tell of the field: by its own name, or as `<group>.*`."""
    return [
        row
        for row in rows
        if row == path or (row.endswith(".*") and path.startswith(row.removesuffix("*")))
    ]


def _fields(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The paths of the fields that hold values; those of list items without brackets.

    A reference to an entry of a Secret is one field, and so is a list of renewal windows; a solver
    is described in a section of its own.
    """
    for name, field in schema["properties"].items():
        path = f"{prefix}{name}"
        inner = field.get("items", field)
        if _is_whole(name, inner):
            yield path
        else:
            yield from _fields(inner, f"{path}.")


def _is_whole(name: str, schema: dict[str, Any]) -> bool:
    properties = schema.get("properties", {})
    reference = set(properties) == {"name", "key"}
    return not properties or reference or name in ("solver", "solvers", "windows")


def _spec(plural: str) -> dict[str, Any]:
    definition = yaml.safe_load((ROOT / "deploy" / "crds" / f"{plural}.yaml").read_text())
    (version,) = definition["spec"]["versions"]
    spec: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec


def _solver(plural: str) -> dict[str, Any]:
    fields = _spec(plural)["properties"]
    solver: dict[str, Any] = (
        fields["solver"]
        if plural == "challenges"
        else fields["acme"]["properties"]["solvers"]["items"]
    )
    return solver
