"""One Order and its surroundings, from caches and from what this process knows. Asks nobody."""

from controller.cluster import Cluster
from controller.issuerref import find_issuer, is_ours
from controller.orders.knowledge import Notebook
from controller.orders.observed import Observed
from controller.runtime.schedule import Key


def observe(cluster: Cluster, notebook: Notebook, key: Key) -> Observed | None:
    """All that a decision may depend on; None for an Order that is gone, or not ours."""
    order = cluster.orders.get(key.namespace, key.name)
    if order is None or not is_ours(order.spec.issuer_ref):
        return None
    return Observed(
        order=order,
        now=cluster.clock.now(),
        issuer=find_issuer(cluster, order.spec.issuer_ref, key.namespace),
        challenges=cluster.challenges.by("owner", order.metadata.uid),
        knowledge=notebook.of(order.metadata.uid),
    )
