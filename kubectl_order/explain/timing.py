"""Certificates by their dates: expired, late with renewal, never to be renewed, or fine. Pure."""

from datetime import datetime, timedelta
from typing import Final

from kubectl_order.explain.about import (
    expired,
    is_ready,
    overdue,
    ref,
    renewal_is_off,
    secret_name,
    shown,
    subject,
)
from kubectl_order.explain.words import dated, distance, lasting, quoted, sentence
from kubectl_order.facts import Chain
from kubectl_order.finding import Actor, Finding, Standing, plugin
from orderapi import defaults
from orderapi.certificate import Certificate
from orderapi.conditions import find
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.names import READY

_LEFT: Final = timedelta(days=30)
"""What counts as soon where a lifetime is not known."""


def renewal_disabled(chain: Chain) -> Finding | None:
    """Nobody renews a certificate that ends soon, because its owner wants it so."""
    certificate = chain.certificate
    if certificate is None or not renewal_is_off(certificate):
        return None
    at, end = ref(certificate), certificate.status.not_after
    if end is None or end - chain.now > _soon(certificate, end):
        return None
    word = "expired" if end <= chain.now else "expires"
    return Finding(
        cause="renewal-disabled",
        on=at,
        headline=(
            f'Certificate "{at.name}" is not renewed by itself, as spec.renewal.policy is Disabled'
            f": it {word} {distance(end, chain.now)}"
        ),
        evidence=(f"The certificate in Secret {quoted(secret_name(chain))} ends at {dated(end)}.",),
        who=Actor.YOU,
        fix="Renew it by hand, or set spec.renewal.policy to RenewBefore.",
        command=plugin("renew", at),
        standing=Standing.WAITING,
    )


def has_expired(chain: Chain) -> Finding | None:
    """The certificate has ended, and nothing tells why there is no other."""
    certificate, end = chain.certificate, expired(chain)
    ready = find(certificate.status.conditions, READY) if certificate is not None else None
    told = ready is not None and ready.status != "True" and ready.reason == "Expired"
    if certificate is None or (end is None and not told):
        return None
    ago = f" {lasting(chain.now - end)} ago" if end is not None else ""
    return Finding(
        cause="expired",
        on=ref(certificate),
        headline=(
            f"The certificate in Secret {quoted(secret_name(chain))} expired{ago}, and nothing is "
            f"under way to replace it"
        ),
        evidence=(sentence(ready.message),) if ready is not None and told and ready.message else (),
        since=end,
        who=Actor.YOU,
        fix="Begin a new attempt.",
        command=plugin("renew", ref(certificate)),
        standing=Standing.OVERDUE,
    )


def renewal_overdue(chain: Chain) -> Finding | None:
    """The time to renew has passed, and nothing is under way."""
    certificate, due = chain.certificate, overdue(chain)
    if certificate is None or due is None:
        return None
    at, end = ref(certificate), certificate.status.not_after
    ends = f" The certificate in use expires {distance(end, chain.now)}." if end is not None else ""
    return Finding(
        cause="renewal-overdue",
        on=at,
        headline=(
            f'The renewal of Certificate "{at.name}" was due {lasting(chain.now - due)} ago, and '
            f"has not begun"
        ),
        evidence=(f"It was to be renewed at {dated(due)}.{ends}",),
        since=due,
        who=Actor.YOU,
        fix="Begin a new attempt; look whether the controller serves this namespace.",
        command=plugin("renew", at),
        standing=Standing.OVERDUE,
    )


def fine(chain: Chain) -> Finding:
    """All is well, as far as anything tells."""
    at, certificate = subject(chain), chain.certificate
    return Finding(
        cause="fine",
        on=at,
        headline=_fine_line(chain),
        evidence=_issuer_line(chain),
        since=_ready_since(certificate),
        until=certificate.status.renewal_time if certificate is not None else None,
        who=Actor.NOBODY,
        fix="There is nothing to do.",
        command=plugin("status", at),
        standing=Standing.FINE,
    )


def _fine_line(chain: Chain) -> str:
    at, certificate = subject(chain), chain.certificate
    if certificate is None:
        return f"All is fine: {shown(at)} is done"
    if not is_ready(certificate):
        return f"Nothing is under way for {shown(at)}, and nothing is said against it"
    end, due = certificate.status.not_after, certificate.status.renewal_time
    until = f" until {dated(end)}" if end is not None else ""
    renewed = f", and is renewed at {dated(due)}" if due is not None else ""
    if renewal_is_off(certificate):
        renewed = ", and is not renewed by itself"
    secret = quoted(secret_name(chain))
    return f"All is fine: the certificate in Secret {secret} is valid{until}{renewed}"


def _issuer_line(chain: Chain) -> tuple[str, ...]:
    """That the next renewal will meet an issuer that is not ready."""
    issuer = chain.issuer
    if not isinstance(issuer, Issuer | ClusterIssuer):
        return ()
    ready = find(issuer.status.conditions, READY)
    if ready is None or ready.status == "True":
        return ()
    return (f"{shown(ref(issuer))} is not ready now: {sentence(ready.message or ready.reason)}",)


def _ready_since(certificate: Certificate | None) -> datetime | None:
    ready = find(certificate.status.conditions, READY) if certificate is not None else None
    return ready.last_transition_time if ready is not None else None


def _soon(certificate: Certificate, end: datetime) -> timedelta:
    """How long before its end a certificate would be renewed."""
    begin = certificate.status.not_before
    if begin is None:
        return _LEFT
    try:
        return defaults.renew_before(certificate.spec, end - begin)
    except (ValueError, OverflowError):
        return _LEFT


RULES: Final = (renewal_disabled, has_expired, renewal_overdue)
