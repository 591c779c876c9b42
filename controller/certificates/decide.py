"""What to do next about a Certificate: the whole life of one, as one pure and total function.

The guards come first, in the order of safety: what is being deleted is left alone; a Secret belongs
to one Certificate; a certificate that is in the Secret already is not asked for again; what cannot
succeed is not begun. The spec is never written.
"""

from dataclasses import replace

from controller.certificates import issuance, obstacles, patience, status
from controller.certificates.actions import (
    Action,
    RemoveKey,
    RemoveRequests,
    Repair,
    Rest,
    Told,
    Write,
)
from controller.certificates.adoption import refusal
from controller.certificates.issuance import KEYSTORE_PASSWORD_NOT_FOUND
from controller.certificates.observed import (
    Absent,
    Made,
    NoPassword,
    Observed,
    Unread,
    spec_changed,
)
from controller.certificates.resting import settle
from controller.certificates.secret import drift, wanted_stores
from controller.certificates.triggers import Violation, due, renewal_of
from controller.runtime.schedule import Again, At, OnChange, soonest
from controller.secretnote import SecretNote
from orderapi import defaults, names
from orderapi.certificaterequest import CertificateRequest


def decide(seen: Observed) -> Action:
    """The next action: the same for the same facts, and one that changes nothing if all is well."""
    if seen.certificate.metadata.deletion_timestamp is not None:
        return Rest(OnChange())
    rival = obstacles.duplicate(seen)
    if rival is not None:
        return _held(seen, rival)
    made = issuance.arrived(seen)
    if made is not None:
        return _finish(seen, made)
    if not seen.issuing:
        return _keep(seen)
    obstacle = obstacles.obstacle(seen)
    if obstacle is not None:
        return _held(seen, obstacle)
    return issuance.next_step(seen)


def _finish(seen: Observed, made: Made) -> Action:
    for key in seen.next_keys:
        if key.metadata.labels.get(names.WATCHED_SECRET) != "true":
            return RemoveKey(key)  # it is known by the name in status alone, which goes now
    done = Told("Normal", names.EVENT_ISSUING, "The certificate has been successfully issued")
    return Write(status.finished(seen, made), (done,))


def _held(seen: Observed, obstacle: obstacles.Obstacle) -> Action:
    new = status.held(seen, obstacle.why)
    action = settle(seen, new, secret=obstacle.secret, events=(obstacle.event,))
    if isinstance(action, Rest) and seen.next_keys:
        return RemoveKey(seen.next_keys[0])
    return action


def _keep(seen: Observed) -> Action:
    """Nothing is being issued: start if it is due, else keep Secret and status in order."""
    target = seen.target
    if isinstance(target, Unread):
        # Whoever observes reads the Secret whenever this can be reached.
        return Rest(OnChange())
    if seen.next_keys:
        return RemoveKey(seen.next_keys[0])
    why = due(seen, target)
    if why is not None:
        return _start(seen, target, why)
    if isinstance(target, Absent):
        return Rest(OnChange())
    return _repair(seen, target) or _rest(seen, target)


def _start(seen: Observed, target: SecretNote | Absent, why: Violation) -> Action:
    obstacle = obstacles.obstacle(seen)
    if obstacle is not None:
        return _held(seen, obstacle)
    wait = patience.longest(seen)
    if wait is not None:
        told = status.settled(seen, outlook=wait.sentence)
        return settle(seen, told, again=At(wait.until))
    events = [Told("Normal", names.EVENT_ISSUING, why.message)]
    fault = renewal_of(seen, target).fault if why.reason == "Renewing" else ""
    if fault:
        note = f"Renewing certificate without satisfying renewal windows due to {fault}"
        events.insert(0, Told("Warning", "WindowError", note))
    return Write(status.started(seen, why), tuple(events))


def _rest(seen: Observed, target: SecretNote, *, secret: str = "") -> Action:
    renewal = renewal_of(seen, target).time
    again: Again = At(renewal) if renewal is not None else OnChange()
    if seen.repair_free_at is not None:
        again = soonest(again, At(seen.repair_free_at))
    new = status.settled(seen, outlook=_outlook(seen))
    action = settle(seen, new, again=again, secret=secret)
    if isinstance(action, Write):
        return replace(action, events=_ahead(seen))
    surplus = _surplus(seen)
    return RemoveRequests(surplus) if surplus else action


def _repair(seen: Observed, target: SecretNote) -> Action | None:
    """Write the Secret again where it lacks something, or the spec has changed: what it should not
    have any more goes with that write, as server-side apply does it."""
    certificate = seen.certificate
    changed = spec_changed(certificate)
    why = drift(certificate, target, owned=seen.wishes.owner_ref) or ("spec" if changed else "")
    fought = not changed and seen.repair_free_at is not None
    if not why or fought or refusal(seen):
        return None
    stores = wanted_stores(certificate.spec, target)
    anew = bool(stores) and (changed or not set(stores) <= set(target.entries))
    if anew and isinstance(seen.passwords, NoPassword):
        event = Told("Warning", KEYSTORE_PASSWORD_NOT_FOUND, seen.passwords.sentence)
        action = _rest(seen, target, secret=seen.passwords.secret)
        return replace(action, events=(event,)) if isinstance(action, Rest) else action
    new = status.settled(seen, outlook=_outlook(seen))
    events = _ahead(seen)
    return Repair(
        target=target, status=new, stores=anew, drifted=not changed, why=why, events=events
    )


def _outlook(seen: Observed) -> str:
    never = defaults.renewal_policy(seen.certificate.spec) == "Disabled"
    return "It is not renewed by itself, as spec.renewal.policy is Disabled." if never else ""


def _ahead(seen: Observed) -> tuple[Told, ...]:
    """Said with the one write that a change of the spec costs, and so once."""
    fault = obstacles.ahead(seen)
    return (Told("Warning", fault.reason, fault.message),) if fault is not None else ()


def _surplus(seen: Observed) -> tuple[CertificateRequest, ...]:
    """Requests of older revisions beyond the history that is kept, the oldest first."""
    kept = defaults.revision_history_limit(seen.certificate.spec) - (seen.current is not None)
    return seen.past[: max(len(seen.past) - kept, 0)]
