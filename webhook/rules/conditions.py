"""Approved and Denied on a CertificateRequest: a decision is made once, and stays as it is.

Other conditions are their writers' own.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec

from orderapi.conditions import TRUE
from orderapi.names import APPROVED, DENIED
from orderapi.refusals import DECIDED
from webhook.request import parsed
from webhook.rules.wording import at_key
from webhook.verdict import Fault

DECISIONS: Final = (APPROVED, DENIED)

Conditions: TypeAlias = list[dict[str, Any]]

_PATH: Final = "status.conditions"
_TIME: Final = "lastTransitionTime"


class _Status(msgspec.Struct, rename="camel"):
    conditions: Conditions | None = None
    certificate: str | None = None
    failure_time: str | None = None


_STATUS: Final[msgspec.json.Decoder[_Status | None]] = msgspec.json.Decoder(_Status | None)


def conditions_of(status: msgspec.Raw) -> Conditions:
    """The conditions as plain JSON; Unreadable where there is no such list."""
    found = parsed(_STATUS, status)
    return (found and found.conditions) or []


def has_ended(status: msgspec.Raw) -> bool:
    """Whether the request has its certificate, or failed."""
    found = parsed(_STATUS, status)
    return found is not None and bool(found.certificate or found.failure_time)


def condition_faults(old: Conditions, new: Conditions) -> Iterator[Fault]:
    """What is wrong with the decision that `new` tells, apart from what was wrong in `old`."""
    before = set(_form_faults(old))
    yield from (fault for fault in _form_faults(new) if fault not in before)
    for kind in DECISIONS:
        decided = _told(old, kind)
        if decided and decided != _told(new, kind):
            yield Fault(at_key(_PATH, kind), DECIDED, "conditions")


def newly_decided(old: Conditions, new: Conditions) -> list[str]:
    """Which of Approved and Denied `new` has, with a status that `old` has not."""
    return [kind for kind in DECISIONS if _statuses(new, kind) - _statuses(old, kind)]


def _form_faults(conditions: Conditions) -> Iterator[Fault]:
    approved, denied = (_told(conditions, kind) for kind in DECISIONS)
    if approved and denied:
        text = "has both Approved and Denied; a request is decided one way"
        yield Fault(_PATH, text, "conditions")
    for kind, told in zip(DECISIONS, (approved, denied), strict=True):
        if len(told) > 1:
            yield Fault(at_key(_PATH, kind), "is there more than once; leave one", "conditions")
        if any(one.get("status") != TRUE for one in told):
            text = "can only be True; leave it out until the request is decided"
            yield Fault(at_key(_PATH, kind), text, "conditions")


def _statuses(conditions: Conditions, kind: str) -> set[str]:
    return {str(one.get("status")) for one in conditions if one.get("type") == kind}


def _told(conditions: Conditions, kind: str) -> list[dict[str, Any]]:
    return [_meant(one) for one in conditions if one.get("type") == kind]


def _meant(condition: Mapping[str, Any]) -> dict[str, Any]:
    """For comparison: a client that decodes and encodes a condition may leave out what is empty,
    and write its time in another way."""
    kept = {name: value for name, value in condition.items() if value not in (None, "")}
    if _TIME in kept:
        kept[_TIME] = _instant(kept[_TIME])
    return kept


def _instant(written: object) -> object:
    try:
        return datetime.fromisoformat(written) if isinstance(written, str) else written
    except ValueError:
        return written
