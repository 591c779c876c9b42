"""Certificates, requests and Secrets for tests: real keys, real X.509, sensible defaults."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from controller.certificates.observed import Made, Observed, Unread
from controller.pki.csr import build_csr, read_csr
from controller.pki.faults import Unreadable
from controller.pki.keys import Key, PublicKey, encode
from controller.pki.leaf import read_chain
from controller.pki.matching import request_mismatch
from controller.runtime.objects import Secret
from controller.secretnote import SecretNote, note
from orderapi import names
from orderapi.certificate import (
    Certificate,
    CertificateSpec,
    CertificateStatus,
    PrivateKey,
)
from orderapi.certificaterequest import (
    CertificateRequest,
    CertificateRequestSpec,
    CertificateRequestStatus,
)
from orderapi.conditions import Condition
from orderapi.issuer import AcmeIssuer, Issuer, IssuerSpec, IssuerStatus
from orderapi.meta import ObjectMeta, owner_reference
from orderapi.references import IssuerRef, SecretKeySelector
from orderapi.resources import CERTIFICATE

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NOT_BEFORE = NOW - timedelta(days=10)
NOT_AFTER = NOW + timedelta(days=80)
RENEWAL = NOW + timedelta(days=50)
NEXT_KEY = "web-key1"
SERVER = "https://acme.example/directory"


@cache
def a_key(name: str = "one", curve: int = 256) -> Key:
    """A P-256 (or P-384) key: the same for the same name."""
    return ec.generate_private_key(ec.SECP384R1() if curve == 384 else ec.SECP256R1())


@cache
def _authority() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def a_chain(
    key: Key | PublicKey | None = None,
    *,
    dns_names: Sequence[str] = ("www.example.com",),
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
    ca: bool = False,
) -> bytes:
    """A certificate for the public half of `key`, as PEM."""
    key = key or a_key()
    public = key if isinstance(key, PublicKey) else key.public_key()
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's CA")])
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=x509.Name([]),
        public_key=public,
        serial_number=x509.random_serial_number(),
        not_valid_before=not_before,
        not_valid_after=not_after,
        extensions=[],
    ).add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in dns_names]), True)
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    return builder.sign(_authority(), hashes.SHA256()).public_bytes(Encoding.PEM)


def a_spec(
    *,
    dns_names: tuple[str, ...] = ("www.example.com",),
    secret_name: str = "web-tls",  # noqa: S107 (a name)
    rotation: str | None = None,
    size: int | None = None,
    issuer: str = "letsencrypt",
) -> CertificateSpec:
    return CertificateSpec(
        secret_name=secret_name,
        issuer_ref=IssuerRef(name=issuer),
        dns_names=dns_names,
        private_key=PrivateKey(algorithm="ECDSA", rotation_policy=rotation, size=size),
    )


def a_certificate(
    *,
    name: str = "web",
    spec: CertificateSpec | None = None,
    status: CertificateStatus | None = None,
    generation: int = 1,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    created: datetime = NOT_BEFORE,
    deleted: datetime | None = None,
) -> Certificate:
    return CERTIFICATE.typed(
        Certificate(
            metadata=ObjectMeta(
                name=name,
                namespace="shop",
                uid=f"uid-of-{name}",
                resource_version="7",
                generation=generation,
                creation_timestamp=created,
                deletion_timestamp=deleted,
                annotations=dict(annotations or {}),
                labels=dict(labels or {}),
            ),
            spec=spec or a_spec(),
            status=status or CertificateStatus(),
        )
    )


def a_condition(
    kind: str,
    status: str,
    reason: str = "",
    message: str = "",
    *,
    generation: int | None = 1,
    since: datetime = NOT_BEFORE,
) -> Condition:
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        observed_generation=generation,
        last_transition_time=since,
    )


READY_CONDITION = a_condition(
    "Ready", "True", "Ready", "Certificate is up to date and has not expired"
)
NOT_READY = a_condition(
    "Ready", "False", "DoesNotExist", "Issuing certificate as Secret does not exist"
)
ISSUING_CONDITION = a_condition(
    "Issuing", "True", "DoesNotExist", "Issuing certificate as Secret does not exist"
)


def ready_status(
    *conditions: Condition, revision: int | None = 1, generation: int = 1
) -> CertificateStatus:
    """The status of a Certificate that was issued and is Ready."""
    ready = msgspec.structs.replace(READY_CONDITION, observed_generation=generation)
    return CertificateStatus(
        conditions=(ready, *conditions),
        not_before=NOT_BEFORE,
        not_after=NOT_AFTER,
        renewal_time=RENEWAL,
        revision=revision,
    )


def issuing_status(
    *, key_name: str | None = NEXT_KEY, ready: bool = False, issuing: Condition = ISSUING_CONDITION
) -> CertificateStatus:
    """The status while an issuance is under way."""
    base = ready_status() if ready else CertificateStatus(conditions=(NOT_READY,))
    return msgspec.structs.replace(
        base, conditions=(*base.conditions, issuing), next_private_key_secret_name=key_name
    )


def failed_status(
    message: str = "denied",
    *,
    ago: timedelta = timedelta(seconds=30),
    attempts: int = 1,
    generation: int = 1,
    reason: str = "Failed",
    base: CertificateStatus | None = None,
) -> CertificateStatus:
    """The status after failed issuances."""
    base = base or CertificateStatus(conditions=(NOT_READY,))
    told = f"The certificate request has failed to complete and will be retried: {message}"
    issuing = a_condition("Issuing", "False", reason, told, generation=generation)
    return msgspec.structs.replace(
        base,
        conditions=(*base.conditions, issuing),
        last_failure_time=NOW - ago,
        failed_issuance_attempts=attempts,
    )


def a_secret(
    *,
    name: str = "web-tls",
    key: Key | None = None,
    chain: bytes | None = None,
    type: str = "kubernetes.io/tls",  # noqa: A002
    data: Mapping[str, bytes] | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    issued_for: str | None = "web",
    issuer: str | None = "letsencrypt",
    immutable: bool | None = None,
) -> Secret:
    """The target Secret as an issuance leaves it, or with other data."""
    chain = a_chain(key) if chain is None else chain
    pair = {"tls.crt": chain, "tls.key": encode(key or a_key(), "PKCS1")}
    told: dict[str, str] = {}
    if issued_for is not None:
        told |= {
            names.CERTIFICATE_NAME: issued_for,
            names.COMMON_NAME: "",
            names.ALT_NAMES: "www.example.com",
            names.IP_SANS: "",
            names.URI_SANS: "",
        }
    if issuer is not None:
        told |= {names.ISSUER_NAME: issuer, names.ISSUER_KIND: "", names.ISSUER_GROUP: ""}
    return Secret(
        metadata=ObjectMeta(
            name=name,
            namespace="shop",
            uid=f"uid-of-{name}",
            resource_version="5",
            labels={names.WATCHED_SECRET: "true"} if labels is None else dict(labels),
            annotations=told | dict(annotations or {}),
        ),
        type=type,
        data=dict(pair if data is None else data),
        immutable=immutable,
    )


def a_target(**keywords: object) -> SecretNote:
    """The note of `a_secret`."""
    return note(a_secret(**keywords))  # type: ignore[arg-type]


def a_next_key(
    key: Key | None = None,
    *,
    name: str = NEXT_KEY,
    certificate: Certificate | None = None,
    pem: bytes | None = None,
) -> SecretNote:
    """The Secret of the next key."""
    secret = Secret(
        metadata=ObjectMeta(
            name=name,
            namespace="shop",
            uid=f"uid-of-{name}",
            resource_version="6",
            labels={names.NEXT_PRIVATE_KEY: "true", names.WATCHED_SECRET: "true"},
            owner_references=(owner_reference(CERTIFICATE, certificate or a_certificate()),),
        ),
        type="Opaque",
        data={"tls.key": encode(key or a_key("next"), "PKCS8") if pem is None else pem},
    )
    return note(secret)


def a_request(
    *,
    key: Key | None = None,
    spec: CertificateSpec | None = None,
    revision: int | str = 1,
    name: str | None = None,
    key_name: str = NEXT_KEY,
    status: CertificateRequestStatus | None = None,
    annotations: Mapping[str, str] | None = None,
) -> CertificateRequest:
    """A request for `spec`, signed with `key`."""
    spec = spec or a_spec()
    csr = build_csr(spec, key or a_key("next"))
    return CertificateRequest(
        metadata=ObjectMeta(
            name=name or f"web-{revision}",
            namespace="shop",
            uid=f"uid-of-request-{name or revision}",
            resource_version="8",
            annotations={
                names.CERTIFICATE_NAME: "web",
                names.CERTIFICATE_REVISION: str(revision),
                names.PRIVATE_KEY_SECRET_NAME: key_name,
                **(annotations or {}),
            },
            owner_references=(owner_reference(CERTIFICATE, a_certificate()),),
        ),
        spec=CertificateRequestSpec(request=csr, issuer_ref=spec.issuer_ref, is_ca=spec.is_ca),
        status=status or CertificateRequestStatus(),
    )


def issued(chain: bytes, ca: bytes = b"") -> CertificateRequestStatus:
    """The status of a request that was signed."""
    done = a_condition("Ready", "True", "Issued", "Certificate fetched from issuer successfully")
    return CertificateRequestStatus(conditions=(done,), certificate=chain, ca=ca)


def refused(message: str, reason: str = "Failed") -> CertificateRequestStatus:
    """The status of a request that failed."""
    return CertificateRequestStatus(
        conditions=(a_condition("Ready", "False", reason, message),), failure_time=NOW
    )


def unmeetable(message: str, reason: str = "InvalidOrder") -> CertificateRequestStatus:
    """The status of a request that was refused for what it asks."""
    invalid = a_condition("InvalidRequest", "True", reason, message)
    status = refused(message)
    return msgspec.structs.replace(status, conditions=(*status.conditions, invalid))


def pending(message: str) -> CertificateRequestStatus:
    """The status of a request that waits."""
    return CertificateRequestStatus(conditions=(a_condition("Ready", "False", "Pending", message),))


def made(request: CertificateRequest, spec: CertificateSpec | None = None) -> Made:
    """What observing the request gives."""
    csr = read_csr(request.spec.request)
    leaf, fault = None, ""
    try:
        leaf = read_chain(request.status.certificate) if request.status.certificate else None
    except Unreadable as error:
        fault = str(error)
    mismatch = request_mismatch(spec or a_spec(), csr, request.spec)
    return Made(request=request, csr=csr, mismatch=mismatch, leaf=leaf, leaf_fault=fault)


def an_issuer(
    *,
    name: str = "letsencrypt",
    generation: int = 1,
    ready: bool = True,
    ready_since: datetime = NOT_BEFORE,
    observed: int | None = None,
    server: str = SERVER,
    account_key: str = "account-key",
) -> Issuer:
    condition = a_condition(
        "Ready",
        "True" if ready else "False",
        "ACMEAccountRegistered",
        generation=generation if observed is None else observed,
        since=ready_since,
    )
    return Issuer(
        metadata=ObjectMeta(
            name=name,
            namespace="shop",
            uid=f"uid-of-{name}",
            resource_version="3",
            generation=generation,
        ),
        spec=IssuerSpec(
            acme=AcmeIssuer(
                server=server, private_key_secret_ref=SecretKeySelector(name=account_key)
            )
        ),
        status=IssuerStatus(conditions=(condition,)),
    )


def settled_case() -> Observed:
    """A Certificate that was issued, whose Secret is as it should be."""
    key = a_key()
    return Observed(
        certificate=a_certificate(status=ready_status()),
        now=NOW,
        target=a_target(key=key),
        issuer=an_issuer(),
        current=made(a_request(key=key)),
    )


def issuing_case(
    *requests: CertificateRequest, keys: tuple[SecretNote, ...] | None = None
) -> Observed:
    """A first issuance under way, with its key there."""
    return Observed(
        certificate=a_certificate(status=issuing_status()),
        now=NOW,
        target=Unread(),
        issuer=an_issuer(),
        next_keys=(a_next_key(),) if keys is None else keys,
        coming=tuple(made(request) for request in requests),
    )
