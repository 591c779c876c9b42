"""Challenges: made by the controller for an Order, and frozen from then on."""

from collections.abc import Iterator

from orderapi.challenge import Challenge
from orderapi.order import Order
from orderapi.resources import CHALLENGE, ORDER
from webhook.questions import Judgement
from webhook.request import CREATE, Request, read
from webhook.rules.changes import change_faults
from webhook.rules.creation import creation_faults
from webhook.rules.issuerref import described, same_issuer
from webhook.rules.undecoded import parts
from webhook.rules.wording import kind_and_name
from webhook.verdict import ALLOWED, Fault, Verdict


def judge(request: Request, controllers: frozenset[str]) -> Judgement:
    """The verdict on a Challenge that is made or changed."""
    by_controller = request.user_info.username in controllers
    if request.operation != CREATE:
        old, new = parts(request.old_object), parts(request.object)
        changed = tuple(change_faults(CHALLENGE, old, new, by_controller=by_controller))
        return Verdict(changed) if changed else ALLOWED
    challenge = read(CHALLENGE, request.object)
    found = yield from creation_faults(
        CHALLENGE,
        challenge,
        ORDER,
        lambda order: _order_faults(challenge, order),
        namespace=request.namespace,
        by_controller=by_controller,
    )
    return Verdict(tuple(found))


def _order_faults(challenge: Challenge, order: Order) -> Iterator[Fault]:
    """What differs between a Challenge and the Order that it is made for."""
    if not same_issuer(challenge.spec.issuer_ref, order.spec.issuer_ref):
        shown = kind_and_name(ORDER.kind, order.metadata.name)
        text = f"is not the issuer of {shown}, which is {described(order.spec.issuer_ref)}"
        yield Fault("spec.issuerRef", text, "creation")
