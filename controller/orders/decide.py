"""What happens next to an Order: every transition of its life, in one pure function.

The guards come in the order of safety: an Order that is going away or has ended is left alone; what
newOrder taught is written before anything else; a failure waits for its time; then the life itself:

    place it → record it → prove its names → (ready) finalize → (valid) download

`status.state` is written for people. It is read here only to stop at an end.
"""

from datetime import datetime, timedelta
from typing import Final, assert_never

from controller.acme.retryafter import poll_at
from controller.orders import proofs, sentences
from controller.orders.actions import (
    Action,
    CreateChallenges,
    Download,
    Explain,
    Fail,
    Finalize,
    Look,
    ReadAuthorizations,
    Record,
    RemoveChallenges,
    Rest,
    Submit,
    Wait,
)
from controller.orders.identifiers import in_order, new_order
from controller.orders.observed import Observed, Sighting, Trouble
from controller.orders.proofs import Proofs
from controller.reasons import bounded
from controller.runtime.schedule import OnChange
from controller.verdict import GiveUp, RetryAt, is_rate_limit, verdict
from orderapi import names, states
from orderapi.challenge import Challenge
from orderapi.issuer import AcmeIssuer
from orderapi.order import OrderStatus

PATIENCE: Final = timedelta(seconds=30)
"""How long a Challenge or the CA may take before the Order says that it waits."""

SETTLED: Final = timedelta(seconds=5)
"""How long the CA shows a status before it is worth a write."""

LONGEST_POLL: Final = timedelta(minutes=1)


def decide(seen: Observed) -> Action:
    """The one thing to do next. Total: every Observed has an answer."""
    order = seen.order
    if order.metadata.deletion_timestamp is not None or order.status.state in states.FAILED:
        return Rest()
    if order.status.state == states.VALID and order.status.certificate:
        kept = tuple(c for c in seen.challenges if c.metadata.deletion_timestamp is None)
        return RemoveChallenges(kept) if kept else Rest()
    acme = seen.issuer.spec.acme if seen.issuer is not None else None
    if not order.status.url and seen.sighting is not None:
        # A placed order is written down before anything is done with it, failures included.
        patient = acme is not None and seen.knowledge.trouble is None
        return _authorizations(seen, seen.sighting, patient=patient)
    if acme is None:
        reason = sentences.no_issuer(order.spec.issuer_ref, order.metadata.namespace)
        return _wait(seen, None, reason, cause="issuer")
    return _end_with_challenges(seen) or _after_failure(seen) or _advance(seen, acme)


def _authorizations(seen: Observed, sighting: Sighting, *, patient: bool) -> Action:
    """Read what is not read yet, then record; without patience, record the order alone."""
    order, known = sighting.order, seen.knowledge.authorizations
    unread = tuple(url for url in order.authorizations if url not in known)
    if unread and patient:
        return ReadAuthorizations(unread)
    read = () if unread else tuple(known[url] for url in order.authorizations)
    return Record(
        url=order.url,
        finalize_url=order.finalize,
        authorizations=in_order(seen.order.spec, read),
        state=sighting.state,
    )


def _end_with_challenges(seen: Observed) -> Action | None:
    """A failed Challenge ends its Order, after one look at what the CA says of the order."""
    failed, url = proofs.failed(seen.order, seen.challenges), seen.order.status.url
    if not failed or not url:
        return None
    sighting = seen.sighting
    looked = sighting is not None and sighting.tells_of_an_end(seen.now)
    if not looked and seen.knowledge.trouble is None:
        return Look(url)
    order = sighting.order if sighting is not None else None
    ends = {challenge.status.state for challenge in failed}
    state = states.INVALID if states.INVALID in ends else min(ends)
    return _fail(seen, state, sentences.failed_challenges(order, failed), cause="challenge")


def _after_failure(seen: Observed) -> Action | None:
    """What the last failure asks for; None where its wait is over."""
    trouble = seen.knowledge.trouble
    if trouble is None:
        return None
    if trouble.step == "finalize" and not _is_transient(trouble):
        return _after_refused_finalize(seen, trouble)
    changed = _issuer_version(seen) != trouble.issuer_version
    match verdict(trouble.facts, trouble.at, attempts=trouble.attempts):
        case RetryAt(time):
            over = seen.now >= time or (changed and not is_rate_limit(trouble.facts))
            return None if over else _hold(seen, trouble, time)
        case OnChange():
            return None if changed else _hold(seen, trouble, None)
        case GiveUp(reason):
            return _give_up(seen, trouble, reason)
        case never:
            assert_never(never)


def _hold(seen: Observed, trouble: Trouble, until: datetime | None) -> Action:
    """Wait; a first failure that passes by itself is not worth a word."""
    telling = until is None or is_rate_limit(trouble.facts) or trouble.attempts > 1
    reason = sentences.held_up(trouble, until) if telling else seen.order.status.reason
    return _wait(seen, until, reason, cause=trouble.facts.kind or trouble.step)


def _give_up(seen: Observed, trouble: Trouble, reason: str) -> Fail:
    url = seen.order.status.url
    gone = trouble.facts.status == 404 or trouble.facts.kind == "malformed"
    if url and gone and trouble.step in ("read", "authorizations"):
        return _fail(seen, states.ERRORED, sentences.lost(url, reason), cause="lost")
    told = sentences.tried(trouble.step, reason)
    return _fail(seen, states.ERRORED, told, cause=trouble.facts.kind or trouble.step)


def _is_transient(trouble: Trouble) -> bool:
    """Whether the failure says nothing about the order itself."""
    if trouble.facts.kind == "orderNotReady":
        return False
    return not isinstance(verdict(trouble.facts, trouble.at, attempts=1), GiveUp)


def _after_refused_finalize(seen: Observed, trouble: Trouble) -> Action | None:
    """Look at the order: it may be past this, when the answer to an earlier finalize was lost."""
    sighting = seen.sighting
    if sighting is None or sighting.at <= trouble.at:
        return Look(seen.order.status.url)
    if sighting.order.status == "invalid":
        doing = sentences.tried("finalize", trouble.facts.message)
        reason = sentences.invalid(sighting.order, (), doing=doing)
        return _fail(seen, states.INVALID, reason, cause=trouble.facts.kind)
    if sighting.order.status != "ready":
        return None
    match verdict(trouble.facts, trouble.at, attempts=trouble.attempts):
        case RetryAt(time) if seen.now < time:
            return _hold(seen, trouble, time)
        case GiveUp(reason):
            return _give_up(seen, trouble, reason)
        case _:
            return None


def _advance(seen: Observed, acme: AcmeIssuer) -> Action:
    """The life of an Order that nothing stands against."""
    status, sighting = seen.order.status, seen.sighting
    if not status.url:
        return _submit(seen)
    if not _stored(status, sighting):
        if sighting is None or not sighting.order.authorizations:
            return Look(status.url)
        return _authorizations(seen, sighting, patient=True)
    found = proofs.review(seen.order, seen.challenges, acme.solvers)
    if found.remove:
        return RemoveChallenges(found.remove)
    if not found.refusals and not found.plan and not found.open:
        return _follow(seen, sighting)
    if sighting is None:
        return Look(status.url)
    if sighting.order.status != "pending":
        # The CA has all it wants: another order with the same authorizations may have proved them.
        return _follow(seen, sighting)
    return _prove(seen, found, sighting.order.expires)


def _submit(seen: Observed) -> Action:
    try:
        return Submit(new_order(seen.order.spec, seen.now))
    except ValueError as error:
        reason = sentences.tried("create", f"spec.duration: {error}")
        return _fail(seen, states.ERRORED, reason, cause="duration")


def _prove(seen: Observed, found: Proofs, expires: datetime | None) -> Action:
    """Make the Challenges that are missing and wait for those that are open, while time is left."""
    unsolvable = ""
    if found.refusals:
        unsolvable = sentences.unsolvable(found.refusals, seen.order.spec.issuer_ref)
    if expires is not None and seen.now >= expires:
        waited = unsolvable or sentences.slow(found.open)
        return _fail(seen, states.EXPIRED, sentences.expired(waited, expires), cause="expired")
    if unsolvable:
        return _wait(seen, expires, unsolvable, cause="solver", event=names.EVENT_SOLVER)
    if found.plan:
        return CreateChallenges(found.plan)
    return _wait_for_challenges(seen, found.open, expires)


def _wait_for_challenges(
    seen: Observed, waiting: tuple[Challenge, ...], expires: datetime | None
) -> Action:
    due = [(one.metadata.creation_timestamp or seen.now) + PATIENCE for one in waiting]
    slow = [one for one, time in zip(waiting, due, strict=True) if time <= seen.now]
    times = [time for time in (*due, expires) if time is not None and time > seen.now]
    return _wait(seen, min(times, default=None), sentences.slow(slow), cause="challenge")


def _follow(seen: Observed, sighting: Sighting | None) -> Action:
    """All names are proved: go where the CA's order is."""
    if sighting is None:
        return Look(seen.order.status.url)
    order = sighting.order
    match order.status:
        case "ready":
            return Finalize(seen.order.status.finalize_url or order.finalize)
        case "valid" if order.certificate:
            return Download(order.certificate)
        case "invalid":
            return _end_invalid(seen, sighting)
        case _:  # pending, processing, and whatever a CA of tomorrow says
            return _poll(seen, sighting)


def _poll(seen: Observed, sighting: Sighting) -> Action:
    age = sighting.at - sighting.since
    own = sighting.at + min(age / 4, LONGEST_POLL)
    asked = poll_at(sighting.order, sighting.at, sighting.polls)
    time = asked if sighting.order.retry_at is not None else max(asked, own)
    if seen.now >= time:
        return Look(seen.order.status.url)
    expires = sighting.order.expires
    if expires is not None and seen.now >= expires:
        waited = sentences.expired(sentences.working(sighting.order.status), expires)
        return _fail(seen, states.EXPIRED, waited, cause="expired")
    reason = sentences.working(sighting.order.status) if age >= PATIENCE else ""
    return _wait(seen, time, reason, cause="ca")


def _end_invalid(seen: Observed, sighting: Sighting) -> Action:
    """The CA ended it: say why, from the order or else from its authorizations."""
    known, order = seen.knowledge, sighting.order
    read = known.authorizations_at is not None and known.authorizations_at >= sighting.since
    if order.error is None and order.authorizations and not read:
        return ReadAuthorizations(order.authorizations)
    told = tuple(known.authorizations.values()) if read else ()
    reason = sentences.invalid(order, told)
    return _fail(seen, states.INVALID, reason, cause=order.error.kind if order.error else "invalid")


def _fail(seen: Observed, state: str, reason: str, *, cause: str) -> Fail:
    sighting = seen.sighting
    expires = sighting.order.expires if sighting is not None else None
    if state == states.INVALID and expires is not None and expires <= seen.now:
        state = states.EXPIRED
    return Fail(state=state, reason=bounded(reason), cause=cause or "refused")


def _wait(
    seen: Observed, until: datetime | None, reason: str, *, cause: str, event: str = ""
) -> Action:
    """Wait, after writing why where that is not what the Order says already."""
    status, sighting = seen.order.status, seen.sighting
    reason, state = bounded(reason), status.state
    if sighting is not None and state != states.VALID:
        worth_it = reason != status.reason or seen.now - sighting.since >= SETTLED
        state = sighting.state if worth_it else state
    if (reason, state) == (status.reason, status.state):
        return Wait(until)
    return Explain(reason=reason, state=state, cause=cause, until=until, event=event)


def _stored(status: OrderStatus, sighting: Sighting | None) -> bool:
    """Whether status tells of every name how it is to be proved."""
    if not status.authorizations:
        # A CA that names none leaves nothing to prove.
        return sighting is not None and not sighting.order.authorizations and sighting.polls > 0
    return all(one.identifier is not None and one.initial_state for one in status.authorizations)


def _issuer_version(seen: Observed) -> str:
    return seen.issuer.metadata.resource_version if seen.issuer is not None else ""
