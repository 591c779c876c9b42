"""Which Orders are a request's. Pure.

Whoever may create Orders can give one any owner. So an Order is the request's only where it also
asks the same issuer for the same: then nothing is to be had from it that the request does not ask
for. Profile and duration are not compared: they come from the issuer, which may have been edited.
"""

from typing import Final

from controller.requests.observed import Asked, Unreadable
from controller.requests.submission import name_of
from orderapi import states
from orderapi.certificaterequest import CertificateRequest
from orderapi.defaults import issuer_group, issuer_kind
from orderapi.meta import controller_of
from orderapi.order import Order, OrderSpec
from orderapi.references import IssuerRef

MOST_STRANGERS: Final = 16
"""How many names that strangers hold are passed over in one look."""


def is_its_own(request: CertificateRequest, asked: Asked | Unreadable | None, order: Order) -> bool:
    """Whether the Order is one that the request could have been given; `asked`: what it asks for.

    No Order is that of a request which cannot be read.
    """
    owner, spec = controller_of(order), order.spec
    return (
        owner is not None
        and owner.uid == request.metadata.uid
        and spec.request == request.spec.request
        and _issuer(spec.issuer_ref) == _issuer(request.spec.issuer_ref)
        and isinstance(asked, Asked)
        and _names(spec) == _names(asked)
    )


def leading(request: CertificateRequest, orders: tuple[Order, ...]) -> Order:
    """The Order that counts, of those that are the request's.

    It is the first that has a name as we give it; the others are an older program's.
    """
    ours = {name_of(request, salt): salt for salt in reversed(range(MOST_STRANGERS))}

    def rank(order: Order) -> tuple[int, int, float, str]:
        meta, state = order.metadata, order.status.state
        place = 2 if state in states.FAILED else 0 if state == states.VALID else 1
        made = meta.creation_timestamp
        age = made.timestamp() if made is not None else 0.0
        return ours.get(meta.name, MOST_STRANGERS), place, age, meta.name

    return min(orders, key=rank)


def _issuer(ref: IssuerRef) -> tuple[str, str, str]:
    return issuer_group(ref), issuer_kind(ref), ref.name


def _names(named: OrderSpec | Asked) -> tuple[str, frozenset[str], frozenset[str]]:
    # An older program sorts them.
    return (
        (named.common_name or "").lower(),
        frozenset(name.lower() for name in named.dns_names),
        frozenset(named.ip_addresses),
    )
