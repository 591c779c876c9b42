"""What people read on an issuer: in its Ready condition and in its events. Pure.

Reasons and beginnings are cert-manager's, for alerts and scripts know them; what follows says what
happens next.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from controller.issuers.observed import Fault, Trouble
from controller.verdict import is_rate_limit

REGISTERED: Final = "ACMEAccountRegistered"
REGISTER_FAILED: Final = "ErrRegisterACMEAccount"
VERIFY_FAILED: Final = "ErrVerifyACMEAccount"
UPDATE_FAILED: Final = "ErrUpdateACMEAccount"
INIT_FAILED: Final = "ErrInitIssuer"
INVALID_CONFIG: Final = "InvalidConfig"
INVALID_SOLVER: Final = "InvalidSolver"
UNSUPPORTED_TYPE: Final = "UnsupportedIssuerType"
TYPE_MISSING: Final = "IssuerTypeMissing"

EVENT_REASONS: Final = frozenset({REGISTER_FAILED, UPDATE_FAILED})
"""Reasons that cert-manager gives events of their own; every other one is an INIT_FAILED."""

REGISTERED_TEXT: Final = "The ACME account was registered with the ACME server"

_BEGINNINGS: Final = {
    REGISTER_FAILED: "Failed to register ACME account",
    UPDATE_FAILED: "Failed to update ACME account",
    VERIFY_FAILED: "Failed to verify ACME account",
}
_PATIENCE: Final = re.compile(r"; the CA is asked again at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$")


def unsupported(kind: str, shown_type: str) -> str:
    """Of an issuer that is not an ACME one."""
    return (
        f'kubectl-order issues through ACME only; this {kind} is of type "{shown_type}", and '
        "requests that name it wait"
    )


def no_type(kind: str) -> str:
    """Of an issuer that is of no type at all."""
    return f"this {kind} has no type: spec.acme is missing"


def old_server(server: str) -> str:
    """Of a server that Let's Encrypt has turned off; empty for every other one."""
    match = re.fullmatch(
        r"https://acme-(v01|staging)\.api\.letsencrypt\.org(/.*)?", server.strip(), re.IGNORECASE
    )
    if match is None:
        return ""
    new = "acme-v02" if match[1].lower() == "v01" else "acme-staging-v02"
    return (
        f"Your ACME server URL is set to a v1 endpoint ({server}). You should update the "
        f'spec.acme.server field to "https://{new}.api.letsencrypt.org/directory"'
    )


def no_key_name() -> str:
    """Of an issuer that does not say where its account key is."""
    return "spec.acme.privateKeySecretRef.name is empty: it names the Secret of the account key"


def key_missing(secret: str, namespace: str) -> str:
    """Of an account key that may not be made."""
    return (
        "Failed to verify ACME account: the ACME issuer config has 'disableAccountKeyGeneration' "
        f'set to true, but the secret was not found: there is no Secret "{secret}" in namespace '
        f'"{namespace}"; it is used as soon as it appears'
    )


def key_invalid(fault: Fault) -> str:
    """Of a Secret without an account key that can be used."""
    return f"Account private key is invalid: {fault.why}; it is read again when the Secret changes"


def invalid_solver(faults: Sequence[Fault]) -> str:
    """Of solvers whose credentials are not there."""
    each = "; ".join(fault.why for fault in faults)
    return f"{each}; the issuer becomes ready on its own once this is there"


def secret_missing(secret: str, namespace: str) -> str:
    """Of a Secret that is not there."""
    return f'failed to get secret "{secret}": there is none in namespace "{namespace}"'


def secret_refused(secret: str, namespace: str) -> str:
    """Of a Secret that the controller has no right to read."""
    return (
        f'failed to get secret "{secret}": the controller may not read it in namespace '
        f'"{namespace}" (RBAC)'
    )


def entry_missing(secret: str, entry: str) -> str:
    """Of a Secret without the entry that is meant."""
    return f'the secret "{secret}" does not have key "{entry}"'


def entry_unnamed(secret: str) -> str:
    """Of a reference to a Secret that does not say which entry."""
    return f'the reference to secret "{secret}" does not say which key of it is meant'


def binding_wrong(fault: Fault) -> str:
    """Of an external account binding that cannot be used, in a sentence about registering."""
    return f"external account binding: {fault.why}"


def account_ended(url: str, status: str) -> str:
    """Of an account that the CA has closed."""
    return (
        f"the CA says that the account {url} is {status}; another account needs another key: name "
        "another Secret in spec.acme.privateKeySecretRef, or delete this one"
    )


def failed(trouble: Trouble, due: datetime | None) -> str:
    """Of something that failed, with what happens next."""
    beginning = _BEGINNINGS.get(trouble.reason, _BEGINNINGS[REGISTER_FAILED])
    return f"{beginning}: {trouble.facts.message}; {_next(trouble, due)}"


def patience_until(message: str) -> datetime | None:
    """Until when, by that message, the CA is to be left alone; None where it does not say."""
    found = _PATIENCE.search(message)
    if found is None:
        return None
    return datetime.strptime(found[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _next(trouble: Trouble, due: datetime | None) -> str:
    if due is None:
        return "it is tried again when the issuer or a Secret that it names changes"
    if is_rate_limit(trouble.facts):
        return f"the CA is asked again at {due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if (due - trouble.at).total_seconds() > 60:
        return "it is tried again from time to time, and at once when the issuer is changed"
    return "it is tried again on its own"
