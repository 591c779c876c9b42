"""What following prints: a line, or a document on a line of its own, for each change.

Lines are written at once, so that CI systems show them as they come.
"""

import json
from collections.abc import Iterable
from typing import Final

import msgspec

from kubectl_order.failure import Exit, Failure
from kubectl_order.following.phases import GONE, Change
from kubectl_order.output import say
from kubectl_order.pages import parts
from kubectl_order.report import Top
from kubectl_order.session import Session
from kubectl_order.view.page import Span, Style, Text, text

_REASON: Final = 120
"""Characters of a reason on a line."""


def check_output(session: Session, command: str) -> None:
    """Raises Failure for a format that cannot be written line by line."""
    if session.flags.output not in ("", "wide", "json"):
        raise Failure(
            f"{command} writes a line for each change: -o knows json alone here",
            exit=Exit.USAGE,
            hint=f"kubectl order {command} NAME -o json writes one document a line",
        )


def tell(session: Session, found: Iterable[Change]) -> None:
    """Print what has changed, a line each."""
    for change in found:
        if session.for_people:
            say(session, line(change, wide=session.wide))
        else:
            document(session, change)


def line(change: Change, *, namespace: bool = False, wide: bool = False) -> Text:
    """`12:03:05Z  order/web-1  pending → valid`, with the reason where there is one."""
    reason = parts.cut(change.reason, wide=wide, limit=_REASON)
    where = f"{change.ref.namespace}/" if namespace and change.ref.namespace else ""
    moved = change.before not in (None, change.after)
    return text(
        Span(f"{change.time:%H:%M:%S}Z", Style.FAINT),
        f"  {where}{change.ref}  ",
        f"{change.before} → " if moved else "",
        Span(change.after, Style.FAINT) if change.after == GONE else parts.state_span(change.after),
        f": {reason}" if reason else "",
    )


def document(session: Session, top: Top) -> None:
    """Print a document on one line."""
    session.stdout.write(json.dumps(msgspec.to_builtins(top), separators=(",", ":")) + "\n")
    session.stdout.flush()
