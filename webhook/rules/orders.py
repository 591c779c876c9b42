"""Orders: made by the controller for an approved request, and frozen from then on."""

from collections.abc import Generator, Iterator
from typing import Final

import msgspec

from orderapi import names
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import is_true
from orderapi.defaults import issuer_group, issuer_kind
from orderapi.meta import OwnerReference
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE_REQUEST, ORDER
from orderapi.validation.fault import quoted
from webhook.questions import Answer, Judgement, Question
from webhook.request import CREATE, Request, parsed
from webhook.rules.creation import OWNERS, controlling, creator_faults, live_owner
from webhook.rules.frozen import annotation_faults, spec_faults
from webhook.rules.issuerref import described, same_issuer
from webhook.rules.labels import label_faults
from webhook.rules.named import name_faults
from webhook.rules.ownership import ownership_faults
from webhook.rules.parts import Parts, parts
from webhook.rules.status import status_faults
from webhook.verdict import ALLOWED, Fault, Verdict

_ORDER: Final = msgspec.json.Decoder(Order)

_MAKE: Final = "create a Certificate, or a CertificateRequest, and its Order is made"
_ANEW: Final = (
    "delete the Order, and a new one is made for its CertificateRequest as long as that has not "
    "ended; to ask for something else, change the Certificate"
)
_RESTART: Final = "to start over, delete the Order, or renew the Certificate"


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on an Order that is made or changed."""
    if request.operation == CREATE:
        faults = yield from _created(request, controllers)
        return Verdict(faults)
    old, new = parts(request.old_object), parts(request.object)
    by_controller = request.user_info.username in controllers
    found = _changed(old, new, by_controller=by_controller)
    found += yield from label_faults(old, new, request.namespace, _ANEW)
    return Verdict(tuple(found)) if found else ALLOWED


def _changed(old: Parts, new: Parts, *, by_controller: bool) -> list[Fault]:
    found = [*spec_faults(old, new, _ANEW), *annotation_faults(old, new, _ANEW)]
    found += status_faults(old, new, by_controller=by_controller, instead=_RESTART)
    if not by_controller:
        found += ownership_faults(old, new)
    return found


def _created(
    request: Request, controllers: frozenset[str]
) -> Generator[Question, Answer, tuple[Fault, ...]]:
    order = parsed(_ORDER, request.object)
    faults = list(creator_faults(request, controllers, ORDER.kind, _MAKE))
    outsider = bool(faults)
    faults += _issuer_faults(order.spec.issuer_ref)
    faults += name_faults(order.spec)
    owner = controlling(order, ORDER.kind, CERTIFICATE_REQUEST)
    if isinstance(owner, Fault):
        faults.append(owner)
    elif not outsider:  # nothing is read for those who are refused in any case
        faults += yield from _owner_faults(request.namespace, order, owner)
    return tuple(faults)


def _owner_faults(
    namespace: str, order: Order, owner: OwnerReference
) -> Generator[Question, Answer, tuple[Fault, ...]]:
    found = yield from live_owner(CERTIFICATE_REQUEST, namespace, owner)
    if isinstance(found, Fault):
        return (found,)
    return tuple(_request_faults(order, found))


def _request_faults(order: Order, asked: CertificateRequest) -> Iterator[Fault]:
    """What differs between an Order and the request that it is made for, or forbids to make it."""
    shown = f"CertificateRequest {quoted(asked.metadata.name)}"
    conditions = asked.status.conditions
    if is_true(conditions, names.DENIED):
        yield Fault(OWNERS, f"{shown} is denied; no Order is made for it", "creation")
    elif not is_true(conditions, names.APPROVED):
        text = f"{shown} is not approved; have it approved first"
        yield Fault(OWNERS, text, "creation")
    if order.spec.request != asked.spec.request:
        yield Fault("spec.request", f"is not the request of {shown}; copy it", "request-fields")
    if not same_issuer(order.spec.issuer_ref, asked.spec.issuer_ref):
        text = f"is not the issuer of {shown}, which is {described(asked.spec.issuer_ref)}"
        yield Fault("spec.issuerRef", text, "request-fields")


def _issuer_faults(ref: IssuerRef) -> Iterator[Fault]:
    if not ref.name:
        yield Fault("spec.issuerRef.name", "is empty; name the issuer", "validation")
    if issuer_group(ref) != names.GROUP:
        text = f"is {quoted(ref.group)}; only issuers of {names.GROUP} have ACME accounts"
        yield Fault("spec.issuerRef.group", text, "validation")
    elif issuer_kind(ref) not in ("Issuer", "ClusterIssuer"):
        text = f"is {quoted(ref.kind)}; it is Issuer or ClusterIssuer"
        yield Fault("spec.issuerRef.kind", text, "validation")
