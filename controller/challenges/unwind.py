"""What happens to a Challenge that has ended or is being deleted: take the answer away, let it go.

Pure and total. Clean-up acts on nothing but what was presented, and never blocks a deletion for
ever: tries are counted and timed, and what may stay behind is told.
"""

from datetime import timedelta
from typing import Final

from controller.challenges import sentences
from controller.challenges.actions import Action, CleanUp, Release, Rest, Wait
from controller.challenges.observed import CleanUps, Observed
from controller.solvers.fingerprint import fingerprint
from orderapi import names
from orderapi.challenge import HTTP01

LASTING: Final = timedelta(minutes=10)
"""Clean-up ends so long after the first try; in a namespace that is going, after one."""

SECONDS: Final = 10.0
SECONDS_DELETING: Final = 4.0
"""How long one try may take."""

FINALIZERS: Final = frozenset({names.FINALIZER, names.LEGACY_FINALIZER})


def unwind(seen: Observed) -> Action:
    """The one thing to do next."""
    if not FINALIZERS & set(seen.challenge.metadata.finalizers):
        return Rest()
    if seen.knowledge.cleaned or seen.shared or not _may_be_published(seen):
        return Release()
    if untrusted := _untrusted(seen):
        return Release(_leftover(seen, untrusted))
    tried = seen.knowledge.clean_ups
    deleting = seen.challenge.metadata.deletion_timestamp is not None
    if tried is not None:
        if tried.hopeless or _enough(seen, tried, deleting=deleting):
            return Release(_leftover(seen, tried.message))
        again = tried.last_at + timedelta(seconds=min(2 ** (tried.tries - 1), 60))
        if seen.now < again:
            return Wait(again)
    return CleanUp(SECONDS_DELETING if deleting else SECONDS)


def _may_be_published(seen: Observed) -> bool:
    if seen.challenge.spec.type == HTTP01:
        return True  # it costs a look, and a crash may lie between the route and the status
    return bool(seen.challenge.status.presented) or seen.knowledge.tried_to_present


def _untrusted(seen: Observed) -> str:
    """Why nothing is taken away; empty where the record is known to be ours to take away.

    What this process presented it may take away. After a restart the digest in status says what was
    presented; the credentials are used where the issuer still has that solver. A route of HTTP-01
    takes none, and its owner says whose it is.
    """
    spec, status = seen.challenge.spec, seen.challenge.status
    if seen.credentials_held or spec.type == HTTP01:
        return ""
    if seen.issuer is None:
        return "the issuer with its credentials is gone."
    if status.presented_solver is not None and status.presented_solver != fingerprint(spec):
        return "the Challenge was changed since its record was published."
    if not seen.solver_is_the_issuers:
        return "the issuer no longer has the solver that published it."
    if status.presented_solver is None and seen.order is None:
        return "it is not known what was published."
    return ""


def _enough(seen: Observed, tried: CleanUps, *, deleting: bool) -> bool:
    lasting = seen.now - tried.first_at
    return lasting >= LASTING or (deleting and seen.knowledge.namespace_terminating)


def _leftover(seen: Observed, why: str) -> str:
    return sentences.leftover(seen.challenge.spec, why)
