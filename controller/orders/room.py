"""The room of the Orders: what wakes one, and how it is looked at."""

from collections.abc import Iterable

from controller.accounts import Accounts
from controller.cluster import Cluster
from controller.issuerref import refers_to
from controller.orders.decide import decide
from controller.orders.knowledge import Notebook
from controller.orders.observe import observe
from controller.orders.observed import Observed
from controller.orders.perform import Performer
from controller.runtime.schedule import Again, Key, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from orderapi import states
from orderapi.challenge import Challenge
from orderapi.issuer import AnyIssuer
from orderapi.meta import controller_of
from orderapi.order import Order
from orderapi.references import IssuerRef


class Orders:
    """Looks after every Order of an ACME issuer."""

    name = "orders"

    def __init__(self, cluster: Cluster, accounts: Accounts) -> None:
        self._cluster = cluster
        self._notebook = Notebook()
        self._performer = Performer(cluster, accounts, self._notebook)
        self._under_way: dict[Key, IssuerRef] = {}
        cluster.orders.listen(self._heard)

    async def reconcile(self, key: Key) -> Again:
        """Take the Order as far as it goes now, and say when to look again."""
        order = self._cluster.orders.get(key.namespace, key.name)
        try:
            return await walk(key, self._observe, decide, self._performer.perform)
        finally:
            if order is not None and not self._is_there(order):
                # It went while the CA was asked: what came of that is not kept.
                self._notebook.forget(order.metadata.uid)

    def watches(self) -> Watches:
        """Orders, their Challenges, and the issuers of those that are under way."""
        return (
            (self._cluster.orders, lambda order: (key_of(order),)),
            (self._cluster.challenges, _order_of),
            (self._cluster.issuers, self._waiting_for),
            (self._cluster.cluster_issuers, self._waiting_for),
        )

    async def _observe(self, key: Key) -> Observed | None:
        return observe(self._cluster, self._notebook, key)

    def _is_there(self, order: Order) -> bool:
        found = self._cluster.orders.get(order.metadata.namespace, order.metadata.name)
        return found is not None and found.metadata.uid == order.metadata.uid

    def _heard(self, old: Order | None, new: Order | None) -> None:
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._notebook.forget(old.metadata.uid)
            self._under_way.pop(key_of(old), None)
        if new is None:
            return
        if new.status.state in states.FINAL:
            self._under_way.pop(key_of(new), None)
        else:
            self._under_way[key_of(new)] = new.spec.issuer_ref

    def _waiting_for(self, issuer: AnyIssuer) -> Iterable[Key]:
        return [
            key for key, ref in self._under_way.items() if refers_to(ref, key.namespace, issuer)
        ]


def _order_of(challenge: Challenge) -> Iterable[Key]:
    owner = controller_of(challenge)
    if owner is None or owner.kind != "Order":
        return ()
    return (Key(challenge.metadata.namespace, owner.name),)
