"""Selectors of solvers: parts that can never match. Pure.

All of it is advice: a solver that is never chosen harms nobody, and manifests may have such parts.
Names are compared as the controller does it: dnsNames to the letter, dnsZones by labels, in any
case.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from orderapi.solver import Selector, Solver
from orderapi.validation.addresses import host_address
from orderapi.validation.fault import quoted
from orderapi.validation.objectnames import is_key, is_label_value
from webhook.rules.findings import Advice, Findings

_LABEL: Final = r"[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?"
_NAME: Final = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*", re.IGNORECASE | re.ASCII)


def selector(path: str, found: Selector | None) -> Findings:
    """Advice about the parts of one selector."""
    if found is None:
        return
    yield from _names(f"{path}.dnsNames", found.dns_names)
    yield from _zones(f"{path}.dnsZones", found.dns_zones)
    for key, value in sorted(found.match_labels.items()):
        if not is_key(key) or not is_label_value(value):
            yield Advice(
                f"{path}.matchLabels",
                f"{quoted(key)} with value {quoted(value)} is no label, so nothing is selected",
            )


def overshadowed(solvers: Sequence[Solver]) -> Iterator[tuple[int, int]]:
    """The numbers of solvers that are never chosen, each with that of the earlier one that has the
    very same selector."""
    first: dict[tuple[object, ...], int] = {}
    for number, solver in enumerate(solvers):
        kind = solver.http01 is not None, solver.dns01 is not None
        key = (*kind, *_meaning(solver.selector or Selector()))
        earlier = first.setdefault(key, number)
        if earlier != number:
            yield number, earlier


def _meaning(found: Selector) -> tuple[object, ...]:
    zones = frozenset(zone.lower().strip(".") for zone in found.dns_zones)
    return frozenset(found.match_labels.items()), frozenset(found.dns_names), zones


def _names(path: str, names: Sequence[str]) -> Findings:
    for number, name in enumerate(names):
        at = f"{path}[{number}]"
        if host_address(name) is None and _NAME.fullmatch(name) is None:
            yield Advice(at, f"{quoted(name)} is not a DNS name, so it selects nothing")
        elif name != name.lower():
            yield Advice(
                at, f"{quoted(name)} has capital letters; names are compared to the letter"
            )
    yield from _twice(path, names)


def _zones(path: str, zones: Sequence[str]) -> Findings:
    for number, zone in enumerate(zones):
        at, plain = f"{path}[{number}]", zone.strip(".")
        if host_address(plain) is not None:
            yield Advice(at, f"{quoted(zone)} is an IP address; addresses are in no zone")
        elif _NAME.fullmatch(plain) is None:
            yield Advice(at, f"{quoted(zone)} is not a DNS name, so it selects nothing")
        elif plain.startswith("*."):
            yield Advice(
                at,
                f"selects that wildcard alone; {quoted(plain.removeprefix('*.'))} selects all "
                "names in the zone",
            )
    yield from _twice(path, zones)


def _twice(path: str, names: Sequence[str]) -> Iterator[Advice]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield Advice(f"{path}[{number}]", f"{quoted(name)} is in the list twice")
        seen.add(name)
