"""What happens next to a Challenge until its end, in one pure function.

The guards come in the order of safety: one that has ended or is going away only unwinds; an orphan,
and one that is not what its Order makes of it, is left alone; no credential is used for a solver
that its issuer does not have. Then:

    publish the answer → see it → tell the CA → read the authorization until it is decided

`status.state` is written for people. It is read here only to stop at an end.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, assert_never

from controller.acme.retryafter import poll_at
from controller.challenges import sentences
from controller.challenges.actions import (
    Action,
    Answer,
    Check,
    Explain,
    Present,
    ReadAuthorization,
    Record,
    Rest,
    Settle,
    Wait,
)
from controller.challenges.observed import CREDENTIALS, Checked, Observed, Sighting, Trouble
from controller.challenges.unwind import unwind
from controller.derived import strangeness
from controller.reasons import bounded
from controller.runtime.schedule import OnChange
from controller.solvers.timing import check_again_at
from controller.verdict import GiveUp, RetryAt, is_rate_limit, verdict
from orderapi import challenge as api
from orderapi import names, states
from orderapi.durations import parse_duration
from orderapi.order import Order

QUIET: Final = timedelta(seconds=2)
"""How long the answer may stay unseen before the Challenge says so."""

BETWEEN_WORDS: Final = timedelta(seconds=10)
"""The least time between two reasons."""

PATIENCE: Final = timedelta(seconds=30)
"""How long a turn or the CA's decision may take before the Challenge says that it waits."""

BLIND: Final = timedelta(minutes=2)
"""How long the answer is looked for where nothing can be told from here, before the CA is asked."""

MENDED: Final = timedelta(seconds=10)
"""The least time between two publications: others may not want it there."""

FIGHT: Final = 2
"""After so many publications it is told that somebody takes the answer away."""

SHARE: Final = {api.DNS01: 1.0, api.HTTP01: 0.25}
"""How soon to look again: a router takes up a route in seconds, and a look costs it little."""

SEEN_IN_ROW: Final = 2
CONFIRM: Final = timedelta(seconds=0.5)

TURN: Final = timedelta(seconds=5)
SECRETS_AGAIN: Final = timedelta(minutes=5)
FIRST_LOOK: Final = timedelta(milliseconds=100)
LONGEST_POLL: Final = timedelta(minutes=1)
RARELY: Final = timedelta(hours=1)


def decide(seen: Observed) -> Action:
    """The one thing to do next. Total: every Observed has an answer."""
    challenge, order = seen.challenge, seen.order
    if challenge.metadata.deletion_timestamp or challenge.status.state in states.FINAL:
        return unwind(seen)
    if order is None or order.metadata.deletion_timestamp or strangeness(challenge, order):
        return Rest()
    return _with_its_order(seen, order) or _after_failure(seen) or _advance(seen)


def _with_its_order(seen: Observed, order: Order) -> Action | None:
    """What ends or holds up the Challenge whatever the CA says of it."""
    spec = seen.challenge.spec
    if order.status.state == states.VALID:
        return Rest()  # the Order deletes it
    if order.status.state in states.FAILED:
        return _settle(states.EXPIRED, sentences.order_failed(order.status.reason), "order")
    if seen.issuer is None or seen.issuer.spec.acme is None:
        reason = sentences.no_issuer(spec.issuer_ref, seen.challenge.metadata.namespace)
        return _wait(seen, None, reason, cause="issuer")
    if not seen.solver_is_the_issuers:
        return _wait(seen, None, sentences.other_solver(spec.issuer_ref), cause="solver")
    part = spec.solver.dns01 if spec.type == api.DNS01 else spec.solver.http01
    if part is None:
        return _wait(seen, None, sentences.no_part(spec.type), cause="solver")
    return None


def _after_failure(seen: Observed) -> Action | None:
    """What the last failure asks for; None where its wait is over."""
    trouble = seen.knowledge.trouble
    if trouble is None:
        return None
    match verdict(trouble.facts, trouble.at, attempts=trouble.attempts):
        case RetryAt(time):
            return _hold(seen, trouble, time) if seen.now < time else None
        case OnChange():
            # Looked at again since: something changed, and it costs no more than a try.
            return _hold(seen, trouble, None) if trouble.at >= seen.began else None
        case GiveUp(reason):
            return _give_up(seen, trouble, reason)
        case never:
            assert_never(never)


def _hold(seen: Observed, trouble: Trouble, until: datetime | None) -> Action:
    """Wait; a first failure that passes by itself is not worth a word."""
    telling = until is None or is_rate_limit(trouble.facts) or trouble.attempts > 1
    reason = seen.challenge.status.reason
    if telling:
        reason = sentences.held_up(trouble, _stamp(until) if until is not None else "")
    event = names.EVENT_PRESENT_ERROR if trouble.step == "present" else ""
    cause = trouble.facts.kind or trouble.step
    action = _wait(seen, until, reason, cause=cause, event=event)
    if isinstance(action, Wait) and trouble.facts.kind == CREDENTIALS:
        return Wait(action.until or seen.now + SECRETS_AGAIN, for_secrets=True)
    return action


def _give_up(seen: Observed, trouble: Trouble, reason: str) -> Action:
    kind = trouble.facts.kind
    if trouble.step == "read" and (trouble.facts.status == 404 or kind == "malformed"):
        return _settle(states.EXPIRED, sentences.lost(reason), "lost")
    if trouble.step == "answer":
        # The answer to an earlier try may have been lost: the authorization says how it stands.
        sighting = seen.knowledge.sighting
        if sighting is None or sighting.at <= trouble.at:
            return ReadAuthorization()
        if (decided := _decided(seen, sighting)) is not None:
            return decided
    return _settle(states.ERRORED, sentences.tried(trouble.step, reason), kind or trouble.step)


def _advance(seen: Observed) -> Action:
    """The life of a Challenge that nothing stands against."""
    known = seen.knowledge
    if known.sighting is not None and (decided := _decided(seen, known.sighting)) is not None:
        return decided
    if not seen.presented:
        if seen.slot_free:
            return Present()
        reason = sentences.queued() if seen.age >= PATIENCE else ""
        return _wait(seen, seen.now + TURN, reason, cause="queue")
    if not seen.recorded:
        return Record()
    if seen.standing:
        return _ask(seen)
    mended = seen.published_at + MENDED  # somebody took it away, or changed it
    return Present() if seen.now >= mended else _until(_ask(seen), mended)


def _ask(seen: Observed) -> Action:
    """What to do about an answer that is published: look for it, and have the CA look."""
    known = seen.knowledge
    if not known.knows_answered:
        return ReadAuthorization()
    if known.answered_at is not None:
        return _poll(seen, known.answered_at)
    return _see(seen)


def _until(action: Action, time: datetime) -> Action:
    """The same, but no wait beyond that time."""
    if not isinstance(action, Wait):
        return action
    until = time if action.until is None else min(action.until, time)
    return Wait(until, for_secrets=action.for_secrets)


def _decided(seen: Observed, sighting: Sighting) -> Action | None:
    """The end that the CA has come to; None while there is none."""
    spec, authorization = seen.challenge.spec, sighting.authorization
    own = next((one for one in authorization.challenges if one.url == spec.url), None)
    reason = sentences.refused(authorization, spec, seen.knowledge.checked)
    kind = own.error.kind if own is not None and own.error is not None else authorization.status
    match authorization.status:
        case "valid":
            return _settle(states.VALID, sentences.SUCCESS, "")
        case "expired":
            return _settle(states.EXPIRED, reason, kind)
        case "invalid" | "deactivated" | "revoked":
            return _settle(states.INVALID, reason, kind)
    if own is None:
        return _settle(states.ERRORED, sentences.NOT_OFFERED, "lost")
    if own.status == "invalid":
        return _settle(states.INVALID, reason, kind)
    return None


def _see(seen: Observed) -> Action:
    """Look for the answer, or wait as the solver says in place of that; then tell the CA."""
    told = seen.challenge.spec.solver.wait_instead_of_self_check
    if told is not None:
        return _wait_as_told(seen, told)
    checked = seen.knowledge.checked
    if checked is None or checked.at < seen.published_at:
        return Check()
    if checked.passed:
        return _confirm(seen, checked)
    unseen = checked.at - seen.presented_at
    if checked.unknown and unseen >= BLIND:
        return Answer()  # once: the CA decides
    if _is_worth_asking(seen, unseen):
        return ReadAuthorization()
    kind = seen.challenge.spec.type
    time = check_again_at(seen.presented_at, checked.at, share=SHARE[kind])
    if seen.now >= time:
        return Check()
    if unseen < QUIET:
        return Wait(time)
    reason = sentences.propagation(kind, checked.evidence)
    if checked.unknown:
        reason = sentences.cannot_tell(kind, checked.evidence, _stamp(seen.presented_at + BLIND))
    if seen.knowledge.publications > FIGHT:
        reason = f"{sentences.taken_away(seen.challenge.spec)} {reason}"
    return _wait(seen, time, reason, cause="propagation")


def _confirm(seen: Observed, checked: Checked) -> Action:
    """A router has many replicas, and they do not learn of a route at the same time: what one of
    them answers is looked for once more."""
    if seen.challenge.spec.type == api.DNS01 or checked.in_row >= SEEN_IN_ROW:
        return Answer()
    again = checked.at + CONFIRM
    return Check() if seen.now >= again else Wait(again)


def _wait_as_told(seen: Observed, told: str) -> Action:
    spec = seen.challenge.spec
    try:
        time = seen.presented_at + parse_duration(told)
    except (ValueError, OverflowError) as error:
        reason = f"waitInsteadOfSelfCheck of the solver is not a duration: {error}."
        return _wait(seen, None, reason, cause="solver")
    if seen.now >= time and seen.obstacle:
        return _wait(seen, seen.now + TURN, seen.obstacle, cause="backend")
    if seen.now >= time:
        return Answer()
    return _wait(seen, time, sentences.waiting_as_told(spec.type, _stamp(time)), cause="told")


def _is_worth_asking(seen: Observed, unseen: timedelta) -> bool:
    """Whether to ask the CA though nothing is seen; the longer that lasts, the rarer.

    Another order with the same authorization may have proved it, or its time may be over.
    """
    if unseen < BETWEEN_WORDS:
        return False
    sighting = seen.knowledge.sighting
    return sighting is None or seen.now - sighting.at >= min(max(unseen / 4, PATIENCE), RARELY)


def _poll(seen: Observed, answered_at: datetime) -> Action:
    sighting = seen.knowledge.sighting
    if sighting is None or sighting.at < answered_at:
        time, age = answered_at + FIRST_LOOK, timedelta()
    else:
        age = sighting.at - answered_at
        time = poll_at(sighting.authorization, sighting.at, sighting.polls)
        if sighting.authorization.retry_at is None:
            time = max(time, sighting.at + min(age / 4, LONGEST_POLL))
    if seen.now >= time:
        return ReadAuthorization()
    if age < PATIENCE:
        return Wait(time)
    return _wait(seen, time, sentences.undecided(), cause="ca")


def _settle(state: str, reason: str, cause: str) -> Settle:
    return Settle(state=state, reason=bounded(reason), cause=cause)


def _wait(
    seen: Observed, until: datetime | None, reason: str, *, cause: str, event: str = ""
) -> Action:
    """Wait, after writing why where the Challenge does not say so already, and not too often."""
    reason, last = bounded(reason), seen.knowledge.explained_at
    if reason == seen.challenge.status.reason:
        return Wait(until)
    if last is not None and seen.now - last < BETWEEN_WORDS:
        again = last + BETWEEN_WORDS
        return Wait(again if until is None else min(again, until))
    return Explain(reason=reason, cause=cause, until=until, event=event)


def _stamp(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
