"""What keeps a Certificate from being issued until a person changes something. Pure.

Each obstacle is told by Ready, costs no call to the CA, and goes away when its cause does.
"""

from dataclasses import dataclass
from typing import Final

from controller.certificates import adoption
from controller.certificates.actions import Told
from controller.certificates.observed import Observed
from controller.certificates.rivals import owner_of_secret, why_not
from controller.certificates.triggers import Violation, key_mismatch, listed
from controller.pki.faults import InvalidSpec
from controller.secretnote import SecretNote
from orderapi import defaults, names

INVALID_SPEC: Final = "InvalidSpec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why nothing can be issued, the event for it, and the Secret whose change may end it."""

    why: Violation
    event: Told
    secret: str = ""


def duplicate(seen: Observed) -> Obstacle | None:
    """Another Certificate has the right to the Secret."""
    owner = owner_of_secret(seen.certificate, seen.rivals, seen.issued_for)
    if owner.metadata.name == seen.certificate.metadata.name:
        return None
    sentence = why_not(seen.certificate, owner, seen.issued_for)
    return _obstacle("DuplicateSecretName", sentence)


def obstacle(seen: Observed) -> Obstacle | None:
    """The first thing that keeps an issuance from being made."""
    if seen.faults:
        told = str(InvalidSpec(seen.faults))
        event = Told(
            "Warning",
            names.EVENT_REQUEST_FAILED,
            f"Failed to generate CSR: {told} - will not retry",
        )
        return Obstacle(why=Violation(INVALID_SPEC, _invalid(told)), event=event)
    refusal = adoption.refusal(seen)
    if refusal:
        return _obstacle("SecretNotAdopted", refusal, secret=seen.certificate.spec.secret_name)
    return _kept_key(seen)


def ahead(seen: Observed) -> Violation | None:
    """What keeps the next certificate from being issued, though none is due yet."""
    if not seen.faults:
        return None
    return Violation(
        INVALID_SPEC,
        f"The certificate in the Secret stays in use, but no other can be requested: "
        f"{InvalidSpec(seen.faults)}. Change the spec before it is to be renewed.",
    )


def _kept_key(seen: Observed) -> Obstacle | None:
    """The key is to be kept, and cannot be."""
    spec, target = seen.certificate.spec, seen.target
    if defaults.rotation_policy(spec.private_key) != "Never" or _has_next_key(seen):
        return None
    fields = key_mismatch(seen, target) if isinstance(target, SecretNote) else ()
    if not fields:
        return None
    return _obstacle(
        names.EVENT_CANNOT_REGENERATE_KEY,
        f'User intervention required: existing private key in Secret "{spec.secret_name}" does not '
        f"match requirements on Certificate resource, mismatching fields: {listed(fields)}. It is "
        f"kept because spec.privateKey.rotationPolicy is Never: set that to Always, or delete the "
        f"Secret, and a new key is made.",
        secret=spec.secret_name,
    )


def _has_next_key(seen: Observed) -> bool:
    name = seen.certificate.status.next_private_key_secret_name
    return any(secret.metadata.name == name for secret in seen.next_keys)


def _invalid(faults: str) -> str:
    return (
        f"No request can be made of this spec: {faults}. Change the spec; nothing is tried before."
    )


def _obstacle(reason: str, sentence: str, *, secret: str = "") -> Obstacle:
    why = Violation(reason, sentence)
    return Obstacle(why=why, event=Told("Warning", reason, sentence), secret=secret)
