"""The room of the Challenges: what wakes one, and how it is looked at."""

from collections.abc import Iterable

from controller.accounts import Accounts
from controller.challenges.decide import decide
from controller.challenges.indexes import EDITED
from controller.challenges.knowledge import Notebook, Purse
from controller.challenges.observe import observe
from controller.challenges.observed import Observed
from controller.challenges.perform import ROOM, Performer
from controller.challenges.publishing import Publisher
from controller.challenges.records import Records
from controller.challenges.routing import Routes
from controller.challenges.slots import Slots
from controller.cluster import Cluster
from controller.gatewayapi import HTTPRoute
from controller.issuerref import refers_to
from controller.networking import (
    Ingress,
)
from controller.runtime.schedule import Again, Key, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from controller.settings import Settings
from controller.solvers.dns01 import Dns01
from controller.solvers.http01.selfcheck import SelfCheck
from orderapi import states
from orderapi.challenge import Challenge
from orderapi.issuer import AnyIssuer
from orderapi.meta import controller_of
from orderapi.order import Order
from orderapi.resources import CHALLENGE


class Challenges:
    """Looks after every Challenge that an Order of ours controls."""

    name = ROOM

    def __init__(self, cluster: Cluster, settings: Settings, accounts: Accounts) -> None:
        self._cluster = cluster
        self._notebook = Notebook()
        self._slots = Slots(settings.max_concurrent_challenges, cluster.clock.now)
        self._publisher = _publisher(cluster, settings)
        self._performer = Performer(cluster, accounts, self._publisher, self._notebook, self._slots)
        # Before any worker listens: who is woken by a free slot must find it free.
        cluster.challenges.listen(self._heard)

    async def reconcile(self, key: Key) -> Again:
        """Take the Challenge as far as it goes now, and say when to look again."""
        began = self._cluster.clock.now()

        async def look(key: Key) -> Observed | None:
            return await observe(
                self._cluster, self._notebook, self._publisher, self._slots, key=key, began=began
            )

        challenge = self._cluster.challenges.get(key.namespace, key.name)
        try:
            return await walk(key, look, decide, self._performer.perform)
        finally:
            if challenge is not None and not self._is_there(challenge):
                # It went while something was done for it: what came of that is not kept.
                self._forget(challenge)

    def watches(self) -> Watches:
        """Challenges, their Orders, routes and issuers; and those who wait for a slot."""
        return (
            (self._cluster.challenges, self._of_challenge),
            (self._cluster.orders, self._of_order),
            (self._cluster.network.ingresses, self._of_ingress),
            (self._cluster.network.routes, self._of_route),
            (self._cluster.issuers, self._of_issuer),
            (self._cluster.cluster_issuers, self._of_issuer),
        )

    def _of_challenge(self, challenge: Challenge) -> Iterable[Key]:
        return (key_of(challenge), *self._slots.next())

    def _of_order(self, order: Order) -> Iterable[Key]:
        owned = self._cluster.challenges.by("owner", order.metadata.uid)
        return [key_of(one) for one in owned if one.status.state not in states.FINAL]

    def _of_issuer(self, issuer: AnyIssuer) -> Iterable[Key]:
        return [
            key_of(one)
            for one in self._cluster.challenges.all()
            if refers_to(one.spec.issuer_ref, one.metadata.namespace, issuer)
        ]

    def _of_route(self, route: Ingress | HTTPRoute) -> Iterable[Key]:
        owner = controller_of(route)
        if owner is None or owner.kind != CHALLENGE.kind:
            return ()
        return (Key(route.metadata.namespace, owner.name),)

    def _of_ingress(self, ingress: Ingress) -> Iterable[Key]:
        edited = self._cluster.challenges.by(EDITED, str(key_of(ingress)))
        return (*self._of_route(ingress), *map(key_of, edited))

    def _heard(self, old: Challenge | None, new: Challenge | None) -> None:
        self._slots.heard(old, new)
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._forget(old)

    def _is_there(self, challenge: Challenge) -> bool:
        meta = challenge.metadata
        found = self._cluster.challenges.get(meta.namespace, meta.name)
        return found is not None and found.metadata.uid == meta.uid

    def _forget(self, challenge: Challenge) -> None:
        self._notebook.forget(challenge.metadata.uid)
        self._publisher.purse.drop(challenge.metadata.uid)


def _publisher(cluster: Cluster, settings: Settings) -> Publisher:
    dns01 = Dns01(
        settings.dns01_recursive_nameservers,
        settings.dns01_recursive_nameservers_only,
        settings.allow_special_addresses,
    )
    selfcheck = SelfCheck(
        settings.acme_http01_solver_nameservers,
        allow_special_addresses=settings.allow_special_addresses,
        port=settings.http01_check_port,
    )
    return Publisher(
        Records(cluster, settings, dns01, Purse()), Routes(cluster, settings, selfcheck)
    )
