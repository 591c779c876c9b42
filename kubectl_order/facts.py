"""What was read in the cluster about one certificate and its Order, and what could not be read.

Plain values: `cluster` fills them, `explain` and `describe` read them. Nothing secret is in them
but the tokens and keys of Challenges and Orders, which `secrets_in` lists, for them to be taken out
of all output. A Secret is known by its metadata alone; its data is never asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

import msgspec

from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.issuer import AnyIssuer
from orderapi.meta import Object
from orderapi.order import Order

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
"""Stands for a time that is not told, so that what has none is sorted before the rest."""


class Absent(msgspec.Struct, frozen=True):
    """It was looked for, and is not there."""


class Unread(msgspec.Struct, frozen=True):
    """It could not be looked at; `why` is for people, such as `forbidden`."""

    why: str


class SecretMeta(Object):
    """A Secret without its data."""


class Leader(msgspec.Struct, frozen=True, kw_only=True):
    """The Lease of the controller. An empty holder: nobody leads.

    `renewed` is when the holder last said that it lives, `seconds` how long that counts.
    """

    namespace: str
    holder: str
    renewed: datetime | None
    seconds: float


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event about an object of the chain; `count` times, between `first` and `last`."""

    kind: str
    name: str
    type: str
    reason: str
    message: str
    source: str
    first: datetime | None
    last: datetime | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Certificate → CertificateRequest → Order → Challenges → Secret, with what stands around them.

    The request is the one in work, else the newest; order and challenges are that request's. `past`
    holds the other requests of the Certificate, oldest first. Each is None where the chain does not
    have it: an Order may have no Certificate, a Certificate no Order yet. `issuer`, `secret` and
    `leader` are None where nothing names them. `unread` tells, one sentence each, what may not be
    read. `now` is the API server's clock.
    """

    namespace: str
    now: datetime
    certificate: Certificate | None = None
    request: CertificateRequest | None = None
    past: tuple[CertificateRequest, ...] = ()
    order: Order | None = None
    challenges: tuple[Challenge, ...] = ()
    secret: SecretMeta | Absent | Unread | None = None
    issuer: AnyIssuer | Absent | Unread | None = None
    leader: Leader | Absent | Unread | None = None
    unread: tuple[str, ...] = ()


Subject: TypeAlias = Certificate | CertificateRequest | Order


SHORTEST_SECRET: Final = 16
"""Characters. RFC 8555 section 8.1 wants 128 bits, which are 22; a shorter one is none, and taking
it out of all texts would hide other words."""


def secrets_in(chain: Chain) -> tuple[str, ...]:
    """The tokens and key authorizations of the chain, longest first."""
    found = secrets_of(chain.challenges)
    if chain.order is not None:
        offered = {
            each.token
            for authorization in chain.order.status.authorizations
            for each in authorization.challenges
            if len(each.token) >= SHORTEST_SECRET
        }
        found = tuple(sorted({*found, *offered}, key=len, reverse=True))
    return found


def secrets_of(challenges: Iterable[Challenge]) -> tuple[str, ...]:
    """The tokens and key authorizations of Challenges, longest first."""
    found = {value for one in challenges for value in (one.spec.key, one.spec.token)}
    long = (value for value in found if len(value) >= SHORTEST_SECRET)
    return tuple(sorted(long, key=len, reverse=True))
