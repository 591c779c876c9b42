"""Who belongs to whom: Certificate → CertificateRequest → Order → Challenge. Pure.

What decides is the UID in an owner reference, never a name: an object of a deleted namesake belongs
to nobody. Holds for objects as cert-manager makes them too, whose names cannot be told beforehand.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from kubectl_order.facts import EARLIEST
from orderapi import names, states
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.conditions import find, is_true
from orderapi.order import Order

SALTS: Final = range(3)
"""The numbers with which the controller makes an Order's name, where the first is taken."""

_LONGEST_REVISION: Final = 18


class Owner(Protocol):
    """What an owner reference tells."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def controller(self) -> bool | None: ...


class Owned(Protocol):
    """What may have owners."""

    @property
    def metadata(self) -> Any: ...


O = TypeVar("O", bound=Owned)  # noqa: E741


def owner_of(obj: Owned, kind: str) -> Owner | None:
    """The owner of that kind; the first where there are several."""
    owners: Sequence[Owner] = obj.metadata.owner_references
    return next((owner for owner in owners if owner.kind == kind), None)


def is_owned(obj: Owned, uid: str) -> bool:
    """Whether the object with this UID controls `obj`; any other owner is anybody's word."""
    owners: Sequence[Owner] = obj.metadata.owner_references
    return bool(uid) and any(owner.uid == uid and owner.controller for owner in owners)


def owned(objects: Iterable[O], uid: str) -> tuple[O, ...]:
    """Those that the object with this UID owns."""
    return tuple(obj for obj in objects if is_owned(obj, uid))


def revision_of(request: CertificateRequest) -> int:
    """The revision that a request carries; 0 where that cannot be read."""
    written = request.metadata.annotations.get(names.CERTIFICATE_REVISION, "")
    readable = written.isascii() and written.isdecimal() and len(written) <= _LONGEST_REVISION
    return int(written) if readable else 0


def expected_requests(certificate: Certificate) -> tuple[str, ...]:
    """The names that the request in work has by the API's rule, the likeliest first.

    That of the coming revision is left out where the Certificate is Ready and nothing is said of an
    issuance: there is none then.
    """
    revision = certificate.status.revision or 0
    conditions = certificate.status.conditions
    settled = is_true(conditions, names.READY) and find(conditions, names.ISSUING) is None
    wanted = (revision,) if settled and revision else (revision + 1, revision)
    name = certificate.metadata.name
    return tuple(names.request_name(name, number) for number in wanted if number > 0)


def in_work(
    certificate: Certificate, requests: Iterable[CertificateRequest]
) -> tuple[CertificateRequest | None, tuple[CertificateRequest, ...]]:
    """The request that counts now and the others, oldest first.

    It is that of the coming revision, else that of the current one, else the newest; where several
    carry one revision, the newest of them.
    """
    current = certificate.status.revision or 0
    found = sorted(requests, key=lambda each: (revision_of(each), *_age(each)))
    coming = [each for each in found if revision_of(each) == current + 1]
    present = [each for each in found if revision_of(each) == current]
    ranked = coming or present or sorted(found, key=_age)
    chosen = ranked[-1] if ranked else None
    return chosen, tuple(each for each in found if each is not chosen)


def expected_orders(request: CertificateRequest) -> tuple[str, ...]:
    """The names that this project's controller gives to the request's Order, the likeliest
    first."""
    meta = request.metadata
    prefix = meta.annotations.get(names.CERTIFICATE_NAME) or meta.name
    return tuple(names.order_name(prefix, meta.uid, salt) for salt in SALTS)


def order_that_counts(orders: Iterable[Order]) -> Order | None:
    """Of several Orders of one request: the newest that has not failed, else the newest."""
    found = sorted(orders, key=_age)
    going = [order for order in found if order.status.state not in states.FAILED]
    ranked = going or found
    return ranked[-1] if ranked else None


def challenges_in_order(order: Order, challenges: Iterable[Challenge]) -> tuple[Challenge, ...]:
    """The Order's Challenges, as the authorizations in its status are ordered; those of others are
    left out, those without an authorization come last."""
    places = {each.url: place for place, each in enumerate(order.status.authorizations)}
    last = len(places)
    return tuple(
        sorted(
            owned(challenges, order.metadata.uid),
            key=lambda each: (
                places.get(each.spec.authorization_url, last),
                each.spec.dns_name,
                each.metadata.name,
            ),
        )
    )


def _age(obj: Owned) -> tuple[datetime, str]:
    return obj.metadata.creation_timestamp or EARLIEST, obj.metadata.name
