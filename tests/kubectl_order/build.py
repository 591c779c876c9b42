"""Chains for tests: a Certificate `web` in namespace `shop`, and what may belong to it.

Everything is of one moment, NOW, and on its usual way until a test says otherwise: arguments take
the place of what stands here. A status is given as a whole, a condition by `a_condition`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Literal

from kubectl_order.facts import Absent, Chain, Leader, SecretMeta, Unread
from orderapi.certificate import Certificate, CertificateSpec, CertificateStatus
from orderapi.certificaterequest import (
    CertificateRequest,
    CertificateRequestSpec,
    CertificateRequestStatus,
)
from orderapi.challenge import Challenge, ChallengeSpec, ChallengeStatus
from orderapi.conditions import Condition
from orderapi.diagnosis import Attempt, Diagnosis
from orderapi.issuer import AcmeIssuer, AnyIssuer, ClusterIssuer, Issuer, IssuerSpec, IssuerStatus
from orderapi.meta import ObjectMeta
from orderapi.names import (
    APPROVED,
    CERTIFICATE_NAME,
    CERTIFICATE_REVISION,
    FINALIZER,
    ISSUING,
    PRIVATE_KEY_SECRET_NAME,
    READY,
)
from orderapi.order import Authorization, OfferedChallenge, Order, OrderSpec, OrderStatus
from orderapi.references import IssuerRef, SecretKeySelector
from orderapi.resources import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    CHALLENGE,
    CLUSTER_ISSUER,
    ISSUER,
    ORDER,
)
from orderapi.solver import Dns01, Http01, Ingress, Rfc2136, Selector, Solver

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BEGUN = NOW - timedelta(minutes=4)
"""When the objects of a chain were made, and their conditions changed."""
NOT_BEFORE = NOW - timedelta(days=10)
NOT_AFTER = NOW + timedelta(days=80)
RENEWAL = NOW + timedelta(days=50)
NAMESPACE = "shop"
NAME = "web"
DNS_NAME = "www.example.com"
SERVER = "https://acme.example/directory"
CA_HOST = "acme.example"
ISSUER_REF = IssuerRef(name="acme", kind="Issuer", group="cert-manager.io")
CLUSTER_ISSUER_REF = IssuerRef(name="acme", kind="ClusterIssuer", group="cert-manager.io")
TOKEN = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
KEY = f"{TOKEN}.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"

HTTP01_SOLVER = Solver(http01=Http01(ingress=Ingress(ingress_class_name="nginx")))
RFC2136_SOLVER = Solver(
    dns01=Dns01(
        rfc2136=Rfc2136(
            nameserver="10.0.0.1:53",
            tsig_key_name="order.",
            tsig_secret_secret_ref=SecretKeySelector(name="tsig", key="secret"),
        )
    )
)


def ago(**parts: float) -> datetime:
    """So long before NOW: `ago(minutes=3)`."""
    return NOW - timedelta(**parts)


def ahead(**parts: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(**parts)


def meta(
    name: str,
    *,
    namespace: str = NAMESPACE,
    created: datetime | None = BEGUN,
    deleting: datetime | None = None,
    finalizers: Sequence[str] = (),
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    generation: int = 1,
) -> ObjectMeta:
    """Metadata; the uid follows from the name."""
    return ObjectMeta(
        name=name,
        namespace=namespace,
        uid=f"uid-{name}",
        resource_version="1",
        generation=generation,
        creation_timestamp=created,
        deletion_timestamp=deleting,
        finalizers=tuple(finalizers),
        annotations=dict(annotations or {}),
        labels=dict(labels or {}),
    )


def a_condition(
    type: str,  # noqa: A002 (the API's word)
    status: Literal["True", "False", "Unknown"] = "True",
    reason: str = "",
    message: str = "",
    *,
    since: datetime | None = BEGUN,
    generation: int | None = None,
) -> Condition:
    """A condition that has stood since then."""
    return Condition(
        type=type,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=since,
        observed_generation=generation,
    )


def a_diagnosis(
    cause: str,
    message: str = "",
    *,
    retry: datetime | None = None,
    attempts: Sequence[Attempt] = (),
) -> Diagnosis:
    """A diagnosis as the controller writes it."""
    return Diagnosis(cause=cause, message=message, next_retry_time=retry, attempts=tuple(attempts))


ISSUED = CertificateStatus(
    conditions=(
        a_condition(
            READY,
            reason="Ready",
            message="Certificate is up to date and has not expired",
            since=NOT_BEFORE,
        ),
    ),
    not_before=NOT_BEFORE,
    not_after=NOT_AFTER,
    renewal_time=RENEWAL,
    revision=1,
)
"""The status of a Certificate that has all it wants."""

FIRST = CertificateStatus(
    conditions=(
        a_condition(READY, "False", "DoesNotExist", "Issuing certificate as Secret does not exist"),
        a_condition(ISSUING, reason="DoesNotExist", message="Issuing certificate"),
    ),
    next_private_key_secret_name="web-key1",
)
"""The status of a Certificate that is issued for the first time."""


def a_certificate(
    status: CertificateStatus = FIRST,
    *,
    name: str = NAME,
    dns_names: Sequence[str] = (DNS_NAME,),
    secret: str = "web-tls",  # noqa: S107 (a name)
    issuer: IssuerRef = ISSUER_REF,
    metadata: ObjectMeta | None = None,
    spec: CertificateSpec | None = None,
) -> Certificate:
    """The Certificate `web`; in its first issuance."""
    asked = CertificateSpec(secret_name=secret, issuer_ref=issuer, dns_names=tuple(dns_names))
    return CERTIFICATE.typed(
        Certificate(metadata=metadata or meta(name), spec=spec or asked, status=status)
    )


def a_request(
    *conditions: Condition,
    certificate: str = NAME,
    revision: int = 1,
    issuer: IssuerRef = ISSUER_REF,
    metadata: ObjectMeta | None = None,
    failed: datetime | None = None,
    approved: bool = True,
) -> CertificateRequest:
    """The CertificateRequest `web-1`; approved (unless False), with these conditions besides."""
    annotations = {
        CERTIFICATE_NAME: certificate,
        CERTIFICATE_REVISION: str(revision),
        PRIVATE_KEY_SECRET_NAME: f"{certificate}-key1",
    }
    given = (a_condition(APPROVED, reason="cert-manager.io"),) if approved else ()
    request = CertificateRequest(
        metadata=metadata or meta(f"{certificate}-{revision}", annotations=annotations),
        spec=CertificateRequestSpec(request=b"csr", issuer_ref=issuer),
        status=CertificateRequestStatus(conditions=(*given, *conditions), failure_time=failed),
    )
    return CERTIFICATE_REQUEST.typed(request)


def an_authorization(
    name: str = DNS_NAME,
    *,
    wildcard: bool | None = None,
    offered: Sequence[str] = ("http-01", "dns-01", "tls-alpn-01"),
    state: str = "pending",
) -> Authorization:
    """An authorization as an Order records it."""
    return Authorization(
        url=f"https://{CA_HOST}/authz/{name}",
        identifier=name,
        wildcard=wildcard,
        initial_state=state,
        challenges=tuple(
            OfferedChallenge(type=type_, url=f"https://{CA_HOST}/{type_}/{name}", token=TOKEN)
            for type_ in offered
        ),
    )


def an_order(
    state: str = "pending",
    reason: str = "",
    *,
    name: str = "web-1-2233",
    dns_names: Sequence[str] = (DNS_NAME,),
    diagnosis: Diagnosis | None = None,
    failed: datetime | None = None,
    issuer: IssuerRef = ISSUER_REF,
    metadata: ObjectMeta | None = None,
    authorizations: Sequence[Authorization] | None = None,
    status: OrderStatus | None = None,
) -> Order:
    """The Order `web-1-2233`; placed at the CA, one authorization for each name. An empty state:
    not placed yet."""
    if authorizations is None:
        authorizations = [
            an_authorization(each.removeprefix("*."), wildcard=each.startswith("*.") or None)
            for each in dns_names
        ]
    placed = OrderStatus(
        url=f"https://{CA_HOST}/order/7",
        finalize_url=f"https://{CA_HOST}/order/7/finalize",
        authorizations=tuple(authorizations),
    )
    written = OrderStatus(
        url=placed.url if state else "",
        finalize_url=placed.finalize_url if state else "",
        authorizations=placed.authorizations if state else (),
        state=state,
        reason=reason,
        failure_time=failed,
        diagnosis=diagnosis,
        certificate=b"chain" if state == "valid" else b"",
    )
    order = Order(
        metadata=metadata or meta(name),
        spec=OrderSpec(request=b"csr", issuer_ref=issuer, dns_names=tuple(dns_names)),
        status=status or written,
    )
    return ORDER.typed(order)


def a_challenge(
    state: str = "pending",
    reason: str = "",
    *,
    index: int = 0,
    order: str = "web-1-2233",
    dns_name: str = DNS_NAME,
    wildcard: bool | None = None,
    solver: Solver = HTTP01_SOLVER,
    diagnosis: Diagnosis | None = None,
    presented: bool | None = True,
    presented_at: datetime | None = BEGUN,
    processing: bool | None = True,
    issuer: IssuerRef = ISSUER_REF,
    metadata: ObjectMeta | None = None,
) -> Challenge:
    """The Challenge `web-1-2233-0`; published, and of the type that its solver answers."""
    challenge = Challenge(
        metadata=metadata or meta(f"{order}-{index}", finalizers=(FINALIZER,)),
        spec=ChallengeSpec(
            url=f"https://{CA_HOST}/challenge/{index}",
            authorization_url=f"https://{CA_HOST}/authz/{dns_name}",
            dns_name=dns_name,
            wildcard=wildcard,
            type="DNS-01" if solver.dns01 is not None else "HTTP-01",
            token=TOKEN,
            key=KEY,
            solver=solver,
            issuer_ref=issuer,
        ),
        status=ChallengeStatus(
            processing=processing,
            presented=presented,
            presented_at=presented_at if presented else None,
            reason=reason,
            state=state,
            diagnosis=diagnosis,
        ),
    )
    return CHALLENGE.typed(challenge)


REGISTERED = a_condition(
    READY,
    reason="ACMEAccountRegistered",
    message="The ACME account was registered with the ACME server",
)


def an_issuer(
    *conditions: Condition,
    name: str = "acme",
    cluster: bool = False,
    solvers: Sequence[Solver] = (HTTP01_SOLVER,),
    server: str = SERVER,
    spec: IssuerSpec | None = None,
    metadata: ObjectMeta | None = None,
    fresh: bool = False,
) -> AnyIssuer:
    """The Issuer `acme`, or the ClusterIssuer; ready unless it is given conditions. `fresh`: it has
    none at all."""
    acme = AcmeIssuer(
        server=server,
        private_key_secret_ref=SecretKeySelector(name="acme-account"),
        solvers=tuple(solvers),
    )
    placed = metadata or meta(name, namespace="" if cluster else NAMESPACE)
    asked = spec or IssuerSpec(acme=acme)
    status = IssuerStatus(conditions=() if fresh else (conditions or (REGISTERED,)))
    if cluster:
        return CLUSTER_ISSUER.typed(ClusterIssuer(metadata=placed, spec=asked, status=status))
    return ISSUER.typed(Issuer(metadata=placed, spec=asked, status=status))


def not_ready(reason: str, message: str) -> Condition:
    """Ready=False."""
    return a_condition(READY, "False", reason, message)


def selecting(solver: Solver, **selector: object) -> Solver:
    """The solver with a selector: `dns_names=`, `dns_zones=` or `match_labels=`."""
    return Solver(
        selector=Selector(**selector),  # type: ignore[arg-type]
        http01=solver.http01,
        dns01=solver.dns01,
    )


def a_secret(name: str = "web-tls", *, metadata: ObjectMeta | None = None) -> SecretMeta:
    """The Secret's metadata."""
    return SecretMeta(api_version="v1", kind="Secret", metadata=metadata or meta(name))


def a_leader(
    *, holder: str = "order-controller-7d9f", renewed: datetime | None = NOW - timedelta(seconds=3)
) -> Leader:
    """A controller that lives."""
    return Leader(namespace="cert-manager", holder=holder, renewed=renewed, seconds=15)


class Usual(Enum):
    """What stands there when nothing else is given."""

    USUAL = 0


USUAL = Usual.USUAL


def a_chain(
    *,
    certificate: Certificate | Usual | None = USUAL,
    request: CertificateRequest | None = None,
    past: Sequence[CertificateRequest] = (),
    order: Order | None = None,
    challenges: Sequence[Challenge] = (),
    secret: SecretMeta | Absent | Unread | None = Absent(),  # noqa: B008 (frozen)
    issuer: AnyIssuer | Absent | Unread | Usual | None = USUAL,
    leader: Leader | Absent | Unread | Usual | None = USUAL,
    unread: Sequence[str] = (),
    now: datetime = NOW,
) -> Chain:
    """A chain whose Certificate was just made, with a ready issuer and a living controller.

    What is not given beside those is not there; `certificate=None` leaves the Certificate out.
    """
    return Chain(
        namespace=NAMESPACE,
        now=now,
        request=request,
        past=tuple(past),
        order=order,
        challenges=tuple(challenges),
        secret=secret,
        certificate=a_certificate() if isinstance(certificate, Usual) else certificate,
        issuer=an_issuer() if isinstance(issuer, Usual) else issuer,
        leader=a_leader() if isinstance(leader, Usual) else leader,
        unread=tuple(unread),
    )


def an_ordered_chain(
    *challenges: Challenge,
    order: Order | None = None,
    issuer: AnyIssuer | None = None,
    certificate: Certificate | None = None,
    now: datetime = NOW,
) -> Chain:
    """A chain with a pending Order (or `order`) and these challenges (one that is published)."""
    order = order or an_order()
    waiting = a_condition(
        READY,
        "False",
        "Pending",
        f"Waiting on certificate issuance from order {NAMESPACE}/{order.metadata.name}: "
        f'"{order.status.state or "pending"}"',
    )
    return a_chain(
        certificate=certificate or a_certificate(),
        request=a_request(waiting),
        order=order,
        challenges=challenges or (a_challenge(),),
        issuer=issuer or an_issuer(),
        now=now,
    )
