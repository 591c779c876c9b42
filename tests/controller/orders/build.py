"""Orders, their Challenges and what the CA shows, with sensible defaults."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from controller.acme import messages
from controller.acme.messages import Identifier
from controller.acme.problem import Problem
from controller.orders.observed import Knowledge, Observed, Sighting, Step, Trouble
from controller.verdict import FailureFacts, facts_of
from orderapi import names, states
from orderapi.challenge import Challenge, ChallengeSpec, ChallengeStatus
from orderapi.issuer import AcmeIssuer, ClusterIssuer, Issuer, IssuerSpec
from orderapi.meta import ObjectMeta, owner_reference
from orderapi.order import Authorization, OfferedChallenge, Order, OrderSpec, OrderStatus
from orderapi.references import IssuerRef, SecretKeySelector
from orderapi.resources import ORDER
from orderapi.solver import Dns01, Http01, Ingress, Rfc2136, Selector, Solver

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
URL = "https://ca.example/order/1"
FINALIZE_URL = "https://ca.example/order/1/finalize"
CERTIFICATE_URL = "https://ca.example/certificate/1"
ISSUER_REF = IssuerRef(name="acme", kind="ClusterIssuer")
DNS_SOLVER = Solver(
    dns01=Dns01(
        rfc2136=Rfc2136(
            nameserver="192.0.2.53:53",
            tsig_key_name="key",
            tsig_secret_secret_ref=SecretKeySelector(name="tsig", key="secret"),
        )
    )
)
HTTP_SOLVER = Solver(http01=Http01(ingress=Ingress()))


def an_issuer(*solvers: Solver, namespace: str = "", version: str = "1") -> Issuer | ClusterIssuer:
    """An ACME ClusterIssuer, with a namespace an Issuer; by default with one rfc2136 solver."""
    acme = AcmeIssuer(
        server="https://ca.example/directory",
        private_key_secret_ref=SecretKeySelector(name="account"),
        solvers=solvers or (DNS_SOLVER,),
    )
    meta = ObjectMeta(name="acme", namespace=namespace, uid="issuer-uid", resource_version=version)
    kind = Issuer if namespace else ClusterIssuer
    return kind(metadata=meta, spec=IssuerSpec(acme=acme))


def authorization(index: int, *, state: str = states.PENDING, **changes: Any) -> Authorization:
    """The authorization of `<index>.example.com` as status holds it."""
    whole = Authorization(
        url=f"https://ca.example/authz/{index}",
        identifier=f"{index}.example.com",
        wildcard=False,
        initial_state=state,
        challenges=tuple(
            OfferedChallenge(
                type=kind,
                url=f"https://ca.example/challenge/{index}/{kind}",
                token=f"token-{index}",
            )
            for kind in ("http-01", "dns-01")
        ),
    )
    return msgspec.structs.replace(whole, **changes)


def shown_authorization(
    index: int, status: str = "pending", *, error: Problem | None = None
) -> messages.Authorization:
    """The same authorization as the CA shows it."""
    return messages.Authorization(
        url=f"https://ca.example/authz/{index}",
        status=status,
        identifier=Identifier("dns", f"{index}.example.com"),
        challenges=tuple(
            messages.Challenge(
                url=f"https://ca.example/challenge/{index}/{kind}",
                type=kind,
                status="invalid" if error is not None and kind == "dns-01" else "pending",
                token=f"token-{index}",
                error=error if kind == "dns-01" else None,
            )
            for kind in ("http-01", "dns-01")
        ),
    )


def an_order(*, names_: int = 1, deleting: bool = False, **status: Any) -> Order:
    """An Order of `names_` names; status as given."""
    return Order(
        api_version=ORDER.api_version,
        kind=ORDER.kind,
        metadata=ObjectMeta(
            name="web-1",
            namespace="shop",
            uid="order-uid",
            resource_version="7",
            creation_timestamp=NOW,
            deletion_timestamp=NOW if deleting else None,
        ),
        spec=OrderSpec(
            request=b"csr",
            issuer_ref=ISSUER_REF,
            dns_names=tuple(f"{index}.example.com" for index in range(names_)),
        ),
        status=OrderStatus(**status),
    )


def placed(*, names_: int = 1, state: str = states.PENDING, **status: Any) -> Order:
    """An Order that is recorded: URLs and authorizations in status."""
    filled: dict[str, Any] = {
        "url": URL,
        "finalize_url": FINALIZE_URL,
        "state": state,
        "authorizations": tuple(authorization(index) for index in range(names_)),
    }
    return an_order(names_=names_, **{**filled, **status})


def a_challenge(
    order: Order,
    index: int = 0,
    *,
    solver: Solver = DNS_SOLVER,
    deleting: bool = False,
    made: datetime = NOW,
    uid: str = "",
    **status: Any,
) -> Challenge:
    """The Challenge that the Order makes for the authorization at `index`."""
    one = order.status.authorizations[index]
    offered = next(offer for offer in one.challenges if offer.type == "dns-01")
    return Challenge(
        metadata=ObjectMeta(
            name=names.challenge_name(order.metadata.name, index),
            namespace=order.metadata.namespace,
            uid=uid or f"challenge-uid-{index}",
            resource_version="9",
            creation_timestamp=made,
            deletion_timestamp=NOW if deleting else None,
            owner_references=(owner_reference(ORDER, order),),
            finalizers=(names.FINALIZER,),
        ),
        spec=ChallengeSpec(
            url=offered.url,
            authorization_url=one.url,
            dns_name=one.identifier or "",
            wildcard=one.wildcard,
            type="DNS-01",
            token=offered.token,
            key=f"value-{index}",
            solver=solver,
            issuer_ref=order.spec.issuer_ref,
        ),
        status=ChallengeStatus(**status),
    )


def a_sighting(
    status: str = "pending",
    *,
    at: datetime = NOW,
    since: datetime | None = None,
    polls: int = 0,
    names_: int = 1,
    **changes: Any,
) -> Sighting:
    """The order as the CA showed it."""
    shown = messages.Order(
        url=URL,
        status=status,
        authorizations=tuple(f"https://ca.example/authz/{index}" for index in range(names_)),
        finalize=FINALIZE_URL,
        **changes,
    )
    return Sighting(order=shown, at=at, since=since or at, polls=polls)


def a_trouble(
    step: Step,
    failure: Exception | FailureFacts,
    *,
    attempts: int = 1,
    at: datetime = NOW,
    issuer_version: str = "1",
) -> Trouble:
    """A step that failed."""
    facts = failure if isinstance(failure, FailureFacts) else facts_of(failure)
    return Trouble(step=step, facts=facts, attempts=attempts, at=at, issuer_version=issuer_version)


def seen(
    order: Order,
    *challenges: Challenge,
    now: datetime = NOW,
    issuer: Issuer | ClusterIssuer | None = None,
    no_issuer: bool = False,
    **known: Any,
) -> Observed:
    """An Observed; what is known as given."""
    return Observed(
        order=order,
        now=now,
        issuer=None if no_issuer else issuer or an_issuer(),
        challenges=challenges,
        knowledge=Knowledge(**known),
    )


def selecting(solver: Solver, *dns_names: str) -> Solver:
    """The solver for these names alone."""
    return msgspec.structs.replace(solver, selector=Selector(dns_names=dns_names))
