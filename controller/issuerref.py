"""From a reference to the Issuer or ClusterIssuer that it names, and to where its Secrets are."""

from controller.cluster import Cluster
from controller.settings import Settings
from orderapi import names
from orderapi.defaults import issuer_group, issuer_kind
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.references import IssuerRef


def is_ours(ref: IssuerRef) -> bool:
    """Whether the reference is to an Issuer or ClusterIssuer of cert-manager's own group."""
    return issuer_group(ref) == names.GROUP and issuer_kind(ref) in ("Issuer", "ClusterIssuer")


def find_issuer(cluster: Cluster, ref: IssuerRef, namespace: str) -> Issuer | ClusterIssuer | None:
    """The issuer as the cache has it, or None; `namespace` is that of the object which refers."""
    if not is_ours(ref):
        return None
    if issuer_kind(ref) == "ClusterIssuer":
        return cluster.cluster_issuers.get("", ref.name)
    return cluster.issuers.get(namespace, ref.name)


def credentials_namespace(issuer: Issuer | ClusterIssuer, settings: Settings) -> str:
    """The one namespace whose Secrets the issuer may name."""
    return issuer.metadata.namespace or settings.cluster_resource_namespace


def describe(ref: IssuerRef) -> str:
    """The reference for a sentence: `Issuer "letsencrypt"`."""
    return f'{issuer_kind(ref)} "{ref.name}"'


def refers_to(ref: IssuerRef, namespace: str, issuer: Issuer | ClusterIssuer) -> bool:
    """Whether an object of `namespace` with this reference means that issuer."""
    if not is_ours(ref) or ref.name != issuer.metadata.name:
        return False
    if isinstance(issuer, ClusterIssuer):
        return issuer_kind(ref) == "ClusterIssuer"
    return issuer_kind(ref) == "Issuer" and namespace == issuer.metadata.namespace
