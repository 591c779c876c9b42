"""Who writes the status of Orders and Challenges, and what of it moves.

A status that was written by someone else could make the controller take a stranger's order for its
own, or an order for done. A final state that moved would set a finished Order going again.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from orderapi import states
from orderapi.frozen import changed_fields
from orderapi.refusals import FINAL_STATE, WRITTEN_ONCE, status_by_others
from orderapi.validation.fault import not_one_of, quoted
from webhook.request import parsed
from webhook.rules.undecoded import Parts, fields
from webhook.verdict import Fault


class Written(msgspec.Struct):
    """What of a status is bound by rules. A Challenge has the state alone."""

    state: str | None = None
    url: str | None = None
    finalize_url: str | None = msgspec.field(default=None, name="finalizeURL")
    certificate: str | None = None


_WRITTEN: Final = msgspec.json.Decoder(Written | None)
_NOTHING: Final = Written()
_STATE: Final = "status.state"


def status_faults(kind: str, old: Parts, new: Parts, *, by_controller: bool) -> Iterator[Fault]:
    """What is wrong with who writes the status of that kind, and with what it becomes."""
    if old.status == new.status:
        return
    if not by_controller and changed_fields(fields(old.status), fields(new.status)):
        yield Fault("status", status_by_others(kind), "status")
    before, after = written(old.status), written(new.status)
    yield from _transition(before.state or "", after.state or "")
    for path, was, becomes in (
        ("status.url", before.url, after.url),
        ("status.finalizeURL", before.finalize_url, after.finalize_url),
        ("status.certificate", before.certificate, after.certificate),
    ):
        if was and was != becomes:
            yield Fault(path, WRITTEN_ONCE, "transition")


def has_ended(status: msgspec.Raw) -> bool:
    """Whether the state is final."""
    return written(status).state in states.FINAL


def written(status: msgspec.Raw) -> Written:
    """The bound parts of a status; Unreadable where it is none."""
    return parsed(_WRITTEN, status) or _NOTHING


def _transition(old: str, new: str) -> Iterator[Fault]:
    if old == new:
        return
    if old in states.FINAL or not new:
        yield Fault(_STATE, f"it was {quoted(old)}; {FINAL_STATE}", "transition")
    elif new not in states.ALL:
        yield Fault(*not_one_of(_STATE, new, states.ALL), "transition")
