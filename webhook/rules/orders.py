"""Orders: made by the controller for an approved request, and frozen from then on."""

from collections.abc import Generator, Iterator
from typing import Final

from orderapi import names
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import is_true
from orderapi.defaults import issuer_group
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.refusals import SETTINGS
from orderapi.resources import CERTIFICATE_REQUEST, ORDER
from orderapi.validation.fault import quoted
from orderapi.validation.references import issuer_ref_faults
from webhook.questions import Answer, Judgement, Question
from webhook.request import CREATE, Request, read
from webhook.rules.changes import change_faults
from webhook.rules.creation import OWNER_REFERENCES, creation_faults
from webhook.rules.findings import fault, from_spec
from webhook.rules.issuerref import described, same_issuer
from webhook.rules.labels import label_faults
from webhook.rules.order_names import name_faults
from webhook.rules.status import has_ended
from webhook.rules.unchanged import annotation_faults
from webhook.rules.undecoded import parts
from webhook.rules.wording import kind_and_name
from webhook.verdict import ALLOWED, Fault, Verdict

_ANEW: Final = "delete the Order, and a new one is made for its request"
_PREFIXES: Final = (f"{names.ACME_GROUP}/",)


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on an Order that is made or changed."""
    by_controller = request.user_info.username in controllers
    if request.operation == CREATE:
        return Verdict(tuple((yield from _created(request, by_controller=by_controller))))
    old, new = parts(request.old_object), parts(request.object)
    found = list(change_faults(ORDER, old, new, by_controller=by_controller))
    found += annotation_faults(old, new, _PREFIXES, SETTINGS)
    found += yield from label_faults(old, new, request.namespace, has_ended, _ANEW)
    return Verdict(tuple(found)) if found else ALLOWED


def _created(request: Request, *, by_controller: bool) -> Generator[Question, Answer, list[Fault]]:
    order = read(ORDER, request.object)
    found = yield from creation_faults(
        ORDER,
        order,
        CERTIFICATE_REQUEST,
        lambda asked: _request_faults(order, asked),
        namespace=request.namespace,
        by_controller=by_controller,
    )
    if not by_controller:  # nothing else is worth a look
        return list(found)
    return [*found, *_issuer_faults(order.spec.issuer_ref), *name_faults(order.spec)]


def _request_faults(order: Order, asked: CertificateRequest) -> Iterator[Fault]:
    """What differs between an Order and the request that it is made for, or forbids to make it."""
    shown = kind_and_name(CERTIFICATE_REQUEST.kind, asked.metadata.name)
    conditions = asked.status.conditions
    if is_true(conditions, names.DENIED):
        text = f"{shown} is denied; no Order is made for it"
        yield Fault(OWNER_REFERENCES, text, "creation")
    elif not is_true(conditions, names.APPROVED):
        text = f"{shown} is not approved; have it approved first"
        yield Fault(OWNER_REFERENCES, text, "creation")
    if order.spec.request != asked.spec.request:
        yield Fault("spec.request", f"is not the request of {shown}; copy it", "request-fields")
    if not same_issuer(order.spec.issuer_ref, asked.spec.issuer_ref):
        text = f"is not the issuer of {shown}, which is {described(asked.spec.issuer_ref)}"
        yield Fault("spec.issuerRef", text, "request-fields")


def _issuer_faults(ref: IssuerRef) -> Iterator[Fault]:
    yield from from_spec(issuer_ref_faults(ref))
    if issuer_group(ref) != names.GROUP:
        text = f"is {quoted(ref.group)}; only issuers of {names.GROUP} have ACME accounts"
        yield fault("spec.issuerRef.group", text)
