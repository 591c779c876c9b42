"""Following an issuance until it has ended: a line for each change, and how it ended.

It watches; it does not poll. Lines are written at once, so that CI systems show them as they come.
"""

import json
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from typing import Final

import msgspec

from kubectl_order.commands.subject import status_of
from kubectl_order.facts import Chain, Subject
from kubectl_order.failure import Exit, Failure
from kubectl_order.output import say
from kubectl_order.pages import parts, why
from kubectl_order.phases import GONE, Change, Ending, changes, ending, present
from kubectl_order.report import Status, Top
from kubectl_order.session import Session
from kubectl_order.view.page import Page, Span, Style, Text, text
from orderapi.durations import parse_duration

_PATIENCE: Final = 5
"""How often in a row a read may fail before following ends: API servers restart."""
_PAUSE: Final = 2.0
_REASON: Final = 120
"""Characters of a reason on a line."""


class Deadline:
    """The moment when following gives up; never, where `text` is empty or 0."""

    def __init__(self, text: str) -> None:
        """Raises Failure for what is no duration."""
        self.text = f"{text}s" if text.isdecimal() else text
        self._at: float | None = None
        span = _seconds(self.text)
        if span:
            self._at = time.monotonic() + span

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(self._at - time.monotonic(), 0.0) if self._at is not None else float("inf")


def check_output(session: Session, command: str) -> None:
    """Raises Failure for a format that cannot be written line by line."""
    if session.flags.output not in ("", "wide", "json"):
        raise Failure(
            f"{command} writes a line for each change: -o knows json alone here",
            exit=Exit.USAGE,
            hint=f"kubectl order {command} NAME -o json writes one document a line",
        )


def follow(session: Session, subject: Subject, deadline: Deadline) -> Exit:
    """Follow the issuance of the subject to its end. Raises Failure, TIMED_OUT at the deadline."""
    cluster = session.cluster
    chain = cluster.chain_of(subject)
    tell(session, present(chain))
    done = ending(chain, subject)
    if done is None:
        with closing(_looks(session, subject, chain, deadline)) as looks:
            for newer in looks:
                tell(session, changes(chain, newer))
                chain = newer
                done = ending(chain, subject)
                if done is not None:
                    break
    status = status_of(chain)
    _conclude(session, status, done)
    if done is None:
        raise Failure(
            f"{status.subject} was not done within {deadline.text}",
            exit=Exit.TIMED_OUT,
            hint=status.finding.command,
        )
    return Exit.FAILED if done is Ending.FAILED else Exit.FINE


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


def _looks(
    session: Session, subject: Subject, chain: Chain, deadline: Deadline
) -> Generator[Chain, None, None]:
    """The chain anew, whenever something in it may have changed."""
    failures = 0
    with closing(session.cluster.changes(chain, deadline.left)) as signs:
        for _ in signs:
            try:
                yield session.cluster.chain_of(session.cluster.again(subject))
                failures = 0
            except Failure as failure:
                failures += 1
                if failure.exit is not Exit.NO_ACCESS or failures == _PATIENCE:
                    raise
                time.sleep(min(_PAUSE, deadline.left))


def _conclude(session: Session, status: Status, done: Ending | None) -> None:
    if not session.for_people:
        document(session, status)
        return
    finding = status.finding
    page: Page = parts.closing(finding, status.time) if done is Ending.DONE else why.page(status)
    session.show(status, page)


def _seconds(text: str) -> float:
    try:
        return max(parse_duration(text).total_seconds(), 0.0) if text else 0.0
    except ValueError as error:
        raise Failure(f"--timeout: {error}", exit=Exit.USAGE) from None
