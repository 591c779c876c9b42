"""What rules ask of a chain: whom it is about, how far it has come, what its objects say. Pure.

Refuses to judge. Conditions and states are read as both controllers of this API write them; what is
missing reads as not begun.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kubectl_order.facts import Chain, SecretMeta
from kubectl_order.finding import Actor, Ref, kubectl
from orderapi import names, states
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.conditions import FALSE, TRUE, Condition, Conditions, find, is_true
from orderapi.defaults import issuer_group, issuer_kind
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.meta import Object
from orderapi.order import Order
from orderapi.references import IssuerRef

PATIENCE: Final = timedelta(minutes=10)
"""How long a renewal may be late before it counts as overdue."""

FAILED_BEGINNING: Final = "The certificate request has failed to complete and will be retried: "
"""How both controllers begin the message of a failed issuance."""

_ENDED: Final = frozenset({names.REASON_FAILED, names.REASON_ISSUED, names.REASON_DENIED})
_KINDS: Final[tuple[type[Object], ...]] = (
    Certificate,
    CertificateRequest,
    Order,
    Challenge,
    ClusterIssuer,
    Issuer,
)


class Said(msgspec.Struct, frozen=True):
    """One thing that an object says of itself, and since when."""

    on: Ref
    reason: str
    text: str
    since: datetime | None


def ref(obj: Object) -> Ref:
    """The object, whether or not it came with its kind."""
    kind = next((kind.__name__ for kind in _KINDS if isinstance(obj, kind)), obj.kind)
    if isinstance(obj, SecretMeta):
        kind = "Secret"
    return Ref(kind=kind, name=obj.metadata.name, namespace=obj.metadata.namespace or None)


def subject(chain: Chain) -> Ref:
    """Whom the chain is about: the Certificate, else the request, else the Order."""
    head = chain.certificate or chain.request or chain.order
    if head is None:
        return Ref(kind="Namespace", name=chain.namespace, namespace=None)
    return ref(head)


def issuer_named(chain: Chain) -> IssuerRef:
    """The issuer that the newest part of the chain names; with an empty name where none does."""
    heads = (chain.order, chain.request, chain.certificate)
    return next((head.spec.issuer_ref for head in heads if head is not None), IssuerRef(name=""))


def issuer_at(chain: Chain) -> Ref:
    """That issuer, whether or not it is there."""
    named = issuer_named(chain)
    kind = issuer_kind(named)
    return Ref(
        kind=kind, name=named.name, namespace=None if kind == "ClusterIssuer" else chain.namespace
    )


def issuer_is_foreign(chain: Chain) -> bool:
    """Whether the issuer is of another API group, which has a controller of its own."""
    return issuer_group(issuer_named(chain)) != names.GROUP


def issuer_owner(chain: Chain) -> Actor:
    """Who may change the issuer."""
    return Actor.ADMIN if issuer_kind(issuer_named(chain)) == "ClusterIssuer" else Actor.YOU


def shown(at: Ref) -> str:
    """`Issuer "acme" in namespace "shop"`; without the namespace where there is none."""
    where = f' in namespace "{at.namespace}"' if at.namespace else ""
    return f'{at.kind} "{at.name}"{where}'


def conditions(obj: Certificate | CertificateRequest | None) -> Conditions:
    """The conditions of an object that may not be there."""
    return obj.status.conditions if obj is not None else ()


def said(obj: Certificate | CertificateRequest | None, kind: str = names.READY) -> Said | None:
    """What the condition of that kind says, in whichever state it is."""
    condition = find(conditions(obj), kind)
    if obj is None or condition is None:
        return None
    return said_by(ref(obj), condition)


def said_by(on: Ref, condition: Condition) -> Said:
    """What the condition of that object says."""
    return Said(on, condition.reason, condition.message, condition.last_transition_time)


def is_ready(certificate: Certificate | None) -> bool:
    """Whether the Certificate says that it has all it wants."""
    return is_true(conditions(certificate), names.READY)


def is_issuing(certificate: Certificate | None) -> bool:
    """Whether an issuance is under way, by the Certificate's own word."""
    return is_true(conditions(certificate), names.ISSUING)


def has_failed(request: CertificateRequest | None) -> bool:
    """Whether the request ended without a certificate."""
    if any(is_true(conditions(request), kind) for kind in (names.DENIED, names.INVALID_REQUEST)):
        return True
    ready = find(conditions(request), names.READY)
    failures = (names.REASON_FAILED, names.REASON_DENIED)
    return ready is not None and ready.status != TRUE and ready.reason in failures


def has_ended(request: CertificateRequest | None) -> bool:
    """Whether nothing happens to the request any more."""
    ready = find(conditions(request), names.READY)
    is_done = ready is not None and (ready.status == TRUE or ready.reason in _ENDED)
    return is_done or has_failed(request)


def is_given_up(chain: Chain) -> bool:
    """Whether a new attempt has begun, so that the request is that of an earlier one, which
    failed."""
    certificate, request = chain.certificate, chain.request
    if certificate is None or request is None or not is_issuing(certificate):
        return False
    key = certificate.status.next_private_key_secret_name
    of_this = request.metadata.annotations.get(names.PRIVATE_KEY_SECRET_NAME)
    return has_failed(request) and key != of_this


def is_open(chain: Chain) -> bool:
    """Whether something is under way: the parts of it that are there have not all ended."""
    if is_issuing(chain.certificate):
        return True
    if chain.request is not None:
        return not has_ended(chain.request)
    if chain.order is not None:
        return chain.order.status.state not in states.FINAL
    return False


def expired(chain: Chain) -> datetime | None:
    """When the certificate in the Secret expired; None while it has not, or there is none."""
    end = chain.certificate.status.not_after if chain.certificate is not None else None
    return end if end is not None and end <= chain.now else None


def overdue(chain: Chain) -> datetime | None:
    """When the renewal was due, where that is too long ago."""
    certificate = chain.certificate
    if certificate is None or renewal_is_off(certificate):
        return None
    due = certificate.status.renewal_time
    return due if due is not None and chain.now - due > PATIENCE else None


def renewal_is_off(certificate: Certificate) -> bool:
    """Whether the Certificate asks not to be renewed by itself."""
    renewal = certificate.spec.renewal
    return renewal is not None and renewal.policy == "Disabled"


def is_outdated(certificate: Certificate, condition: Condition | None) -> bool:
    """Whether the condition is about an earlier spec than the Certificate has now."""
    seen = condition.observed_generation if condition is not None else None
    return seen is not None and seen < certificate.metadata.generation


def secret_name(chain: Chain) -> str:
    """The Secret that the Certificate names; empty where there is no Certificate."""
    return chain.certificate.spec.secret_name if chain.certificate is not None else ""


def refused(certificate: Certificate | None) -> Said | None:
    """What Ready says where it is False."""
    ready = find(conditions(certificate), names.READY)
    if certificate is None or ready is None or ready.status != FALSE:
        return None
    return said_by(ref(certificate), ready)


def secret_command(chain: Chain, name: str) -> str:
    """The command that shows whether a Secret is there."""
    return kubectl("get", Ref(kind="Secret", name=name, namespace=chain.namespace))
