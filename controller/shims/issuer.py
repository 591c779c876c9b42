"""Who asks for Certificates, and which issuer signs them. Pure."""

from collections.abc import Mapping
from typing import Final

from controller.pki.faults import quoted
from controller.settings import Settings
from orderapi import names
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef

_TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""What Go reads as true."""

_FOREGROUND: Final = "foregroundDeletion"


def asks(meta: ObjectMeta, settings: Settings, *, automatic: bool) -> bool:
    """Whether an object asks for Certificates: it names an issuer and is not going away.

    `automatic`: one of `--auto-certificate-annotations` asks too.
    """
    if meta.deletion_timestamp is not None or _FOREGROUND in meta.finalizers:
        return False
    given = meta.annotations
    if names.INGRESS_ISSUER in given or names.INGRESS_CLUSTER_ISSUER in given:
        return True
    return automatic and any(
        given.get(key) in _TRUE for key in settings.auto_certificate_annotations
    )


def issuer_of(annotations: Mapping[str, str], settings: Settings) -> IssuerRef | str:
    """The issuer that is asked for, or what is wrong. What is not annotated is as the flags say."""
    name, kind = settings.default_issuer_name, settings.default_issuer_kind
    if names.INGRESS_ISSUER in annotations:
        name, kind = annotations[names.INGRESS_ISSUER], "Issuer"
    if names.INGRESS_CLUSTER_ISSUER in annotations:
        name, kind = annotations[names.INGRESS_CLUSTER_ISSUER], "ClusterIssuer"
        for other in (names.INGRESS_ISSUER, names.ISSUER_KIND, names.ISSUER_GROUP):
            if other in annotations:
                return _both(annotations, names.INGRESS_CLUSTER_ISSUER, other)
    if not name:
        return _nameless(annotations)
    return IssuerRef(
        name=name,
        kind=annotations.get(names.ISSUER_KIND) or kind,
        group=annotations.get(names.ISSUER_GROUP) or settings.default_issuer_group,
    )


def _both(annotations: Mapping[str, str], *keys: str) -> str:
    told = " and ".join(f"{key} ({quoted(annotations[key])})" for key in keys)
    return f"{told} exclude each other"


def _nameless(annotations: Mapping[str, str]) -> str:
    for key in (names.INGRESS_ISSUER, names.INGRESS_CLUSTER_ISSUER):
        if key in annotations:
            return f'{key}: "" names no issuer'
    return (
        f"neither {names.INGRESS_ISSUER} nor {names.INGRESS_CLUSTER_ISSUER} is set, and the "
        "controller runs without --default-issuer-name"
    )
