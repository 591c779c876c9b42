"""The questions to a CA about an account: is there one, make one, change its contact.

Each is harmless when asked twice: newAccount finds the account that its key has (RFC 8555 7.3).
"""

from dataclasses import dataclass
from typing import Final

from controller.accounts import UNKNOWN_ACCOUNT
from controller.acme import Account, AcmeError, Client, Problem
from controller.issuers import sentences
from controller.issuers.observed import Binding, Fault
from controller.verdict import FailureFacts, facts_of
from orderapi.issuer import AnyIssuer

ENDED: Final = frozenset({"deactivated", "revoked"})


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """The CA did not confirm the account, or was not asked to; `reason` is the condition's."""

    reason: str
    facts: FailureFacts


async def enroll(client: Client, issuer: AnyIssuer, binding: Binding) -> NotEnrolled | None:
    """Bring the key's account into being; None when it is there, with the contact of the spec."""
    contact = contacts(email(issuer))
    try:
        account = await _account(client, contact, binding)
    except AcmeError as error:
        return NotEnrolled(sentences.REGISTER_FAILED, facts_of(error))
    if isinstance(account, Fault):
        text = sentences.binding_wrong(account)
        return NotEnrolled(sentences.REGISTER_FAILED, FailureFacts(message=text, lasting=True))
    if account.status in ENDED:
        text = sentences.account_ended(account.url, account.status)
        return NotEnrolled(sentences.REGISTER_FAILED, FailureFacts(message=text, status=403))
    if _told(account, issuer, contact) == contact:
        return None
    try:
        await client.update_contact(contact)
    except AcmeError as error:
        return NotEnrolled(sentences.UPDATE_FAILED, facts_of(error))
    return None


def email(issuer: AnyIssuer) -> str:
    """The address that the spec wants the CA to have; empty for none."""
    acme = issuer.spec.acme
    return (acme.email or "") if acme is not None else ""


def contacts(address: str) -> tuple[str, ...]:
    """The contact of an account with that e-mail address (RFC 8555 7.1.2)."""
    return (f"mailto:{address.lower()}",) if address else ()


async def _account(client: Client, contact: tuple[str, ...], binding: Binding) -> Account | Fault:
    """The account; the fault of the binding where that is needed and cannot be used."""
    if binding is None:
        return await client.register(contact)
    # An account that is there needs no binding, and the CA's key for one may be spent or expired.
    found = await _existing(client)
    if found is not None:
        return found
    if isinstance(binding, Fault):
        return binding
    return await client.register(contact, eab=binding)


async def _existing(client: Client) -> Account | None:
    try:
        return await client.register((), only_existing=True)
    except Problem as problem:
        if problem.kind != UNKNOWN_ACCOUNT:
            raise
        return None


def _told(account: Account, issuer: AnyIssuer, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The contact that the CA has. Not every CA shows it: what it was told counts first."""
    if account.created:
        return wanted
    status = issuer.status.acme
    if status.uri == account.url:
        return contacts(status.last_registered_email or "")
    return tuple(each.lower() for each in account.contact)
