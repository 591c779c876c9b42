"""What the target Secret is to hold, and whether it still does. Pure.

It is written by server-side apply: what stands here is ours, all else in the Secret is left alone.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from controller.certificates.adoption import CA_CERTIFICATE
from controller.pki.details import details_annotations
from controller.pki.formats import format_entries, format_names
from controller.pki.keys import Key, encode
from controller.pki.keystores import Passwords, keystore_entries, keystore_names
from controller.pki.leaf import Leaf
from controller.runtime.objects import SECRET, Secret
from controller.secretnote import TLS_CERTIFICATE, TLS_KEY, SecretNote
from orderapi import defaults
from orderapi.certificate import Certificate, CertificateSpec
from orderapi.meta import ObjectMeta, owner_reference
from orderapi.names import (
    ALLOW_DIRECT_INJECTION,
    ATTEMPTS,
    CERTIFICATE_NAME,
    GROUP,
    ISSUER_GROUP,
    ISSUER_KIND,
    ISSUER_NAME,
    NEXT_PRIVATE_KEY,
    WATCHED_SECRET,
)
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE

MANAGER: Final = "cert-manager-certificates-issuing"
"""Field manager of the target Secret."""

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def manifest(
    certificate: Certificate,
    *,
    data: dict[str, bytes],
    leaf: Leaf,
    issuer: IssuerRef | None,
    type: str,  # noqa: A002 (the API's word)
    uid: str = "",
    owned: bool = False,
) -> dict[str, Any]:
    """The Secret to apply. With `uid`, only that very Secret is meant; `issuer` None marks a
    temporary certificate."""
    owner = (owner_reference(CERTIFICATE, certificate),) if owned else ()
    secret = Secret(
        api_version=SECRET.api_version,
        kind=SECRET.kind,
        metadata=ObjectMeta(
            name=certificate.spec.secret_name,
            namespace=certificate.metadata.namespace,
            uid=uid,
            labels=wanted_labels(certificate.spec),
            annotations=_wanted_annotations(certificate, leaf) | _issuer_annotations(issuer),
            owner_references=owner,
        ),
        type=type,
        data=data,
    )
    wired: dict[str, Any] = msgspec.to_builtins(secret)
    return wired


def entries(
    spec: CertificateSpec,
    *,
    key: Key,
    chain: bytes,
    ca: bytes,
    passwords: Passwords,
    now: datetime,
    kept_stores: dict[str, bytes] | None = None,
) -> dict[str, bytes]:
    """The data of the Secret. `kept_stores` are key stores to keep in place of making new ones.

    Raises `InvalidSpec` or `Unreadable`.
    """
    key_pem = encode(key, defaults.key_encoding(spec.private_key))
    data = {TLS_CERTIFICATE: chain, TLS_KEY: key_pem}
    if ca:
        data[CA_CERTIFICATE] = ca
    data |= format_entries(spec.additional_output_formats, key_pem=key_pem, chain_pem=chain)
    if kept_stores is not None:
        return data | kept_stores
    return data | keystore_entries(
        spec.keystores, key=key, chain_pem=chain, ca_pem=ca, passwords=passwords, now=now
    )


def next_key_secret(certificate: Certificate, *, name: str, key: Key, attempts: str) -> Secret:
    """The Secret that keeps the key of an issuance under way."""
    return Secret(
        api_version=SECRET.api_version,
        kind=SECRET.kind,
        metadata=ObjectMeta(
            name=name,
            namespace=certificate.metadata.namespace,
            labels={NEXT_PRIVATE_KEY: "true", WATCHED_SECRET: "true"},
            annotations={ATTEMPTS: attempts},
            owner_references=(owner_reference(CERTIFICATE, certificate),),
        ),
        type="Opaque",
        data={TLS_KEY: encode(key, "PKCS8")},
    )


def missing_entries(spec: CertificateSpec, target: SecretNote) -> tuple[str, ...]:
    """Entries that the spec asks for beyond key and certificate, and that the Secret lacks."""
    wanted = (*format_names(spec.additional_output_formats), *wanted_stores(spec, target))
    return tuple(name for name in wanted if name not in target.entries)


def wanted_stores(spec: CertificateSpec, target: SecretNote) -> tuple[str, ...]:
    """The key stores that the spec asks for."""
    return keystore_names(spec.keystores, has_ca=CA_CERTIFICATE in target.entries)


def drift(certificate: Certificate, target: SecretNote, *, owned: bool) -> str:
    """What the Secret lacks of all that is written into it, in a few words; empty: nothing.

    Only what another write mends, so that one write is enough.
    """
    if target.leaf is None:
        return ""
    meta = target.metadata
    labels = _differing(wanted_labels(certificate.spec), meta.labels)
    if labels:
        return f"label {labels[0]}"
    annotations = _differing(_wanted_annotations(certificate, target.leaf), meta.annotations)
    if annotations:
        return f"annotation {annotations[0]}"
    missing = missing_entries(certificate.spec, target)
    if missing:
        return f"entry {missing[0]}"
    uids = {owner.uid for owner in meta.owner_references}
    return "owner reference" if owned and certificate.metadata.uid not in uids else ""


def wanted_labels(spec: CertificateSpec) -> dict[str, str]:
    """The labels of the Secret: those of the template, and ours."""
    template = spec.secret_template.labels if spec.secret_template else {}
    # With this label it would be taken for the Secret of a key, and removed as one.
    kept = {name: value for name, value in template.items() if name != NEXT_PRIVATE_KEY}
    return {**kept, WATCHED_SECRET: "true"}


def _wanted_annotations(certificate: Certificate, leaf: Leaf) -> dict[str, str]:
    template = certificate.spec.secret_template
    return {
        **(_template_annotations(template.annotations) if template else {}),
        **details_annotations(leaf),
        CERTIFICATE_NAME: certificate.metadata.name,
    }


def _template_annotations(written: dict[str, str]) -> dict[str, str]:
    """Without those of cert-manager.io, which say where the certificate comes from, and the one
    that `kubectl apply` keeps for itself."""
    return {
        name: value
        for name, value in written.items()
        if name == ALLOW_DIRECT_INJECTION
        or not (name.startswith(f"{GROUP}/") or name == _LAST_APPLIED)
    }


def _issuer_annotations(issuer: IssuerRef | None) -> dict[str, str]:
    if issuer is None:
        return {}
    return {ISSUER_NAME: issuer.name, ISSUER_KIND: issuer.kind, ISSUER_GROUP: issuer.group}


def _differing(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    return [name for name, value in wanted.items() if found.get(name) != value]
