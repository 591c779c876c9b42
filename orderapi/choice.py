"""Which of an issuer's solvers answers for a name, and whether a solver still is one of them.

Pure. The rule is the one that cert-manager documents: all parts of a selector must match; a solver
that lists the name wins over one that lists its zone, a longer zone over a shorter one, more labels
over fewer, and the earlier in the list over the later. Names are compared to the letter, a wildcard
as the name that it is. `weigh` tells of every solver how it fits, `choose` takes the best. Refuses
to say whether the chosen solver works.
"""

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from orderapi.solver import Selector, Solver

ChallengeType = Literal["HTTP-01", "DNS-01"]
Score = tuple[int, int, int]

REASON_LIMIT = 1_000
SHOWN_SOLVERS = 8
SHOWN_WORDS = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """The solver for a name, and the type of challenge that it answers (as Challenge.spec.type)."""

    solver: Solver
    type: ChallengeType


@dataclass(frozen=True, slots=True)
class NoSolver:
    """No solver fits; the reason says why each does not, in at most 1,000 characters."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fit:
    """A solver that could be taken; the greatest `score` is, the first of equals.

    `why` completes "the solver ..." ("names the zone example.com"), `zone` is the longest that fits
    ("" without any).
    """

    score: Score
    type: ChallengeType
    why: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A solver that cannot be taken; `why` completes "the solver ..." ("needs the label a=b")."""

    why: str


@dataclass(frozen=True, slots=True)
class _Selected:
    score: Score
    why: str
    zone: str = ""


def choose(
    solvers: Sequence[Solver],
    *,
    name: str,
    wildcard: bool | None,
    labels: Mapping[str, str],
    offered: frozenset[str],
) -> Chosen | NoSolver:
    """The solver for one authorization: its identifier, the Order's labels, the types it offers.

    `offered` holds challenge types as the CA writes them (`dns-01`), in any case.
    """
    weighed = weigh(solvers, name=name, wildcard=wildcard, labels=labels, offered=offered)
    best: tuple[Score, Chosen] | None = None
    misfits: list[str] = []
    for number, (solver, found) in enumerate(zip(solvers, weighed, strict=True), start=1):
        match found:
            case Misfit(why):
                misfits.append(f"solver {number} {why}")
            case Fit(score, kind) if best is None or score > best[0]:
                best = score, Chosen(solver, kind)
    if best is not None:
        return best[1]
    return NoSolver(_no_solver(_asked(name, wildcard), _types(offered, wildcard), misfits))


def weigh(
    solvers: Sequence[Solver],
    *,
    name: str,
    wildcard: bool | None,
    labels: Mapping[str, str],
    offered: frozenset[str],
) -> tuple[Fit | Misfit, ...]:
    """How each solver fits one authorization, in the order of the list; as `choose` sees it."""
    asked, types = _asked(name, wildcard), _types(offered, wildcard)
    return tuple(_fit(solver, asked, labels, types) for solver in solvers)


def digest(solver: Solver) -> str:
    """A hash of the solver as the API writes it, the same for equal solvers in every process."""
    return hashlib.sha256(msgspec.json.encode(solver, order="sorted")).hexdigest()


def same(solver: Solver, issuer_solvers: Sequence[Solver]) -> bool:
    """Whether a Challenge's solver is one that its issuer has now, selector and all."""
    return digest(solver) in map(digest, issuer_solvers)


def _asked(name: str, wildcard: bool | None) -> str:
    return f"*.{name}" if wildcard else name


def _types(offered: frozenset[str], wildcard: bool | None) -> frozenset[str]:
    types = frozenset(kind.upper() for kind in offered)
    # It proves nothing about other names; no honest CA offers it for a wildcard.
    return types - {"HTTP-01"} if wildcard else types


def _fit(
    solver: Solver, name: str, labels: Mapping[str, str], offered: frozenset[str]
) -> Fit | Misfit:
    kind = _type(solver)
    if isinstance(kind, Misfit):
        return kind
    if kind not in offered:
        return Misfit(f"answers {kind.lower()}, which is not offered")
    found = _score(solver.selector, name, labels)
    return found if isinstance(found, Misfit) else Fit(found.score, kind, found.why, found.zone)


def _type(solver: Solver) -> ChallengeType | Misfit:
    match (solver.http01 is not None, solver.dns01 is not None):
        case (True, False):
            return "HTTP-01"
        case (False, True):
            return "DNS-01"
        case (True, True):
            return Misfit("sets both http01 and dns01")
        case _:
            return Misfit("sets neither http01 nor dns01")


def _score(selector: Selector | None, name: str, labels: Mapping[str, str]) -> _Selected | Misfit:
    if selector is None:
        return _Selected((0, 0, 0), "fits every name")
    for key, value in selector.match_labels.items():
        if labels.get(key) != value:
            return Misfit(f"needs the label {key}={value}")
    if selector.dns_names and name not in selector.dns_names:
        return Misfit(f"is for the names {_shown(selector.dns_names)}")
    zones = [(_common_labels(zone, name), zone) for zone in selector.dns_zones]
    length, zone = max(zones, key=lambda one: one[0], default=(0, ""))
    if selector.dns_zones and not length:
        return Misfit(f"is for the zones {_shown(selector.dns_zones)}")
    score = int(bool(selector.dns_names)), length, len(selector.match_labels)
    return _Selected(score, _selected(selector, name, zone), zone)


def _selected(selector: Selector, name: str, zone: str) -> str:
    """What of the selector fits, as a clause."""
    parts = [f"the name {name}"] if selector.dns_names else []
    parts += [f"the zone {zone}"] if zone else []
    labels = [f"{key}={value}" for key, value in selector.match_labels.items()]
    if labels:
        parts.append(f"the label{'s' if len(labels) > 1 else ''} {_shown(labels)}")
    return f"names {' and '.join(parts)}" if parts else "fits every name"


def _common_labels(zone: str, name: str) -> int:
    """How many labels the zone has where the name is in it, else 0. An IP address is in no zone."""
    zone_labels, name_labels = _labels(zone), _labels(name)
    if not zone_labels or _is_address(name):
        return 0
    return len(zone_labels) if name_labels[-len(zone_labels) :] == zone_labels else 0


def _labels(name: str) -> list[str]:
    return [label for label in name.lower().rstrip(".").split(".") if label]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _shown(words: Sequence[str]) -> str:
    shown = ", ".join(words[:SHOWN_WORDS])
    more = len(words) - SHOWN_WORDS
    return f"{shown} and {more} more" if more > 0 else shown


def _no_solver(name: str, offered: frozenset[str], misfits: Sequence[str]) -> str:
    kinds = ", ".join(sorted(kind.lower() for kind in offered)) or "no challenge"
    if not misfits:
        return f"no solver can be used for {name}: the issuer has none (the CA offers {kinds})"
    shown = "; ".join(misfits[:SHOWN_SOLVERS])
    more = len(misfits) - SHOWN_SOLVERS
    rest = f"; and {more} more that do not fit" if more > 0 else ""
    reason = f"no solver can be used for {name}: the CA offers {kinds}; {shown}{rest}"
    return reason if len(reason) <= REASON_LIMIT else reason[: REASON_LIMIT - 1] + "…"
