"""Challenges and their routes, with sensible defaults."""

from typing import Any

import msgspec

from controller.gatewayapi import HTTPRoute
from controller.networking import (
    Ingress,
)
from controller.solvers.http01.routes import Backend, http_route, ingress
from orderapi.challenge import Challenge, ChallengeSpec
from orderapi.http01 import GatewayHttpRoute, IngressTemplate, ParentRef
from orderapi.http01 import Ingress as IngressPart
from orderapi.meta import ObjectMeta, OwnerReference
from orderapi.podtemplate import TemplateMetadata
from orderapi.references import IssuerRef
from orderapi.solver import Http01, Solver
from orderapi.wire import Wire

TOKEN = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
PATH = f"/.well-known/acme-challenge/{TOKEN}"
LABELS = {
    "acme.cert-manager.io/http01-solver": "true",
    "acme.cert-manager.io/http-domain": "446694490",
    "acme.cert-manager.io/http-token": "1204752135",
}
BACKEND = Backend("cm-acme-http-solver", 8089)
FAR = Backend("order-responder", 8089, "cert-manager")
GATEWAY = ParentRef(name="edge", namespace="infra")
OPEN = {"nginx.ingress.kubernetes.io/whitelist-source-range": "0.0.0.0/0,::/0"}


def a_challenge(
    name: str = "web-1-0", dns_name: str = "example.com", token: str = TOKEN, uid: str = "uid-1"
) -> Challenge:
    """An HTTP-01 Challenge in namespace shop."""
    return Challenge(
        metadata=ObjectMeta(name=name, namespace="shop", uid=uid),
        spec=ChallengeSpec(
            url="https://ca.example/challenge/1",
            authorization_url="https://ca.example/authz/1",
            dns_name=dns_name,
            type="HTTP-01",
            token=token,
            key=f"{token}.{'k' * 43}",
            solver=Solver(http01=Http01(ingress=IngressPart())),
            issuer_ref=IssuerRef(name="acme"),
        ),
    )


def templated(
    *, labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None
) -> IngressPart:
    """An ingress solver whose template has this metadata."""
    metadata = TemplateMetadata(labels=labels or {}, annotations=annotations or {})
    return IngressPart(ingress_template=IngressTemplate(metadata=metadata))


def an_ingress(part: IngressPart | None = None, path_type: str = "Exact") -> Ingress:
    """The Ingress of a Challenge."""
    return ingress(a_challenge(), part or IngressPart(), BACKEND, path_type)


def a_route(*parents: ParentRef, **part: Any) -> HTTPRoute:
    """The HTTPRoute of a Challenge."""
    solver = GatewayHttpRoute(parent_refs=parents or (GATEWAY,), **part)
    return http_route(a_challenge(), solver, FAR)


def as_json(obj: Wire) -> Any:
    """The object as it is sent."""
    return msgspec.json.decode(msgspec.json.encode(obj))


def marked(obj: Ingress | HTTPRoute, **changes: Any) -> Any:
    """The object with other metadata."""
    return msgspec.structs.replace(obj, metadata=msgspec.structs.replace(obj.metadata, **changes))


def owned_by(**changes: Any) -> OwnerReference:
    """A controlling owner; by default the Challenge."""
    fields: dict[str, Any] = {
        "api_version": "acme.cert-manager.io/v1",
        "kind": "Challenge",
        "name": "web-1-0",
        "uid": "uid-1",
        "controller": True,
    }
    return OwnerReference(**{**fields, **changes})
