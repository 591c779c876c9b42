"""What a decision about a Certificate may depend on. Values only; nothing here reads or asks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from controller.pki.csr import Csr
from controller.pki.keystores import Passwords
from controller.pki.leaf import Leaf
from controller.secretnote import SecretNote
from orderapi import defaults
from orderapi.attempts import Attempt
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find, is_true
from orderapi.issuer import AnyIssuer
from orderapi.meta import ObjectMeta
from orderapi.names import ISSUE_TEMPORARY_CERTIFICATE, ISSUING, READY

NO_PASSWORDS: Final = Passwords()


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no Secret of that name."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The Secret was not looked at, because nothing can depend on it now (see `target_matters`)."""


Target: TypeAlias = SecretNote | Absent | Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A CertificateRequest that was made for the Certificate, and what its bytes say.

    `csr` or `csr_fault`, and for an issued one of the coming revision `leaf` or `leaf_fault`.
    """

    request: CertificateRequest
    csr: Csr | None = None
    csr_fault: str = ""
    mismatch: tuple[str, ...] = ()
    """The fields of the Certificate's spec that it does not meet."""
    leaf: Leaf | None = None
    leaf_fault: str = ""

    @property
    def key_digest(self) -> str:
        """Digest of its public key; empty where it cannot be read."""
        return self.csr.public_key_digest if self.csr else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPassword:
    """A key store's password is missing: in which Secret, and how that is said."""

    secret: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The API server, an admission or the spec itself kept a step from being made just now."""

    reason: str
    sentence: str
    until: datetime
    """It is not tried again before."""
    behind: ObjectMeta | None = None
    """The request that is in the way, where it is one: its going ends the wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator's flags say to this room."""

    owner_ref: bool = False
    """Whether the Certificate becomes the owner of its Secret."""
    minimum_backoff: timedelta | None = None
    maximum_backoff: timedelta | None = None
    annotation_prefixes: tuple[str, ...] = ()
    """Annotations, by prefix, that a request takes over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One Certificate and its surroundings at one time."""

    certificate: Certificate
    now: datetime
    target: Target
    issuer: AnyIssuer | None = None
    rivals: tuple[Certificate, ...] = ()
    """The other Certificates with the same secretName."""
    claim: str = ""
    """What an issuer of the namespace uses the Secret for, such as `the account key of …`."""
    next_keys: tuple[SecretNote, ...] = ()
    """The next-key Secrets that the Certificate controls."""
    current: Made | None = None
    """The request that the certificate in the Secret came from."""
    coming: tuple[Made, ...] = ()
    """The requests of the next revision; more than one only after a disturbance."""
    past: tuple[CertificateRequest, ...] = ()
    """The requests of older revisions, oldest first."""
    strays: tuple[CertificateRequest, ...] = ()
    """Requests without a readable revision."""
    attempts: tuple[Attempt, ...] = ()
    """Requests made within the last hour."""
    faults: tuple[str, ...] = ()
    """What in the spec keeps a request from being made; not looked for while all is well."""
    passwords: Passwords | NoPassword = NO_PASSWORDS
    """Passwords of the key stores, where they may be needed now (see `passwords_matter`)."""
    repair_free_at: datetime | None = None
    """Until then the Secret is not repaired again, because somebody undoes each repair."""
    refused: Refusal | None = None
    """The next step of the issuance was refused, and it is not time to try it again."""
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def next_revision(self) -> int:
        """The revision that the next certificate becomes."""
        return (self.certificate.status.revision or 0) + 1

    @property
    def issuing(self) -> bool:
        """Whether an issuance is wanted or under way."""
        return is_true(self.certificate.status.conditions, ISSUING)

    @property
    def issued_for(self) -> str:
        """The Certificate that the Secret says it was issued for; empty where it says none."""
        return self.target.certificate_name if isinstance(self.target, SecretNote) else ""


def target_matters(certificate: Certificate, now: datetime, *, has_next_key: bool) -> bool:
    """Whether a Secret that no watch knows must be read by name for this decision.

    Not while an issuance waits for its request: then nothing about the Secret can change a thing.
    """
    status, spec = certificate.status, certificate.spec
    ready = find(status.conditions, READY)
    if not is_true(status.conditions, ISSUING) or not status.next_private_key_secret_name:
        return True
    if ready is None or spec_changed(certificate):
        return True
    if defaults.rotation_policy(spec.private_key) == "Never" and not has_next_key:
        return True
    if wants_temporary(certificate):
        return True
    return ready.status == "True" and status.not_after is not None and status.not_after <= now


def spec_changed(certificate: Certificate) -> bool:
    """Whether the spec has changed since Ready was last said of it."""
    ready = find(certificate.status.conditions, READY)
    generation = ready.observed_generation if ready is not None else None
    return generation not in (None, certificate.metadata.generation)


def wants_temporary(certificate: Certificate) -> bool:
    """Whether a temporary certificate is wanted while the true one is being issued."""
    return certificate.metadata.annotations.get(ISSUE_TEMPORARY_CERTIFICATE) == "true"
