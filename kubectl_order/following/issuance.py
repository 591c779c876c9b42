"""Following an issuance until it has ended: a line for each change, and how it ended.

It watches; it does not poll. Lines are written at once, so that CI systems show them as they come.
"""

import time
from collections.abc import Generator
from contextlib import closing
from typing import Final

from kubectl_order.describe import status_of
from kubectl_order.facts import Chain, Subject
from kubectl_order.failure import Exit, Failure
from kubectl_order.following.deadline import Deadline
from kubectl_order.following.lines import document, tell
from kubectl_order.following.phases import Ending, changes, ending, present
from kubectl_order.pages import parts, why
from kubectl_order.report import Status
from kubectl_order.session import Session
from kubectl_order.view.page import Page

_PATIENCE: Final = 5
"""How often in a row a read may fail before following ends: API servers restart."""
_PAUSE: Final = 2.0


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
