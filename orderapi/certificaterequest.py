"""CertificateRequest: one attempt to have one request signed, by whichever issuer it names."""

from datetime import datetime
from typing import Annotated, Final, TypeAlias

import msgspec

from orderapi.conditions import Conditions
from orderapi.meta import Object
from orderapi.references import IssuerRef
from orderapi.usages import Usage
from orderapi.wire import Base64, Wire

MAX_REQUEST: Final = 65_536
"""The largest signing request that is looked into, PEM or DER, in bytes."""

# The conditions of a request carry no observedGeneration: its spec never changes.
RequestConditions: TypeAlias = Annotated[
    Conditions, msgspec.Meta(extra={"without": ("observedGeneration",)})
]


class CertificateRequestSpec(Wire):
    """What is to be signed, by whom, and who asks."""

    request: Base64
    """The certificate signing request as PEM."""
    issuer_ref: IssuerRef
    """The issuer that signs the request."""
    duration: str | None = None
    """Lifetime asked for (Go duration); the issuer may grant another."""
    is_ca: bool | None = None
    """Whether the certificate may sign other certificates; false by default."""
    usages: tuple[Usage, ...] = ()
    """Key usages asked for; digital signature and key encipherment by default."""
    username: str | None = None
    """Name of the user who made the request. Filled in at creation."""
    uid: str | None = None
    """UID of the user who made the request. Filled in at creation."""
    groups: tuple[str, ...] = ()
    """Groups of the user who made the request. Filled in at creation."""
    extra: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Further attributes of the user who made the request. Filled in at creation."""


class CertificateRequestStatus(Wire):
    """What became of the request."""

    conditions: RequestConditions = ()
    """Approved or Denied: whether it may be signed. Ready: whether it has been. InvalidRequest: why
    it cannot be."""
    certificate: bytes = b""
    """The certificate chain as PEM, leaf first."""
    ca: bytes = b""
    """The certificate of the signing CA as PEM, where the issuer tells it; ACME issuers do not."""
    failure_time: datetime | None = None
    """When the request failed."""


class CertificateRequest(Object):
    """One attempt to have one certificate signing request signed."""

    # A CRD lets an object without a spec pass; it reads as one that asks for nothing.
    spec: CertificateRequestSpec = CertificateRequestSpec(
        request=b"", issuer_ref=IssuerRef(name="")
    )
    """What is to be signed, by whom, and who asks. Never changes after creation."""
    status: CertificateRequestStatus = CertificateRequestStatus()
    """What became of the request. Written by the issuer's controller and the approver."""
