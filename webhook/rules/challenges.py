"""Challenges: made by the controller for an Order, and frozen from then on."""

from collections.abc import Generator
from typing import Final

import msgspec

from orderapi.challenge import Challenge
from orderapi.meta import OwnerReference
from orderapi.resources import CHALLENGE, ORDER
from orderapi.validation.fault import quoted
from webhook.questions import Answer, Judgement, Question
from webhook.request import CREATE, Request, parsed
from webhook.rules.creation import controlling, creator_faults, live_owner
from webhook.rules.frozen import spec_faults
from webhook.rules.issuerref import described, same_issuer
from webhook.rules.ownership import ownership_faults
from webhook.rules.parts import parts
from webhook.rules.status import status_faults
from webhook.verdict import ALLOWED, Fault, Verdict

_CHALLENGE: Final = msgspec.json.Decoder(Challenge)

_MAKE: Final = "create a Certificate; its Orders and their Challenges are made for it"
_ANEW: Final = (
    "delete the Order of the Challenge, and a new Order makes its Challenges as the issuer is then"
)


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on a Challenge that is made or changed."""
    by_controller = request.user_info.username in controllers
    if request.operation == CREATE:
        return Verdict((yield from _created(request, controllers)))
    old, new = parts(request.old_object), parts(request.object)
    found = list(spec_faults(old, new, _ANEW))
    found += status_faults(old, new, by_controller=by_controller, instead=_ANEW)
    if not by_controller:
        found += ownership_faults(old, new)
    return Verdict(tuple(found)) if found else ALLOWED


def _created(
    request: Request, controllers: frozenset[str]
) -> Generator[Question, Answer, tuple[Fault, ...]]:
    challenge = parsed(_CHALLENGE, request.object)
    refused = creator_faults(request, controllers, CHALLENGE.kind, _MAKE)
    owner = controlling(challenge, CHALLENGE.kind, ORDER)
    if isinstance(owner, Fault):
        return (*refused, owner)
    if refused:  # nothing is read for those who are refused in any case
        return refused
    return (yield from _order_faults(request.namespace, challenge, owner))


def _order_faults(
    namespace: str, challenge: Challenge, owner: OwnerReference
) -> Generator[Question, Answer, tuple[Fault, ...]]:
    order = yield from live_owner(ORDER, namespace, owner)
    if isinstance(order, Fault):
        return (order,)
    if same_issuer(challenge.spec.issuer_ref, order.spec.issuer_ref):
        return ()
    shown = f"Order {quoted(order.metadata.name)}"
    text = f"is not the issuer of {shown}, which is {described(order.spec.issuer_ref)}"
    return (Fault("spec.issuerRef", text, "creation"),)
