"""The closed set of things to do about a Certificate; doing one twice is harmless."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from controller.certificates.observed import Made
from controller.runtime.schedule import Again
from controller.secretnote import SecretNote
from orderapi.certificate import CertificateStatus
from orderapi.certificaterequest import CertificateRequest


@dataclass(frozen=True, slots=True)
class Told:
    """An event on the Certificate."""

    type: Literal["Normal", "Warning"]
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do until then, or until the Secret named in `secret` changes, where it is set."""

    again: Again
    secret: str = ""
    events: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """Write the status, in one patch, and say so."""

    status: CertificateStatus
    events: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that is made now."""


@dataclass(frozen=True, slots=True)
class ReusedKey:
    """The key of the target Secret."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """The key that the next-key Secret holds already."""

    secret: SecretNote


KeySource: TypeAlias = NewKey | ReusedKey | StoredKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Put a key into the next-key Secret, then delete the requests in `clear`, then make `request`.

    `request` is complete but for its signing request, which is made of the key. The history of
    attempts is in both objects, so that a crash between any two of the steps loses none of it.
    """

    key: KeySource
    key_name: str
    history: str
    clear: tuple[CertificateRequest, ...]
    request: CertificateRequest
    events: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Write the certificate of `made`, with the key in `key`, into the target Secret."""

    made: Made
    key: SecretNote


@dataclass(frozen=True, slots=True)
class IssueTemporary:
    """Write a certificate that nobody trusts, for the key in `key`, into the target Secret."""

    key: SecretNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Write the target Secret again with what it holds, as the spec wants it; then the status,
    which says by its generation that this was done.

    Key stores are made anew only where `stores` says so: their bytes differ each time. `drifted`:
    somebody else changed the Secret, and may do so again.
    """

    target: SecretNote
    status: CertificateStatus
    stores: bool
    drifted: bool
    why: str
    events: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveKey:
    """Delete a next-key Secret."""

    secret: SecretNote
    events: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveRequests:
    """Delete requests that are no longer kept."""

    requests: tuple[CertificateRequest, ...]


Action: TypeAlias = (
    Rest | Write | Prepare | Issue | IssueTemporary | Repair | RemoveKey | RemoveRequests
)
