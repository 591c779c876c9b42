"""Order: one order at an ACME CA (RFC 8555 section 7.1.3), from one certificate request.

Its spec never changes after creation; `status.url`, `finalizeURL` and `certificate` are written
once.
"""

from datetime import datetime
from typing import ClassVar

from orderapi.diagnosis import Diagnosis
from orderapi.meta import Object
from orderapi.references import IssuerRef
from orderapi.states import State
from orderapi.wire import Base64, Wire


class OrderSpec(Wire):
    """What is ordered, from whom."""

    request: Base64
    """The certificate signing request: PEM (or DER), base64-encoded as every byte field. It must
    name exactly the names below."""
    issuer_ref: IssuerRef
    """The Issuer or ClusterIssuer whose ACME account places the order."""
    common_name: str | None = None
    """The common name in the request, if it has one; it is one of the DNS names or IP addresses
    too."""
    dns_names: tuple[str, ...] = ()
    """The DNS names the certificate is for, wildcards included."""
    ip_addresses: tuple[str, ...] = ()
    """The IP addresses the certificate is for."""
    duration: str | None = None
    """Lifetime asked of the CA (Go duration, such as 2160h); the CA decides alone when this is
    absent."""
    profile: str | None = None
    """Certificate profile asked of the CA; its directory must advertise it."""
    replaces: str | None = None
    """Identifier of the certificate that this one replaces (RFC 9773), as the CA derives it."""


class OfferedChallenge(Wire):
    """A challenge that the CA offers for one name."""

    hidden: ClassVar = frozenset({"token"})

    type: str
    """The CA's name of the challenge type, for instance http-01 or dns-01."""
    url: str
    """Where the CA keeps this challenge."""
    token: str
    """The CA's token for this challenge."""


class Authorization(Wire):
    """One name of the order, and how control over it can be shown."""

    url: str
    """Where the CA keeps this authorization."""
    identifier: str | None = None
    """The DNS name or IP address; for a wildcard without its leading label."""
    wildcard: bool | None = None
    """Whether this authorization is for the wildcard of the name."""
    initial_state: State = ""
    """State of the authorization when the order was placed; when it is valid no challenge is
    needed."""
    challenges: tuple[OfferedChallenge, ...] = ()
    """The challenges that the CA offers; one of them is enough."""


class OrderStatus(Wire):
    """How far the order has come."""

    url: str = ""
    """Where the CA keeps the order; absent until it is placed."""
    finalize_url: str = ""
    """Where the request is sent once all names are authorized."""
    authorizations: tuple[Authorization, ...] = ()
    """One entry for each name, in the order of spec.dnsNames, then spec.ipAddresses; the position
    numbers the Challenge."""
    certificate: Base64 = b""
    """The certificate chain as PEM, leaf first, once the order is valid."""
    state: State = ""
    """The state of the order; absent until the CA was asked. valid, invalid, expired and errored
    are final."""
    reason: str = ""
    """Why the order waits or failed, in the CA's own words where it refused; absent while nothing
    is wrong."""
    failure_time: datetime | None = None
    """When the order failed."""
    diagnosis: Diagnosis | None = None
    """Why the order is not done, with its last attempts. For people: nothing is decided by it."""


class Order(Object):
    """One order at an ACME CA. Orders are made by the controller for a CertificateRequest; nobody
    needs to create one."""

    spec: OrderSpec
    """What is ordered, from whom. Never changes after creation."""
    status: OrderStatus = OrderStatus()
    """How far the order has come. Written by the controller."""
