"""What a decision about a CertificateRequest may depend on. Values only; nothing here asks."""

from dataclasses import dataclass
from datetime import datetime

from orderapi.certificaterequest import CertificateRequest
from orderapi.issuer import AnyIssuer
from orderapi.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the signing request asks for. Names in its own order, addresses in their shortest form.

    `unsupported` holds subject alternative names for which ACME has no identifier, as people write
    them. `is_ca`: it asks for a certificate that may sign others.
    """

    common_name: str = ""
    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    is_ca: bool = False
    key_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The certificate that an Order brought; `key_digest` is of the same kind as in `Asked`."""

    key_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Bytes that are not what they should be; `why` never repeats them."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One CertificateRequest and its surroundings at one time.

    `orders` are those that are its own (see `ownership`), whatever their names. `asked` and `leaf`
    are None where they were not read, because nothing can depend on them.
    """

    request: CertificateRequest
    now: datetime
    approves: bool
    """Whether this controller approves requests, or another does."""
    issuer: AnyIssuer | None = None
    orders: tuple[Order, ...] = ()
    asked: Asked | Unreadable | None = None
    leaf: Leaf | Unreadable | None = None
    refused_until: datetime | None = None
    """Before then no Order is tried again: the API server refused one."""
    only_namespace: str = ""
    """The one namespace that this controller runs for; empty where it is all of them."""
