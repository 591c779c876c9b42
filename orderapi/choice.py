"""Which of an issuer's solvers answers for a name, and whether a solver still is one of them.

Pure. The rule is the one that cert-manager documents: all parts of a selector must match; a solver
that lists the name wins over one that lists its zone, a longer zone over a shorter one, more labels
over fewer, and the earlier in the list over the later. Names are compared to the letter, a wildcard
as the name that it is. Refuses to say whether the chosen solver works.
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
class _Fit:
    score: Score
    type: ChallengeType


@dataclass(frozen=True, slots=True)
class _Misfit:
    why: str


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
    asked = f"*.{name}" if wildcard else name
    types = frozenset(kind.upper() for kind in offered)
    if wildcard:
        types -= {"HTTP-01"}  # it proves nothing about other names; no honest CA offers it
    best: tuple[Score, Chosen] | None = None
    misfits: list[str] = []
    for number, solver in enumerate(solvers, start=1):
        match _fit(solver, asked, labels, types):
            case _Misfit(why):
                misfits.append(f"solver {number} {why}")
            case _Fit(score, kind) if best is None or score > best[0]:
                best = score, Chosen(solver, kind)
    return best[1] if best else NoSolver(_no_solver(asked, types, misfits))


def digest(solver: Solver) -> str:
    """A hash of the solver as the API writes it, the same for equal solvers in every process."""
    return hashlib.sha256(msgspec.json.encode(solver, order="sorted")).hexdigest()


def same(solver: Solver, issuer_solvers: Sequence[Solver]) -> bool:
    """Whether a Challenge's solver is one that its issuer has now, selector and all."""
    return digest(solver) in map(digest, issuer_solvers)


def _fit(
    solver: Solver, name: str, labels: Mapping[str, str], offered: frozenset[str]
) -> _Fit | _Misfit:
    kind = _type(solver)
    if isinstance(kind, _Misfit):
        return kind
    if kind not in offered:
        return _Misfit(f"answers {kind.lower()}, which is not offered")
    score = _score(solver.selector, name, labels)
    return score if isinstance(score, _Misfit) else _Fit(score, kind)


def _type(solver: Solver) -> ChallengeType | _Misfit:
    match (solver.http01 is not None, solver.dns01 is not None):
        case (True, False):
            return "HTTP-01"
        case (False, True):
            return "DNS-01"
        case (True, True):
            return _Misfit("sets both http01 and dns01")
        case _:
            return _Misfit("sets neither http01 nor dns01")


def _score(selector: Selector | None, name: str, labels: Mapping[str, str]) -> Score | _Misfit:
    if selector is None:
        return 0, 0, 0
    for key, value in selector.match_labels.items():
        if labels.get(key) != value:
            return _Misfit(f"needs the label {key}={value}")
    if selector.dns_names and name not in selector.dns_names:
        return _Misfit(f"is for the names {_shown(selector.dns_names)}")
    zones = [_common_labels(zone, name) for zone in selector.dns_zones]
    if selector.dns_zones and not any(zones):
        return _Misfit(f"is for the zones {_shown(selector.dns_zones)}")
    return int(bool(selector.dns_names)), max(zones, default=0), len(selector.match_labels)


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
