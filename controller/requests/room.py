"""The room of the CertificateRequests: what wakes one, and how it is looked at."""

from collections.abc import Iterable
from typing import NamedTuple

from controller.cluster import Cluster
from controller.issuerref import is_ours
from controller.requests.decide import decide, has_ended
from controller.requests.observe import Observer
from controller.requests.perform import Performer
from controller.requests.refusals import Refusals
from controller.runtime.schedule import Again, Key, key_of
from controller.runtime.steps import walk
from controller.runtime.worker import Watches
from controller.settings import Settings
from orderapi.certificaterequest import CertificateRequest
from orderapi.defaults import issuer_kind
from orderapi.issuer import AnyIssuer, ClusterIssuer
from orderapi.meta import controller_of
from orderapi.order import Order
from orderapi.resources import CERTIFICATE_REQUEST


class _Issuer(NamedTuple):
    """Which issuer a request names."""

    kind: str
    namespace: str
    name: str


class Requests:
    """Looks after every CertificateRequest of an issuer of ours, and approves the others."""

    name = "certificaterequests"

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        refusals = Refusals()
        self._observer = Observer(
            cluster, settings.approve_requests, refusals, only_namespace=settings.namespace
        )
        self._performer = Performer(cluster, refusals)
        self._waiting: dict[_Issuer, dict[Key, None]] = {}
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
        if old is not None:
            waiting = self._waiting.get(_issuer_of(old), {})
            waiting.pop(key_of(old), None)
            if not waiting:
                self._waiting.pop(_issuer_of(old), None)
        if new is not None and not has_ended(new) and is_ours(new.spec.issuer_ref):
            self._waiting.setdefault(_issuer_of(new), {})[key_of(new)] = None

    def _waiting_for(self, issuer: AnyIssuer) -> Iterable[Key]:
        kind = "ClusterIssuer" if isinstance(issuer, ClusterIssuer) else "Issuer"
        named = _Issuer(kind, issuer.metadata.namespace, issuer.metadata.name)
        return tuple(self._waiting.get(named, ()))


def _issuer_of(request: CertificateRequest) -> _Issuer:
    ref = request.spec.issuer_ref
    kind = issuer_kind(ref)
    namespace = "" if kind == "ClusterIssuer" else request.metadata.namespace
    return _Issuer(kind, namespace, ref.name)


def _request_of(order: Order) -> Iterable[Key]:
    owner = controller_of(order)
    if owner is None or owner.kind != CERTIFICATE_REQUEST.kind:
        return ()
    return (Key(order.metadata.namespace, owner.name),)
