"""What was found at each address of a name, and what follows from all of it. Pure.

The CA picks an address as it likes, so one that is certainly wrong spoils the check. One that
nothing could be learned of does so only where this host evidently reaches others of its family:
where there is no IPv6 here, say, silent IPv6 addresses mean nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from controller.egress import Address
from controller.solvers.check import EVIDENCE_LIMIT, Check, bounded

FROM_HERE = (
    "From here nobody can tell what the CA will see (a private view of DNS, no way back to the own "
    "load balancer, closed egress): try it from outside"
)
DEAD_ADDRESS = (
    "The CA may pick any address of the name: mend this one, or take it out of the DNS records"
)


class Stage(StrEnum):
    """How far a request came; the value is its name for people."""

    DNS = "DNS"
    TCP = "TCP"
    TLS = "TLS"
    HTTP = "HTTP"
    REDIRECT = "redirect"
    BODY = "body"


class Finding(Enum):
    """What is known of an address."""

    PASSED = auto()
    """It answers as the CA expects."""
    FAILED = auto()
    """It answers otherwise, or certainly not at all: the CA would see the same."""
    SILENT = auto()
    """Nothing came back, which may be so from here alone."""
    UNTRIED = auto()
    """The guard of this controller's own connections does not let it be tried."""


class Obstacle(Exception):
    """Why a request did not get through; `words` go on after the name, `hint` is what to look at.

    Neither holds a byte of an answer's body, a token or a key authorization.
    """

    def __init__(self, stage: Stage, finding: Finding, words: str, hint: str = "") -> None:
        super().__init__(f"{stage}: {words}")
        self.stage = stage
        self.finding = finding
        self.words = words
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found at one address, in a statement that names it, and what to look at next."""

    address: Address
    finding: Finding
    statement: str
    hint: str = ""


def verdict(seen: Sequence[Seen], *, notes: Sequence[str] = ()) -> Check:
    """The result over all addresses: what decided comes first, the notes last, then the hint."""
    alive = {one.address.version for one in seen if one.finding is Finding.PASSED}
    failed = [one for one in seen if one.finding is Finding.FAILED]
    dead = [one for one in seen if one.finding is Finding.SILENT and one.address.version in alive]
    deciding = failed or dead
    ordered = [*failed, *dead, *_rest(seen, [*failed, *dead])]
    statements = [*(one.statement for one in ordered), *notes]
    if deciding:
        return Check(False, evidence(statements, failed[0].hint if failed else DEAD_ADDRESS))
    if alive:
        return Check(True, evidence(statements))
    return Check(False, evidence(statements, FROM_HERE), unknown=True)


def without_address(name: str, obstacle: Obstacle) -> Check:
    """The result where no address is known to look at."""
    unknown = obstacle.finding is not Finding.FAILED
    hint = obstacle.hint or (FROM_HERE if unknown else "")
    said = f"{obstacle.stage}: {name}: {obstacle.words}"
    return Check(False, evidence([said], hint), unknown=unknown)


def evidence(statements: Sequence[str], hint: str = "") -> str:
    """The statements as far as they fit, then the whole hint; at most 1,000 characters."""
    if not hint:
        return bounded(statements)
    return f"{bounded(statements, limit=EVIDENCE_LIMIT - len(hint) - 2)}. {hint}"


def _rest(seen: Sequence[Seen], told: Sequence[Seen]) -> list[Seen]:
    """The others, those that passed last."""
    others = [one for one in seen if one not in told]
    return sorted(others, key=lambda one: one.finding is Finding.PASSED)
