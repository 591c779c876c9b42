"""From a source to its Certificates as they should be. Pure, and total on whatever decodes."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from controller.runtime.patches import merge_patch
from controller.settings import Settings
from controller.shims import sentences
from controller.shims.annotations import SPEC_FIELDS, translate
from controller.shims.hosts import distinct_addresses, names_of
from controller.shims.issuer import asks, issuer_of
from controller.shims.lists import distinct
from controller.shims.source import Blocks, Kind
from orderapi import names
from orderapi.certificate import Certificate, CertificateSpec
from orderapi.copying import copied_annotations, copied_labels
from orderapi.meta import Object, ObjectMeta, owner_reference
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE

S = TypeVar("S", bound=Object)

OVERRIDES: Final = (
    names.HTTP01_OVERRIDE_INGRESS_NAME,
    names.HTTP01_OVERRIDE_INGRESS_CLASS,
    names.HTTP01_OVERRIDE_INGRESS_CLASS_NAME,
    names.ISSUE_TEMPORARY_CERTIFICATE,
    names.HTTP01_PARENT_REF_KIND,
    names.HTTP01_PARENT_REF_NAME,
)
"""Annotations of a Certificate that the shims set, and take out where they are not wanted."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """The source asks for no Certificates, or is going away: nothing is done."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """What is wanted cannot be told: nothing is done until the source changes."""

    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The Certificates that the source is to have; `referenced`: all Secrets that it names.

    `faults` tell of parts of it for which no Certificate can be made.
    """

    certificates: tuple[Certificate, ...]
    referenced: frozenset[str]
    faults: tuple[str, ...] = ()


Reading: TypeAlias = Unasked | Unclear | Wishes


def read(kind: Kind[S], source: S, settings: Settings) -> Reading:
    """What the source asks for."""
    meta = source.metadata
    if not asks(meta, settings, automatic=kind.automatic):
        return Unasked()
    issuer = issuer_of(meta.annotations, settings)
    translated = translate(meta.annotations)
    blocks = kind.blocks(source)
    blocking = [sentences.bad_annotation(kind.resource.kind, why) for why in translated.faults]
    if isinstance(issuer, str):
        blocking.insert(0, sentences.bad_issuer(kind.resource.kind, issuer))
    if isinstance(issuer, str) or blocking or blocks.contradictory:
        return Unclear((*blocking, *blocks.faults))
    return Wishes(
        certificates=_certificates(kind, source, settings, blocks, issuer, translated.spec),
        referenced=blocks.referenced,
        faults=blocks.faults,
    )


def change(existing: Certificate, wish: Certificate, settings: Settings) -> dict[str, Any]:
    """The merge patch that makes of `existing` what is wished; empty where it is that already.

    Labels of others stay, and so do fields that no annotation can set.
    """
    meta = existing.metadata
    owned = (*settings.extra_certificate_annotations, *OVERRIDES)
    kept = {key: value for key, value in meta.annotations.items() if key not in owned}
    desired = msgspec.structs.replace(
        existing,
        metadata=msgspec.structs.replace(
            meta,
            labels=meta.labels | wish.metadata.labels,
            annotations=kept | wish.metadata.annotations,
        ),
        spec=msgspec.structs.replace(
            existing.spec, **{field: getattr(wish.spec, field) for field in SPEC_FIELDS}
        ),
    )
    return merge_patch(existing, desired)


def lacking(existing: Certificate, wish: Certificate) -> tuple[str, ...]:
    """Names that are wished and that `existing` does not ask for, in whatever spelling.

    A wildcard of its stands for a name one label below it (RFC 6125 section 6.4.3).
    """
    held = {name.lower() for name in existing.spec.dns_names}
    addresses = existing.spec.ip_addresses
    together = distinct_addresses((*addresses, *wish.spec.ip_addresses))
    return (
        *(
            name
            for name in wish.spec.dns_names
            if held.isdisjoint((name.lower(), f"*.{name.lower().partition('.')[2]}"))
        ),
        *(address for address in together if address not in addresses),
    )


def _certificates(
    kind: Kind[S],
    source: S,
    settings: Settings,
    blocks: Blocks,
    issuer: IssuerRef,
    template: CertificateSpec,
) -> tuple[Certificate, ...]:
    meta = source.metadata
    labels = copied_labels(meta)
    annotations = _extra(meta, settings) | kind.overrides(source)
    return tuple(
        CERTIFICATE.typed(
            Certificate(
                metadata=ObjectMeta(
                    name=secret,
                    namespace=meta.namespace,
                    labels=labels,
                    annotations=annotations,
                    owner_references=(owner_reference(kind.resource, source),),
                ),
                spec=_spec(template, secret, hosts, issuer),
            )
        )
        for secret, hosts in blocks.hosts.items()
    )


def _spec(
    template: CertificateSpec, secret: str, hosts: tuple[str, ...], issuer: IssuerRef
) -> CertificateSpec:
    named = names_of(hosts)
    return msgspec.structs.replace(
        template,
        secret_name=secret,
        issuer_ref=issuer,
        dns_names=distinct((*named.dns_names, *template.dns_names)),
        ip_addresses=distinct_addresses((*named.ip_addresses, *template.ip_addresses)),
    )


def _extra(meta: ObjectMeta, settings: Settings) -> dict[str, str]:
    wanted = settings.extra_certificate_annotations
    copied = copied_annotations(meta, prefixes=wanted)
    return {key: copied[key] for key in wanted if key in copied}
