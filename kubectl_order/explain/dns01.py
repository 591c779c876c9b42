"""DNS-01: why the TXT record was not taken, or is not seen. Pure.

Reads the words of this controller and of cert-manager. What a DNS server refused is in `updates`,
what could not be looked up in `lookups`, and which servers lack the record in `nameservers`.
"""

import re
from typing import Final

from kubectl_order.explain import lookups, nameservers, updates
from kubectl_order.explain.told import Row, Told, by_table
from kubectl_order.explain.words import clause
from kubectl_order.finding import Actor, Finding, Standing
from orderapi.challenge import HTTP01

_EVIDENCE: Final = re.compile(
    r"(?:Waiting for DNS-01 challenge propagation|Our own check had not found the answer): "
    r"(?P<evidence>.+)"
)
_ELSEWHERE: Final = re.compile(
    r"(?<!\S)(?P<record>\S+) is an alias of (?P<target>[^\s;]+)(?:; [^;]*)?; "
    r"cnameStrategy is not Follow"
)


def read(told: Told) -> Finding | None:
    """Why the TXT record is not there, or not seen."""
    if told.kind == HTTP01:
        return None
    found = _EVIDENCE.search(told.words)
    evidence = found["evidence"] if found is not None else ""
    elsewhere = _ELSEWHERE.search(evidence)
    if elsewhere is not None:
        return _not_followed(told, elsewhere)
    return (
        nameservers.read(told, evidence)
        or updates.read(told)
        or lookups.read(told)
        or by_table(_ROWS, told, told.words)
        or (_unseen(told, evidence) if evidence else updates.read_provider(told))
    )


def _unseen(told: Told, evidence: str) -> Finding:
    return told.finding(
        "txt-not-visible",
        f"The TXT record {told.record} is not seen by the controller yet: {clause(evidence)}",
        who=nameservers.taken_up_by(told),
        fix=nameservers.in_time(
            told,
            f"Have every name server of the zone give {told.record}; where the controller cannot "
            f"ask them, set dns01.nameservers of the solver.",
        ),
        command=told.look(),
    )


def _not_followed(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "cname-not-followed",
        f"{found['record']} is an alias of {found['target']}, and the TXT record was not written "
        f"there",
        who=told.issuer_owner,
        fix="Set dns01.cnameStrategy: Follow in the solver, or take the CNAME away.",
        command=told.edit_issuer(),
    )


def _cannot_tell(told: Told, found: re.Match[str]) -> Finding:
    return told.finding(
        "cannot-tell",
        f"Whether the TXT record {told.record} is seen cannot be told from the cluster",
        who=Actor.NOBODY,
        fix="Nothing is to be done: the CA is asked to look all the same.",
        command=told.look(),
        standing=Standing.MOVING,
    )


_ROWS: Final[tuple[Row, ...]] = (
    (r"Whether the DNS-01 answer can be seen cannot be told from here", _cannot_tell),
    (r'DNS record for "[^"]+" not yet propagated', lambda told, found: _unseen(told, found[0])),
)
