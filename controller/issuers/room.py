"""The rooms of the Issuers and of the ClusterIssuers: what wakes one, and how it is looked at."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from controller.accounts import Accounts, Doubt
from controller.cluster import Cluster
from controller.issuers.decide import decide
from controller.issuers.knowledge import Notebook
from controller.issuers.observe import Observer
from controller.issuers.observed import Observed
from controller.issuers.perform import Performer
from controller.runtime.cache import Cache
from controller.runtime.schedule import Again, Key, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from controller.settings import Settings
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.resources import CLUSTER_ISSUER, ISSUER, Resource

I = TypeVar("I", Issuer, ClusterIssuer)  # noqa: E741  an issuer of either kind


class _Room(Generic[I]):
    """Looks after every issuer of one kind."""

    def __init__(
        self,
        name: str,
        cluster: Cluster,
        settings: Settings,
        accounts: Accounts,
        *,
        resource: Resource[I],
        cache: Cache[I],
    ) -> None:
        self.name = name
        self._accounts = accounts
        self._cache: Cache[I] = cache
        self._namespaced = resource.namespaced
        self._notebook = Notebook()
        self._observer = Observer(cluster, settings, accounts, self._notebook)
        self._performer = Performer(
            cluster, accounts, self._notebook, room=name, resource=resource, cache=cache
        )
        cache.listen(self._heard)

    async def reconcile(self, key: Key) -> Again:
        """Take the issuer as far as it goes now, and say when to look again."""
        looked: set[str] = set()

        async def observe(key: Key) -> Observed | None:
            issuer = self._cache.get(*key)
            if issuer is None:
                return None
            looked.add(issuer.metadata.uid)
            return await self._observer.observe(issuer)

        try:
            return await walk(key, observe, decide, self._performer.perform)
        finally:
            self._forget_all_but(self._cache.get(*key), looked)

    def watches(self) -> Watches:
        """The issuers, and doubts about their accounts. Secrets wake by name those who wait."""
        return (
            (self._cache, lambda issuer: (key_of(issuer),)),
            (self._accounts.doubts, self._doubted),
        )

    def _forget_all_but(self, held: I | None, looked: set[str]) -> None:
        """What the CA said of one that was deleted meanwhile came too late for `_heard`."""
        for uid in looked:
            if held is None or held.metadata.uid != uid:
                self._notebook.forget(uid)

    def _doubted(self, doubt: Doubt) -> Iterable[Key]:
        key = key_of(doubt)
        return (key,) if bool(key.namespace) == self._namespaced else ()

    def _heard(self, old: I | None, new: I | None) -> None:
        if old is not None and (new is None or new.metadata.uid != old.metadata.uid):
            self._notebook.forget(old.metadata.uid)


class Issuers(_Room[Issuer]):
    """Looks after every Issuer."""

    def __init__(self, cluster: Cluster, settings: Settings, accounts: Accounts) -> None:
        super().__init__(
            "issuers", cluster, settings, accounts, resource=ISSUER, cache=cluster.issuers
        )


class ClusterIssuers(_Room[ClusterIssuer]):
    """Looks after every ClusterIssuer."""

    def __init__(self, cluster: Cluster, settings: Settings, accounts: Accounts) -> None:
        super().__init__(
            "clusterissuers",
            cluster,
            settings,
            accounts,
            resource=CLUSTER_ISSUER,
            cache=cluster.cluster_issuers,
        )
