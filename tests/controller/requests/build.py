"""Requests, their Orders and issuers, with sensible defaults, and a world to put them in."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from controller.cluster import Cluster
from controller.pki.csr import build_csr
from controller.requests.decide import Action, Write, decide
from controller.requests.observe import Observer
from controller.requests.observed import Asked, Observed
from controller.requests.perform import Performer
from controller.requests.refusals import Refusals
from controller.runtime.cache import Cache
from controller.runtime.errors import Conflict, Unavailable
from controller.runtime.schedule import Again, Key, Now
from controller.runtime.steps import walk
from orderapi import names
from orderapi.certificaterequest import (
    CertificateRequest,
    CertificateRequestSpec,
    CertificateRequestStatus,
)
from orderapi.conditions import FALSE, TRUE, Condition, find
from orderapi.issuer import AcmeIssuer, AnyIssuer, ClusterIssuer, Issuer, IssuerSpec, IssuerStatus
from orderapi.meta import ObjectMeta, OwnerReference, controller_of, owner_reference
from orderapi.order import Order, OrderSpec, OrderStatus
from orderapi.references import IssuerRef, SecretKeySelector
from orderapi.resources import CERTIFICATE_REQUEST, ORDER
from tests.controller.certificates.world import ApiServer, Clock, Ear, Waits
from tests.controller.pki.build import a_key, a_spec

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ASKED = Asked(common_name="example.com", dns_names=("example.com",), key_digest="key")
CSR = build_csr(a_spec(), a_key())
APPROVED = Condition(
    type="Approved",
    status=TRUE,
    reason="cert-manager.io",
    message="Certificate request has been approved by cert-manager.io",
    last_transition_time=NOW,
)
OF_A_CERTIFICATE = OwnerReference(
    api_version="cert-manager.io/v1",
    kind="Certificate",
    name="web",
    uid="cert-uid",
    controller=True,
)


def a_condition(kind: str = "Ready", status: str = FALSE, **parts: Any) -> Condition:
    """A condition that has been there since NOW."""
    return Condition(type=kind, status=status, last_transition_time=NOW, **parts)


def a_request(
    *conditions: Condition,
    approved: bool = True,
    ref: IssuerRef | None = None,
    data: bytes = CSR,
    duration: str | None = None,
    owner: OwnerReference | None = OF_A_CERTIFICATE,
    deleting: bool = False,
    **status: Any,
) -> CertificateRequest:
    """A request for example.com, approved, of the Certificate `web`, for the Issuer `acme`."""
    held = (APPROVED, *conditions) if approved else conditions
    return CertificateRequest(
        metadata=ObjectMeta(
            name="web-1",
            namespace="shop",
            uid="request-uid",
            resource_version="5",
            deletion_timestamp=NOW if deleting else None,
            labels={"team": "web", "app.kubernetes.io/instance": "argo"},
            annotations={
                names.CERTIFICATE_NAME: "web",
                "argocd.argoproj.io/tracking-id": "web:Certificate",
            },
            owner_references=(owner,) if owner is not None else (),
        ),
        spec=CertificateRequestSpec(
            request=data, issuer_ref=ref or IssuerRef(name="acme"), duration=duration
        ),
        status=CertificateRequestStatus(conditions=held, **status),
    )


def an_issuer(
    ready: str | None = TRUE, message: str = "", *, cluster: bool = False, **acme: Any
) -> AnyIssuer:
    """The ACME Issuer `acme`; `ready` None: nobody has looked at it yet."""
    reference = SecretKeySelector(name="account")
    spec = AcmeIssuer(server="https://ca.example", private_key_secret_ref=reference, **acme)
    condition = a_condition(status=ready, message=message) if ready is not None else None
    kind = ClusterIssuer if cluster else Issuer
    return kind(
        metadata=ObjectMeta(
            name="acme", namespace="" if cluster else "shop", uid="issuer-uid", resource_version="3"
        ),
        spec=IssuerSpec(acme=spec),
        status=IssuerStatus(conditions=(condition,) if condition is not None else ()),
    )


def an_order(
    state: str = "",
    *,
    name: str = "web-77",
    made: datetime = NOW,
    of: CertificateRequest | None = None,
    **status: Any,
) -> Order:
    """An Order that the request controls; `of`: the request as the API server has it."""
    return Order(
        metadata=ObjectMeta(
            name=name,
            namespace="shop",
            uid=f"uid-of-{name}",
            resource_version="9",
            creation_timestamp=made,
            owner_references=(owner_reference(CERTIFICATE_REQUEST, of or a_request()),),
        ),
        spec=OrderSpec(request=CSR, issuer_ref=IssuerRef(name="acme"), dns_names=("example.com",)),
        status=OrderStatus(state=state, **status),
    )


def seen(request: CertificateRequest, *orders: Order, **parts: Any) -> Observed:
    """An Observed: by default approved by us, with a ready issuer and a signing request."""
    chosen: dict[str, Any] = {"issuer": an_issuer(), "asked": ASKED, "approves": True, "now": NOW}
    return Observed(request=request, orders=orders, **(chosen | parts))


def ready(action: Action) -> Condition:
    """The Ready condition that is to be written."""
    assert isinstance(action, Write)
    found = find(action.status.conditions, "Ready")
    assert found is not None
    return found


class FlakyServer(ApiServer):
    """An API server that, while `deaf`, does what it is told and whose answers get lost."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.deaf = False

    def _done(self, obj: Any) -> Any:
        done = super()._done(obj)
        if self.deaf:
            raise Unavailable(0, "", "no answer")
        return done


class Process:
    """One life of the room. Its caches hear of nothing but own writes, until `hear`."""

    def __init__(self, server: ApiServer, *, approves: bool = True) -> None:
        self.server = server
        self.ear = Ear()
        self.cluster = _cluster(server, self.ear)
        refusals = Refusals()
        self._observer = Observer(self.cluster, approves, refusals)
        self._performer = Performer(self.cluster, refusals)
        self.hear()

    def hear(self) -> None:
        """Let every watch catch up."""
        for resource, cache in (
            (CERTIFICATE_REQUEST, self.cluster.requests),
            (ORDER, self.cluster.orders),
        ):
            objects: list[Any] = self.server.all(resource)
            for obj in objects:
                cache.feed(obj)
            held = {(obj.metadata.namespace, obj.metadata.name) for obj in objects}
            for gone in cache.all():
                if (gone.metadata.namespace, gone.metadata.name) not in held:
                    cache.gone(gone)

    async def look(self) -> Again:
        """One look at the request, as the worker would take it."""
        for _ in range(20):
            try:
                again = await walk(
                    Key("shop", "web-1"), self._observer.observe, decide, self._performer.perform
                )
            except Conflict:
                self.hear()
                continue
            if not isinstance(again, Now):
                return again
        raise AssertionError("it never comes to rest")

    @property
    def request(self) -> CertificateRequest:
        """The request as it is at the API server."""
        (found,) = self.server.all(CERTIFICATE_REQUEST)
        return found


def a_server(
    request: CertificateRequest | None = None, kind: type[FlakyServer] = FlakyServer
) -> FlakyServer:
    """An API server with a request that nobody has looked at."""
    server = kind(Clock(NOW))
    server.put(CERTIFICATE_REQUEST, request or a_request(approved=False))
    return server


def set_order(server: ApiServer, order: Order, **status: Any) -> Order:
    """What the orders room writes."""
    return server.put(ORDER, msgspec.structs.replace(order, status=OrderStatus(**status)))


def _cluster(server: ApiServer, ear: Ear) -> Cluster:
    def owner(obj: Any) -> tuple[str, ...]:
        found = controller_of(obj)
        return (found.uid,) if found else ()

    issuers: Cache[Issuer] = Cache()
    issuers.feed(an_issuer())
    return Cluster(
        kube=server,
        clock=server.clock,
        recorder=ear,
        named=Waits(),
        certificates=Cache(),
        requests=Cache({"owner": owner}),
        orders=Cache({"owner": owner}),
        challenges=Cache(),
        issuers=issuers,
        cluster_issuers=Cache(),
        secrets=Cache(),
    )
