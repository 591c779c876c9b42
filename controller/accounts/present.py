"""Whether an issuer is still there: what is learned of one that is gone is not kept."""

from controller.cluster import Cluster
from orderapi.issuer import AnyIssuer, ClusterIssuer


def present(cluster: Cluster, issuer: AnyIssuer) -> bool:
    """Whether the cluster still has it, and not merely another one of its name."""
    meta = issuer.metadata
    held: AnyIssuer | None
    if isinstance(issuer, ClusterIssuer):
        held = cluster.cluster_issuers.get("", meta.name)
    else:
        held = cluster.issuers.get(meta.namespace, meta.name)
    return held is not None and held.metadata.uid == meta.uid
