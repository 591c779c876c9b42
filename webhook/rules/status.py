"""Who writes the status of Orders and Challenges, and what of it moves.

A status that was written by someone else could make the controller take a stranger's order for its
own, or an order for done. A final state that moved would set a finished Order going again.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from orderapi import states
from orderapi.frozen import changed_fields
from orderapi.validation.fault import quoted
from webhook.request import parsed
from webhook.rules.parts import Parts, fields
from webhook.verdict import Fault


class Written(msgspec.Struct):
    """What of a status is bound by rules. A Challenge has the state alone."""

    state: str | None = None
    url: str | None = None
    finalize_url: str | None = msgspec.field(default=None, name="finalizeURL")
    certificate: str | None = None


_WRITTEN: Final = msgspec.json.Decoder(Written | None)
_NOTHING: Final = Written()


def status_faults(old: Parts, new: Parts, *, by_controller: bool, instead: str) -> Iterator[Fault]:
    """What is wrong with who writes the status, and with what it becomes; `instead`: what to do."""
    if old.status == new.status:
        return
    if not by_controller and changed_fields(fields(old.status), fields(new.status)):
        yield Fault("status", f"is written by the controller alone; {instead}", "status")
    before, after = written(old.status), written(new.status)
    yield from _transition(before.state or "", after.state or "", instead)
    yield from _once("status.url", before.url, after.url)
    yield from _once("status.finalizeURL", before.finalize_url, after.finalize_url)
    yield from _once("status.certificate", before.certificate, after.certificate)


def written(status: msgspec.Raw) -> Written:
    """The bound parts of a status; Unreadable where it is none."""
    return parsed(_WRITTEN, status) or _NOTHING


def _transition(old: str, new: str, instead: str) -> Iterator[Fault]:
    if old == new:
        return
    if old in states.FINAL:
        text = f"{quoted(old)} is final; {instead}"
    elif not new:
        text = f"is {quoted(old)} and is never taken away; write another state"
    elif new not in states.ALL:
        text = f"{quoted(new)} is none of {', '.join(states.ALL)}"
    else:
        return
    yield Fault("status.state", text, "transition")


def _once(path: str, old: str | None, new: str | None) -> Iterator[Fault]:
    if old and old != new:
        yield Fault(path, "is written once and never changes after that", "transition")
