"""Attempts that do not get as far as their request, and the last one where it failed. Pure.

WAITS      told by the condition Issuing while it is True
REFUSED    the same, where nobody knows better what was refused
FAILURES   told by what it kept of a failure, where nothing deeper in the chain says why any more
"""

import re
from typing import Final

from kubectl_order.explain import orders, requests
from kubectl_order.explain.about import (
    FAILED_BEGINNING,
    Said,
    is_issuing,
    ref,
    refused,
    said,
    secret_command,
)
from kubectl_order.explain.words import (
    clause,
    counted,
    dated_after,
    quoted,
    sentence,
    time_at,
    within,
)
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Standing, kubectl, plugin
from orderapi.certificate import Certificate
from orderapi.names import ISSUING

_WAITING: Final = ". Waiting: "
_OF_REQUEST: Final = re.compile(r'CertificateRequest "[^"]{1,253}" says: ')
_BUDGET: Final = re.compile(r"(\d{1,6}) requests were made within an hour")
_PASSWORD: Final = re.compile(
    r'\b(?P<kind>\w+) keystore password Secret "(?P<secret>[^"]{1,253})" (?P<why>.+)'
)
_CANNOT: Final = (
    "Failed to generate CSR:",
    "Failed to create CertificateRequest:",
    "Failed to create the Secret",
    "Failed to make a temporary certificate:",
    "The Secret could not be written",
    "The name of CertificateRequest",
    "CertificateRequest ",
)


def budget_spent(chain: Chain) -> Finding | None:
    """A new attempt is wanted, and there were as many as a CA should get."""
    told = _over_budget(chain)
    found = _BUDGET.search(told.text) if told is not None else None
    certificate = chain.certificate
    if told is None or found is None or certificate is None:
        return None
    at, end = ref(certificate), time_at(told.text[found.start() :])
    if end is not None and end <= chain.now:
        return None
    until = f" until {dated_after(end)}" if end is not None else ""
    failed = next((one for rule in _LAST if (one := rule(chain)) is not None), None)
    if failed is None or failed.standing is not Standing.FAILED:
        failed = None
    return Finding(
        cause="budget-spent",
        on=at,
        headline=(
            f'Certificate "{at.name}" had {found[1]} requests within an hour, as many as a CA '
            f"should get: it waits{until}"
            f"{f'. The last one failed: {clause(within(failed.headline))}' if failed else ''}"
        ),
        evidence=failed.evidence if failed else _last_failure(chain),
        since=told.since,
        until=end,
        who=failed.who if failed else Actor.NOBODY,
        fix=f"{failed.fix} Nothing is tried before that time."
        if failed
        else "Wait; meanwhile mend what made the earlier attempts fail.",
        command=plugin("history", at),
        standing=Standing.WAITING,
    )


def keystore_password(chain: Chain) -> Finding | None:
    """The Secret with the password of a key store is not there, or has no such entry."""
    told = _kept_waiting(chain)
    found = _PASSWORD.search(told.text) if told is not None else None
    certificate = chain.certificate
    if told is None or found is None or certificate is None:
        return None
    at, name = ref(certificate), quoted(found["secret"])
    missing = "not found" in found["why"]
    entry = _password_entry(certificate, found["kind"])
    return Finding(
        cause="keystore-password-missing",
        on=at,
        headline=(
            f'Certificate "{at.name}" cannot be put into its Secret: Secret {name} with the '
            f"password of its {found['kind']} key store "
            f"{'does not exist' if missing else clause(found['why'])}"
        ),
        evidence=(sentence(told.text),),
        since=told.since,
        who=Actor.YOU,
        fix=f"Create Secret {name} with the password in entry {quoted(entry)}; the issuance goes "
        f"on by itself.",
        command=secret_command(chain, found["secret"]),
        standing=Standing.WAITING,
    )


def not_written(chain: Chain) -> Finding | None:
    """A request or a Secret cannot be made as the spec asks."""
    told = _kept_waiting(chain)
    if told is None or not told.text.startswith(_CANNOT):
        return None
    at = told.on
    return Finding(
        cause="certificate-refused",
        on=at,
        headline=f'Certificate "{at.name}" does not go on: {clause(told.text)}',
        evidence=(sentence(told.text),),
        since=told.since,
        who=Actor.YOU,
        fix="Change what it names; it is tried again each minute.",
        command=kubectl("describe", at),
        standing=Standing.WAITING,
    )


def backing_off(chain: Chain) -> Finding | None:
    """The last attempt failed, by the Certificate's own word."""
    certificate = chain.certificate
    if certificate is None or is_issuing(certificate):
        return None
    issuing, diagnosis = said(certificate, ISSUING), certificate.status.diagnosis
    failed_at = certificate.status.last_failure_time
    if issuing is None or failed_at is None:
        return None
    at, attempts = ref(certificate), certificate.status.failed_issuance_attempts or 1
    why = issuing.text.removeprefix(FAILED_BEGINNING)
    evidence = [sentence(issuing.text or "No reason is known")]
    if attempts > 1:
        evidence.append(f"{counted(attempts, 'attempt')} failed one after the other.")
    if diagnosis is not None and diagnosis.message not in issuing.text:
        evidence.append(sentence(diagnosis.message))
    until = diagnosis.next_retry_time if diagnosis is not None else None
    waits = until is not None and until > chain.now
    return Finding(
        cause="backing-off",
        on=at,
        headline=(
            f'The last attempt for Certificate "{at.name}" failed'
            f"{f', and the next one is made at {dated_after(until)}' if until and waits else ''}: "
            f"{clause(why) or clause(issuing.reason) or 'no reason is known'}"
        ),
        evidence=tuple(evidence),
        since=failed_at,
        until=until,
        who=Actor.YOU,
        fix="Mend what it names, and begin a new attempt; one is made by itself later.",
        command=plugin("retry", at),
        standing=Standing.FAILED,
    )


def _password_entry(certificate: Certificate, kind: str) -> str:
    """The entry in which the password of that kind of key store is looked for."""
    stores = certificate.spec.keystores
    store = None if stores is None else stores.pkcs12 if "12" in kind else stores.jks
    source = store.password_secret_ref if store is not None else None
    return (source.key if source is not None else "") or "password"


def _over_budget(chain: Chain) -> Said | None:
    """Whoever tells of the budget: of the attempt under way, or of the next one."""
    certificate = chain.certificate
    diagnosis = certificate.status.diagnosis if certificate is not None else None
    found = [_kept_waiting(chain), refused(certificate)]
    if certificate is not None and diagnosis is not None:
        failed_at = certificate.status.last_failure_time
        found.append(Said(ref(certificate), "", diagnosis.message, failed_at))
    return next((one for one in found if one is not None and _BUDGET.search(one.text)), None)


def _last_failure(chain: Chain) -> tuple[str, ...]:
    issuing = said(chain.certificate, ISSUING)
    if issuing is None or not issuing.text.startswith(FAILED_BEGINNING):
        return ()
    return (f"The last attempt failed: {sentence(issuing.text.removeprefix(FAILED_BEGINNING))}",)


def _kept_waiting(chain: Chain) -> Said | None:
    """What the attempt under way waits for, by the Certificate's word, unless it repeats its
    request's."""
    certificate = chain.certificate
    if certificate is None or not is_issuing(certificate):
        return None
    issuing, diagnosis = said(certificate, ISSUING), certificate.status.diagnosis
    text = issuing.text.partition(_WAITING)[2] if issuing is not None else ""
    if not text and diagnosis is not None and diagnosis.cause == "waiting":
        text = diagnosis.message
    since = issuing.since if issuing is not None else None
    if not text or _OF_REQUEST.match(text):
        return None
    return Said(ref(certificate), "", text, since)


_LAST: Final = (*requests.INVALID, *orders.RULES, *requests.FAILED)
"""What tells of the last attempt."""

WAITS: Final = (budget_spent, keystore_password)
REFUSED: Final = (not_written,)
FAILURES: Final = (backing_off,)
