"""The room of the CertificateRequests: what wakes one, and how it is looked at."""

from collections.abc import Iterable

from controller.cluster import Cluster
from controller.issuerref import refers_to
from controller.requests.decide import decide, has_ended, is_foreign
from controller.requests.observe import Observer
from controller.requests.perform import Performer
from controller.runtime.schedule import Again, Key, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from controller.settings import Settings
from orderapi.certificaterequest import CertificateRequest
from orderapi.issuer import AnyIssuer
from orderapi.meta import controller_of
from orderapi.order import Order
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE_REQUEST


class Requests:
    """Looks after every CertificateRequest of an issuer of ours, and approves the others."""

    name = "certificaterequests"

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._observer = Observer(cluster, approves=settings.approve_requests)
        self._performer = Performer(cluster)
        self._waiting: dict[Key, IssuerRef] = {}
        cluster.requests.listen(self._heard)
        for request in cluster.requests.all():
            self._heard(None, request)

    async def reconcile(self, key: Key) -> Again:
        """Take the request as far as it goes now, and say when to look again."""
        return await walk(key, self._observer.observe, decide, self._performer.perform)

    def watches(self) -> Watches:
        """Requests, their Orders, and the issuers of those that have not ended."""
        return (
            (self._cluster.requests, lambda request: (key_of(request),)),
            (self._cluster.orders, _request_of),
            (self._cluster.issuers, self._waiting_for),
            (self._cluster.cluster_issuers, self._waiting_for),
        )

    def _heard(self, old: CertificateRequest | None, new: CertificateRequest | None) -> None:
        if new is None or has_ended(new) or is_foreign(new):
            for request in (old, new):
                if request is not None:
                    self._waiting.pop(key_of(request), None)
        else:
            self._waiting[key_of(new)] = new.spec.issuer_ref

    def _waiting_for(self, issuer: AnyIssuer) -> Iterable[Key]:
        return [key for key, ref in self._waiting.items() if refers_to(ref, key.namespace, issuer)]


def _request_of(order: Order) -> Iterable[Key]:
    owner = controller_of(order)
    if owner is None or owner.kind != CERTIFICATE_REQUEST.kind:
        return ()
    return (Key(order.metadata.namespace, owner.name),)
