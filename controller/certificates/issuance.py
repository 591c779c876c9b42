"""The next step of an issuance under way: key, request, certificate, Secret, in this order. Pure.

An attempt is known by the name of its key's Secret, which its request carries. A request with
another one is of an earlier attempt and makes room, as does one for a spec that has changed since.
"""

from typing import Final, assert_never

from controller.certificates import patience, pending, status
from controller.certificates.actions import (
    Action,
    Issue,
    IssueTemporary,
    KeySource,
    NewKey,
    Prepare,
    RemoveKey,
    RemoveRequests,
    ReusedKey,
    StoredKey,
    Told,
    Write,
)
from controller.certificates.observed import (
    Absent,
    Made,
    NoPassword,
    Observed,
    wants_temporary,
)
from controller.certificates.planning import history, request_for
from controller.certificates.resting import settle
from controller.certificates.triggers import key_mismatch, listed
from controller.runtime.schedule import At
from controller.secretnote import TLS_KEY, SecretNote
from orderapi import defaults, names
from orderapi.attempts import recent

KEYSTORE_PASSWORD_NOT_FOUND: Final = "KeystorePasswordSecretNotFound"  # noqa: S105 (an event reason)


def arrived(seen: Observed) -> Made | None:
    """The request whose certificate is in the Secret already: all that is left is to say so."""
    target = seen.target
    if not isinstance(target, SecretNote) or target.leaf is None or not target.key_matches:
        return None
    return next(
        (
            made
            for made in seen.coming
            if made.leaf == target.leaf and pending.is_issued(made.request)
        ),
        None,
    )


def next_step(seen: Observed) -> Action:
    """What to do next for an issuance that no obstacle keeps back."""
    action, refused = _next_step(seen), seen.refused
    if refused is None or not isinstance(action, Prepare | Issue | IssueTemporary):
        return action
    event = Told("Warning", refused.reason, refused.sentence)
    told = status.waiting(seen, refused.sentence)
    return settle(seen, told, again=At(refused.until), events=(event,))


def _next_step(seen: Observed) -> Action:
    name = seen.certificate.status.next_private_key_secret_name
    if not name:
        return _wait_for_budget(seen) or Write(status.taken_up(seen))
    key = next((each for each in seen.next_keys if each.metadata.name == name), None)
    for other in seen.next_keys:
        if other is not key:
            return RemoveKey(other)
    unusable = _unusable(seen, key) if key is not None else None
    if unusable is not None:
        return unusable
    fresh = [made for made in seen.coming if _is_of_this_attempt(made, key, name)]
    if key is None or not fresh:
        return _wait_for_budget(seen) or _forgetful(seen, key) or _prepare(seen, key, name)
    rest = tuple(made.request for made in seen.coming if made is not fresh[0])
    if rest:
        return RemoveRequests(rest)
    return _by_outcome(seen, fresh[0], key)


def _by_outcome(seen: Observed, made: Made, key: SecretNote) -> Action:
    match pending.outcome(made, seen.now):
        case pending.Failed(why):
            event = Told("Warning", why.reason, patience.FAILED + why.message)
            return Write(status.failed(seen, why), (event,))
        case pending.Issued():
            if isinstance(seen.passwords, NoPassword):
                return _wait_for_password(seen, seen.passwords)
            return Issue(made=made, key=key)
        case pending.Pending(what):
            if wants_temporary(seen.certificate) and _has_no_pair(seen):
                return IssueTemporary(key)
            return settle(seen, status.waiting(seen, what))
        case other:
            assert_never(other)


def _prepare(seen: Observed, key: SecretNote | None, name: str) -> Prepare:
    source, events = _key_source(seen, key)
    return Prepare(
        key=source,
        key_name=name,
        history=history(seen),
        clear=(*(made.request for made in seen.coming), *seen.strays),
        request=request_for(seen, key_name=name),
        events=events,
    )


def _key_source(seen: Observed, key: SecretNote | None) -> tuple[KeySource, tuple[Told, ...]]:
    if key is not None:
        return StoredKey(key), ()
    keeps = defaults.rotation_policy(seen.certificate.spec.private_key) == "Never"
    target = seen.target
    if not keeps or not isinstance(target, SecretNote) or TLS_KEY not in target.entries:
        return NewKey(), ()
    if target.key_kind is not None:
        return ReusedKey(), ()
    undecodable = (
        f'Failed to decode private key stored in Secret "{target.metadata.name}" - generating new '
        f"key"
    )
    return NewKey(), (Told("Warning", names.EVENT_DECODE_FAILED, undecodable),)


def _unusable(seen: Observed, key: SecretNote) -> RemoveKey | None:
    """The stored key cannot be read, or is not what the spec asks for by now."""
    if key.key_kind is None:
        return RemoveKey(key)
    fields = key_mismatch(seen, key)
    if not fields:
        return None
    note = f"Regenerating private key due to change in fields: {listed(fields)}"
    return RemoveKey(key, (Told("Normal", names.EVENT_DELETED, note),))


def _forgetful(seen: Observed, key: SecretNote | None) -> RemoveKey | None:
    """The stored key does not tell of all attempts, and the requests that do are to go now."""
    if key is None or not seen.coming:
        return None
    told = recent([key.metadata.annotations], seen.now)
    return None if set(seen.attempts) <= set(told) else RemoveKey(key)


def _is_of_this_attempt(made: Made, key: SecretNote | None, key_name: str) -> bool:
    marked = made.request.metadata.annotations.get(names.PRIVATE_KEY_SECRET_NAME) == key_name
    same_key = key is not None and made.key_digest == key.key_digest
    return marked and same_key and not made.mismatch


def _has_no_pair(seen: Observed) -> bool:
    target = seen.target
    return isinstance(target, Absent) or (isinstance(target, SecretNote) and not target.key_matches)


def _wait_for_budget(seen: Observed) -> Action | None:
    wait = patience.for_budget(seen)
    if wait is None:
        return None
    return settle(seen, status.waiting(seen, wait.sentence), again=At(wait.until))


def _wait_for_password(seen: Observed, missing: NoPassword) -> Action:
    return settle(
        seen,
        status.waiting(seen, missing.sentence),
        secret=missing.secret,
        events=(Told("Warning", KEYSTORE_PASSWORD_NOT_FOUND, missing.sentence),),
    )
