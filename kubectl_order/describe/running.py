"""Whether the controller lives, by its Lease. Pure.

Who holds the Lease renews it every few seconds; one that is out of date tells of a controller that
is gone, or that cannot reach the API server.
"""

from datetime import datetime
from typing import Final

from kubectl_order.explain.controller import is_down
from kubectl_order.facts import Absent, Leader, Unread
from kubectl_order.report import Running

ALIVE: Final = "alive"
DOWN: Final = "down"
UNKNOWN: Final = "unknown"


def running(leader: Leader | Absent | Unread | None, now: datetime) -> Running:
    """Alive, down or unknown, and the sentence for it."""
    match leader:
        case None:
            return _unknown("Whether the controller runs was not looked at.")
        case Unread(why):
            return _unknown(f"Whether it runs is not known: its Lease could not be read ({why}).")
        case Absent():
            return _unknown("There is no Lease: it never ran, or runs without leader election.")
        case Leader():
            return _by_lease(leader, now)


def _by_lease(leader: Leader, now: datetime) -> Running:
    if leader.renewed is None:
        return _unknown("Its Lease does not say when it was last renewed.")
    if not leader.holder:
        told = "It gave its Lease back, and no other has taken it."
        return Running(state=DOWN, holder=None, renewed=leader.renewed, told=told)
    if is_down(leader, now):
        told = f"{leader.holder} has not renewed its Lease since."
        return Running(state=DOWN, holder=leader.holder, renewed=leader.renewed, told=told)
    return Running(
        state=ALIVE, holder=leader.holder, renewed=leader.renewed, told=f"{leader.holder} leads."
    )


def _unknown(told: str) -> Running:
    return Running(state=UNKNOWN, holder=None, renewed=None, told=told)
