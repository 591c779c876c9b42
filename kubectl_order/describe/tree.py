"""Who owns whom, as a tree. Pure.

What decides is the UID in an owner reference; what has no owner among the objects is a root of its
own. Of what owns a Certificate (an Ingress, a Gateway) no more is known than its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from kubectl_order.chain import Owned, Owner
from kubectl_order.describe import states, steps
from kubectl_order.facts import EARLIEST, Chain
from kubectl_order.finding import Ref
from kubectl_order.report import Node, Tree
from kubectl_order.rows import CertificateRow, OrderRow
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.order import Order

AnyCertificate: TypeAlias = Certificate | CertificateRow
AnyOrder: TypeAlias = Order | OrderRow

_T = TypeVar("_T", CertificateRequest, AnyOrder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wood:
    """What the tree is made of. `secrets`: those that were looked at, by namespace and name."""

    certificates: Sequence[AnyCertificate] = ()
    requests: Sequence[CertificateRequest] = ()
    orders: Sequence[AnyOrder] = ()
    challenges: Sequence[Challenge] = ()
    secrets: Mapping[tuple[str, str], str] | None = None


@dataclass(frozen=True, slots=True)
class _Grown:
    """A node, its UID, and who may own it."""

    uid: str
    owners: Sequence[Owner]
    node: Node


def wood_of(chain: Chain, orders: Iterable[OrderRow] = ()) -> Wood:
    """The objects of one chain, and those of `orders` that belong to its other requests."""
    requests = (*chain.past, *((chain.request,) if chain.request is not None else ()))
    uids = {request.metadata.uid for request in requests}
    own = (chain.order,) if chain.order is not None else ()
    known = {order.metadata.uid for order in own}
    past = [
        row
        for row in orders
        if row.metadata.uid not in known
        and any(owner.controller and owner.uid in uids for owner in row.metadata.owner_references)
    ]
    secret = steps.secret(chain)
    return Wood(
        certificates=(chain.certificate,) if chain.certificate is not None else (),
        requests=requests,
        orders=(*past, *own),
        challenges=chain.challenges,
        secrets={(chain.namespace, secret.ref.name): secret.state} if secret else None,
    )


def tree(wood: Wood, now: datetime, unread: tuple[str, ...] = ()) -> Tree:
    """The trees, those of the same owner together, by namespace and name."""
    challenges = [_challenge(each) for each in wood.challenges]
    below = _by_owner(challenges, wood.orders)
    orders = [_order(each, below) for each in _by_age(wood.orders)]
    below = _by_owner(orders, wood.requests)
    requests = [_request(each, below) for each in _by_age(wood.requests)]
    below = _by_owner(requests, wood.certificates)
    certificates = [_certificate(each, below, wood, now) for each in wood.certificates]
    items = (
        *_under_owners(certificates),
        *_alone(requests, certificates),
        *_alone(orders, requests),
        *_alone(challenges, orders),
    )
    return Tree(time=now, items=tuple(sorted(items, key=_place)), unread=unread)


def _certificate(
    obj: AnyCertificate, requests: Mapping[str, tuple[Node, ...]], wood: Wood, now: datetime
) -> _Grown:
    state, reason = states.of_certificate(obj, now)
    meta = obj.metadata
    below = requests.get(meta.uid, ())
    if obj.spec.secret_name:
        below = (*below, _secret(meta.namespace, obj.spec.secret_name, wood.secrets or {}))
    node = Node(
        ref=_ref("Certificate", obj),
        state=state,
        reason=reason,
        created=meta.creation_timestamp,
        below=below,
    )
    return _Grown(meta.uid, meta.owner_references, node)


def _request(obj: CertificateRequest, orders: Mapping[str, tuple[Node, ...]]) -> _Grown:
    state, reason = states.of_request(obj)
    return _grown("CertificateRequest", obj, state, reason, orders.get(obj.metadata.uid, ()))


def _order(obj: AnyOrder, challenges: Mapping[str, tuple[Node, ...]]) -> _Grown:
    state = obj.status.state or states.NEW
    return _grown("Order", obj, state, obj.status.reason, challenges.get(obj.metadata.uid, ()))


def _challenge(obj: Challenge) -> _Grown:
    return _grown("Challenge", obj, *states.of_acme(obj), ())


def _grown(
    kind: str,
    obj: CertificateRequest | AnyOrder | Challenge,
    state: str,
    reason: str,
    below: tuple[Node, ...],
) -> _Grown:
    meta = obj.metadata
    node = Node(
        ref=_ref(kind, obj),
        state=state,
        reason=reason,
        created=meta.creation_timestamp,
        below=below,
    )
    return _Grown(meta.uid, meta.owner_references, node)


def _secret(namespace: str, name: str, known: Mapping[tuple[str, str], str]) -> Node:
    return Node(
        ref=Ref(kind="Secret", name=name, namespace=namespace),
        state=known.get((namespace, name), ""),
        reason="",
        created=None,
    )


def _ref(kind: str, obj: AnyCertificate | CertificateRequest | AnyOrder | Challenge) -> Ref:
    return Ref(kind=kind, name=obj.metadata.name, namespace=obj.metadata.namespace or None)


def _by_owner(grown: Iterable[_Grown], above: Iterable[Owned]) -> Mapping[str, tuple[Node, ...]]:
    """The nodes by the UID of the first of their owners that is there: below several, a tree of a
    few objects that all own each other would have no end."""
    there = {obj.metadata.uid for obj in above if obj.metadata.uid}
    found: dict[str, list[Node]] = {}
    for each in grown:
        owner = next((owner.uid for owner in each.owners if owner.uid in there), None)
        if owner is not None:
            found.setdefault(owner, []).append(each.node)
    return {uid: tuple(nodes) for uid, nodes in found.items()}


def _alone(grown: Iterable[_Grown], owners: Iterable[_Grown]) -> list[Node]:
    """Those that none of these owns."""
    uids = {owner.uid for owner in owners if owner.uid}
    return [each.node for each in grown if uids.isdisjoint(one.uid for one in each.owners)]


def _under_owners(certificates: Sequence[_Grown]) -> list[Node]:
    """The Certificates, those that an Ingress or Gateway owns below it."""
    roots: list[Node] = []
    owners: dict[str, tuple[Ref, list[Node]]] = {}
    for each in certificates:
        if not each.owners:
            roots.append(each.node)
            continue
        owner = each.owners[0]
        name = Ref(kind=owner.kind, name=owner.name, namespace=each.node.ref.namespace)
        owners.setdefault(owner.uid, (name, []))[1].append(each.node)
    return [
        *roots,
        *(
            Node(ref=name, state="", reason="", created=None, below=tuple(below))
            for name, below in owners.values()
        ),
    ]


def _by_age(objects: Sequence[_T]) -> list[_T]:
    return sorted(objects, key=lambda obj: obj.metadata.creation_timestamp or EARLIEST)


def _place(node: Node) -> tuple[str, str, str]:
    return node.ref.namespace or "", node.ref.name, node.ref.kind
