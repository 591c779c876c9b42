"""The objects of one attempt: the name of its key's Secret, and its CertificateRequest. Pure."""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from controller.certificates.observed import Observed
from orderapi import attempts
from orderapi.attempts import Attempt
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest, CertificateRequestSpec
from orderapi.copying import copied_annotations, copied_labels
from orderapi.issuer import AnyIssuer
from orderapi.meta import ObjectMeta, owner_reference
from orderapi.names import (
    ACME_SERVER,
    ATTEMPTS,
    CERTIFICATE_NAME,
    CERTIFICATE_REVISION,
    ISSUER_SEEN,
    PRIVATE_KEY_SECRET_NAME,
    request_name,
)
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST

_MAX_NAME: Final = 253
_SUFFIX_LENGTH: Final = 8


def next_key_name(certificate: Certificate, now: datetime) -> str:
    """Name for the Secret of an attempt's key: another for each attempt, to tell its request by."""
    meta = certificate.metadata
    digest = hashlib.sha256(f"{meta.uid}/{now.isoformat()}".encode()).hexdigest()
    return suffixed(meta.name, digest[:_SUFFIX_LENGTH])


def suffixed(name: str, suffix: str) -> str:
    """`<name>-<suffix>`, with the name cut where both are too long for an object's name."""
    return f"{name[: _MAX_NAME - 1 - len(suffix)].rstrip('.-')}-{suffix}"


def request_for(seen: Observed, *, key_name: str) -> CertificateRequest:
    """The request of the next revision, complete but for `spec.request`."""
    certificate = seen.certificate
    meta, spec = certificate.metadata, certificate.spec
    copied = copied_annotations(meta, prefixes=seen.wishes.annotation_prefixes)
    return CertificateRequest(
        api_version=CERTIFICATE_REQUEST.api_version,
        kind=CERTIFICATE_REQUEST.kind,
        metadata=ObjectMeta(
            name=request_name(meta.name, seen.next_revision),
            namespace=meta.namespace,
            labels=copied_labels(meta),
            annotations=copied
            | {
                CERTIFICATE_NAME: meta.name,
                CERTIFICATE_REVISION: str(seen.next_revision),
                PRIVATE_KEY_SECRET_NAME: key_name,
                ATTEMPTS: _history_with_this(seen),
            }
            | _issuer_now(seen.issuer),
            owner_references=(owner_reference(CERTIFICATE, certificate),),
        ),
        spec=CertificateRequestSpec(
            request=b"",
            issuer_ref=spec.issuer_ref,
            duration=spec.duration,
            is_ca=spec.is_ca,
            usages=spec.usages,
        ),
    )


def history(seen: Observed) -> str:
    """The attempts annotation of what was made within the last hour."""
    return attempts.written(seen.attempts)


def _history_with_this(seen: Observed) -> str:
    # Each attempt has a time of its own, as it is by their times that they are told apart.
    tick = timedelta(microseconds=1)
    time = max((seen.now, *(attempt.time + tick for attempt in seen.attempts)))
    this = Attempt(time, attempts.names_digest(seen.certificate.spec))
    return attempts.written((*seen.attempts, this))


def issuer_seen(issuer: AnyIssuer) -> str:
    """Which issuer, in which generation of its spec."""
    return f"{issuer.metadata.uid}/{issuer.metadata.generation}"


def _issuer_now(issuer: AnyIssuer | None) -> dict[str, str]:
    if issuer is None:
        return {}
    server = {ACME_SERVER: issuer.spec.acme.server} if issuer.spec.acme else {}
    return {ISSUER_SEEN: issuer_seen(issuer), **server}
