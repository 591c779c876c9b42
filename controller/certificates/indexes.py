"""Indexes that this room needs in the caches it shares, and what wakes a Certificate. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from controller.certificates.claims import used_secrets
from orderapi import defaults
from orderapi.certificate import Certificate
from orderapi.issuer import AnyIssuer, ClusterIssuer
from orderapi.names import GROUP
from orderapi.references import IssuerRef

SECRET_NAME: Final = "certificates/secret-name"  # noqa: S105 (the name of an index)
ISSUER: Final = "certificates/issuer"
USED_SECRET: Final = "certificates/used-secret"  # noqa: S105


def by_secret_name(certificate: Certificate) -> tuple[str, ...]:
    """`<namespace>/<spec.secretName>`."""
    return (f"{certificate.metadata.namespace}/{certificate.spec.secret_name}",)


def by_issuer(certificate: Certificate) -> tuple[str, ...]:
    """The issuer it refers to, in the form of `issuer_entry`; none for issuers of another group."""
    ref = certificate.spec.issuer_ref
    if defaults.issuer_group(ref) != GROUP:
        return ()
    return (_issuer(ref, certificate.metadata.namespace),)


def issuer_entry(issuer: AnyIssuer) -> str:
    """Key of the index ISSUER for the Certificates that refer to `issuer`."""
    kind = "ClusterIssuer" if isinstance(issuer, ClusterIssuer) else "Issuer"
    return _issuer(IssuerRef(name=issuer.metadata.name, kind=kind), issuer.metadata.namespace)


CERTIFICATE_INDEXES: Final[Mapping[str, Callable[[Certificate], Iterable[str]]]] = {
    SECRET_NAME: by_secret_name,
    ISSUER: by_issuer,
}
ISSUER_INDEXES: Final[Mapping[str, Callable[[AnyIssuer], Iterable[str]]]] = {
    USED_SECRET: used_secrets
}


def _issuer(ref: IssuerRef, namespace: str) -> str:
    kind = defaults.issuer_kind(ref)
    return f"{kind}/{'' if kind == 'ClusterIssuer' else namespace}/{ref.name}"
