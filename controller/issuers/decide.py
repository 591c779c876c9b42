"""What to do next about an issuer: pure and total.

stands as registered           nothing, and nothing is read for it
not an ACME issuer             say so
a Secret is missing or wrong   say which, wait for it; only a missing account key is made
the CA has refused or is away  say why, ask again when it is time
otherwise                      ask the CA, then record the account
"""

from datetime import datetime
from typing import TypeAlias

import msgspec

from controller.acme import AccountKey
from controller.issuers import sentences
from controller.issuers.observed import (
    Binding,
    Enrolled,
    Fault,
    Inputs,
    KeyMissing,
    Observed,
    Secrets,
)
from controller.issuers.standing import account_of, current, left_alone, other_type, ready
from controller.issuers.timing import due
from orderapi import names
from orderapi.conditions import FALSE, TRUE, Condition, with_condition
from orderapi.defaults import account_key_name
from orderapi.issuer import AcmeIssuer, ClusterIssuer, IssuerStatus


class Rest(msgspec.Struct, frozen=True):
    """Nothing, until something changes."""


class Wait(msgspec.Struct, frozen=True):
    """Nothing until then (None: until something changes), or until one of these Secrets changes."""

    until: datetime | None = None
    secrets: tuple[str, ...] = ()


class Write(msgspec.Struct, frozen=True):
    """Write this status, then wait; tell about it by this warning, where there is one."""

    status: IssuerStatus
    then: Wait = Wait()
    reason: str = ""
    note: str = ""


class MakeKey(msgspec.Struct, frozen=True):
    """Make an account key in the Secret of this name, under this entry."""

    secret: str
    entry: str
    inputs: Inputs


class Enroll(msgspec.Struct, frozen=True):
    """Find the key's account at the CA, or register it, and bring its contact up to date."""

    key: AccountKey
    binding: Binding
    inputs: Inputs


Action: TypeAlias = Rest | Wait | Write | MakeKey | Enroll


def decide(seen: Observed) -> Action:
    """The next step."""
    issuer, acme = seen.issuer, seen.issuer.spec.acme
    if issuer.metadata.deletion_timestamp is not None:
        return Rest()
    kind = "ClusterIssuer" if isinstance(issuer, ClusterIssuer) else "Issuer"
    if acme is None:
        other = other_type(issuer)
        if other:
            return _say(seen, sentences.UNSUPPORTED_TYPE, sentences.unsupported(kind, other))
        return _say(seen, sentences.TYPE_MISSING, sentences.no_type(kind))
    if left_alone(issuer, doubted=seen.doubted, enrolled=seen.enrolled):
        return Rest()
    if not acme.private_key_secret_ref.name:
        return _say(seen, sentences.INVALID_CONFIG, sentences.no_key_name())
    if text := sentences.old_server(acme.server):
        return _say(seen, sentences.INVALID_CONFIG, text)
    if seen.secrets is None:
        return Rest()
    return _with_secrets(seen, acme, seen.secrets)


def _with_secrets(seen: Observed, acme: AcmeIssuer, secrets: Secrets) -> Action:
    name, entry = acme.private_key_secret_ref.name, account_key_name(acme)
    match secrets.key:
        case KeyMissing() if acme.disable_account_key_generation:
            text = sentences.key_missing(name, seen.namespace)
            return _say(seen, sentences.VERIFY_FAILED, text, secrets=(name,))
        case KeyMissing():
            inputs = Inputs(generation=seen.issuer.metadata.generation, key="")
            return _unless_in_trouble(seen, inputs, (name,)) or MakeKey(name, entry, inputs)
        case Fault() as fault:
            text = sentences.key_invalid(fault)
            return _say(seen, sentences.VERIFY_FAILED, text, secrets=(name,))
        case key:
            return _with_key(seen, acme, secrets, key)


def _with_key(seen: Observed, acme: AcmeIssuer, secrets: Secrets, key: AccountKey) -> Action:
    if secrets.solvers:
        text = sentences.invalid_solver(secrets.solvers)
        waited = tuple(dict.fromkeys(fault.secret for fault in secrets.solvers))
        return _say(seen, sentences.INVALID_SOLVER, text, secrets=waited)
    generation = seen.issuer.metadata.generation
    inputs = Inputs(generation=generation, key=key.digest(), binding=secrets.binding)
    if seen.enrolled is not None and seen.enrolled.inputs == inputs and not seen.doubted:
        return _record(seen, seen.enrolled)
    eab = acme.external_account_binding
    waited = (acme.private_key_secret_ref.name,)
    if eab is not None:
        waited += (eab.key_secret_ref.name,)
    return _unless_in_trouble(seen, inputs, waited) or Enroll(key, secrets.binding, inputs)


def _unless_in_trouble(
    seen: Observed, inputs: Inputs, secrets: tuple[str, ...]
) -> Wait | Write | None:
    """What to do while it is not yet time to try again; None when it is."""
    trouble = seen.trouble
    if trouble is None:
        until = _patience(seen)
        return Wait(until, secrets) if until is not None else None
    if trouble.inputs != inputs:
        return None
    until = due(trouble)
    if until is not None and until <= seen.now:
        return None
    text = sentences.failed(trouble, until)
    return _say(seen, trouble.reason, text, until=until, secrets=secrets)


def _patience(seen: Observed) -> datetime | None:
    """When the CA may be asked again, by what was written before this process began."""
    condition = current(seen.issuer)
    if condition is None or condition.status == TRUE:
        return None
    until = sentences.patience_until(condition.message)
    return until if until is not None and until > seen.now else None


def _say(
    seen: Observed,
    reason: str,
    message: str,
    *,
    until: datetime | None = None,
    secrets: tuple[str, ...] = (),
) -> Wait | Write:
    """Have it written that the issuer is not ready, and why; once it is, wait."""
    wait = Wait(until, secrets)
    status = _with_ready(seen, seen.issuer.status, FALSE, reason, message)
    if status == seen.issuer.status:
        return wait
    before = ready(seen.issuer)
    if before is not None and (before.reason, before.message) == (reason, message):
        return Write(status, wait)
    if reason in sentences.EVENT_REASONS:
        return Write(status, wait, reason, message)
    return Write(status, wait, sentences.INIT_FAILED, f"Error initializing issuer: {message}")


def _record(seen: Observed, enrolled: Enrolled) -> Wait | Write:
    status = msgspec.structs.replace(seen.issuer.status, acme=account_of(enrolled))
    status = _with_ready(seen, status, TRUE, sentences.REGISTERED, sentences.REGISTERED_TEXT)
    return Wait() if status == seen.issuer.status else Write(status)


def _with_ready(
    seen: Observed, status: IssuerStatus, value: str, reason: str, message: str
) -> IssuerStatus:
    condition = Condition(
        type=names.READY,
        status=value,
        reason=reason,
        message=message,
        observed_generation=seen.issuer.metadata.generation,
    )
    conditions = with_condition(status.conditions, condition, seen.now)
    return msgspec.structs.replace(status, conditions=conditions)
