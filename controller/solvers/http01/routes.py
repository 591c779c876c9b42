"""The route that leads the CA's request to the responder: one object by Challenge. Pure.

Says what the object looks like, whether what the cluster holds is that, and whose it is. Refuses to
make anything of a token that RFC 8555 does not allow.
"""

import hashlib
import ipaddress
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from controller.gatewayapi import (
    GATEWAY_GROUP,
    HTTP_ROUTE,
    BackendRef,
    HTTPRoute,
    HTTPRouteSpec,
    PathMatch,
    RouteMatch,
    RouteParent,
    RouteRule,
)
from controller.networking import (
    CHALLENGE_PATH,
    INGRESS,
    INGRESS_CLASS_ANNOTATION,
    Ingress,
    IngressSpec,
)
from controller.solvers.errors import Misconfigured
from orderapi.challenge import Challenge
from orderapi.http01 import GatewayHttpRoute, ParentRef
from orderapi.http01 import Ingress as IngressPart
from orderapi.meta import Object, ObjectMeta, controller_of, owner_reference
from orderapi.names import ACME_GROUP, HTTP01_SOLVER, HTTP_DOMAIN, HTTP_TOKEN
from orderapi.podtemplate import TemplateMetadata
from orderapi.resources import CHALLENGE
from orderapi.wire import Json

PATH_TYPES: Final = ("Exact", "ImplementationSpecific", "Prefix")
"""What an Ingress's pathType may be, in the order to try: some classes refuse the better ones."""

NAME_PREFIX: Final = "cm-acme-http-solver-"
OPEN_TO_ALL: Final = "nginx.ingress.kubernetes.io/whitelist-source-range"
EVERYWHERE: Final = "0.0.0.0/0,::/0"

_LONGEST_NAME: Final = 253
_NAME_KEPT: Final = 168
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+")
_SOURCE_RANGES: Final = ("/whitelist-source-range", "/allowlist-source-range")


@dataclass(frozen=True, slots=True)
class Backend:
    """The Service that a route sends requests to; `namespace` only where it is not the route's."""

    name: str
    port: int
    namespace: str | None = None


def route_name(challenge: Challenge) -> str:
    """Name of the Challenge's Ingress or HTTPRoute; an over-long one is cut, with a digest."""
    name = challenge.metadata.name
    if len(NAME_PREFIX) + len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(name.encode()).hexdigest()
        name = f"{name[:_NAME_KEPT].rstrip('.-')}-{digest}"
    return NAME_PREFIX + name


def route_host(challenge: Challenge) -> str | None:
    """The host of the route, in lower case as the API wants it; None for an IP address, which no
    route can name."""
    name = challenge.spec.dns_name
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.lower()
    return None


def challenge_path(challenge: Challenge) -> str:
    """The path that the CA asks for; Misconfigured unless the token is base64url (RFC 8555 8.3).

    Anything else would let a CA choose which requests of the host are led away.
    """
    if not _TOKEN.fullmatch(challenge.spec.token):
        raise Misconfigured(
            "The token of the challenge holds characters that RFC 8555 section 8.3 does not allow; "
            "no route is made for it."
        )
    return CHALLENGE_PATH + challenge.spec.token


def ingress_path(path: str, backend: Backend, path_type: str) -> dict[str, Json]:
    """The HTTPIngressPath that leads to the backend."""
    service = {"name": backend.name, "port": {"number": backend.port}}
    return {"path": path, "pathType": path_type, "backend": {"service": service}}


def ingress(
    challenge: Challenge, template: IngressPart, backend: Backend, path_type: str
) -> Ingress:
    """The Ingress to create; Misconfigured for a token that cannot be a path.

    The backend is in the Challenge's namespace: an Ingress leads nowhere else. There is no TLS
    section, and nothing against redirects to HTTPS: ingress-nginx and HAProxy Ingress leave
    /.well-known/acme-challenge alone by default (no-tls-redirect-locations), and CAs follow them.
    """
    path = ingress_path(challenge_path(challenge), backend, path_type)
    host = route_host(challenge)
    rule = {"host": host} if host else {}
    extra = template.ingress_template and template.ingress_template.metadata
    given = extra or TemplateMetadata()
    return INGRESS.typed(
        Ingress(
            metadata=_metadata(challenge, given.labels, _annotations(template, given.annotations)),
            spec=IngressSpec(
                ingress_class_name=template.ingress_class_name or None,
                rules=({**rule, "http": {"paths": [path]}},),
            ),
        )
    )


def http_route(challenge: Challenge, part: GatewayHttpRoute, backend: Backend) -> HTTPRoute:
    """The HTTPRoute to create, with what the API would default filled in; Misconfigured for a token
    that cannot be a path."""
    host = route_host(challenge)
    rule = RouteRule(
        matches=(RouteMatch(path=PathMatch(type="Exact", value=challenge_path(challenge))),),
        backend_refs=(
            BackendRef(
                group="",
                kind="Service",
                name=backend.name,
                namespace=backend.namespace,
                port=backend.port,
                weight=1,
            ),
        ),
    )
    return HTTP_ROUTE.typed(
        HTTPRoute(
            metadata=_metadata(challenge, part.labels, {}),
            spec=HTTPRouteSpec(
                parent_refs=distinct_parents(part.parent_refs, challenge.metadata.namespace),
                hostnames=(host,) if host else (),
                rules=(rule,),
            ),
        )
    )


def full_parent(ref: ParentRef | RouteParent, namespace: str) -> RouteParent:
    """The reference with the API's defaults, as read from an object in `namespace`: equal for equal
    parents."""
    return RouteParent(
        group=GATEWAY_GROUP if ref.group is None else ref.group,
        kind=ref.kind or "Gateway",
        namespace=ref.namespace or namespace,
        name=ref.name,
        section_name=ref.section_name or None,
        port=ref.port or None,
    )


def distinct_parents(refs: Iterable[ParentRef], namespace: str) -> tuple[RouteParent, ...]:
    """The parents, each once, in their order.

    One that names a whole parent takes in those that name a part of it: the API refuses both
    beside each other.
    """
    kept: dict[RouteParent, RouteParent] = {}
    for ref in refs:
        full = full_parent(ref, namespace)
        kept.setdefault(full, msgspec.structs.replace(full, namespace=ref.namespace or None))
    return tuple(
        ref for full, ref in kept.items() if full == _whole(full) or _whole(full) not in kept
    )


def ingress_stands(found: Ingress, wanted: Ingress) -> bool:
    """Whether the cluster holds the Ingress that we want, whatever pathType it was taken with.

    What others added beside ours counts for nothing: labels, annotations, TLS (CAs follow
    redirects), and, where we name no class, the one that admission filled in.
    """
    return (
        _has_marks(found, wanted)
        and wanted.spec.ingress_class_name in (None, found.spec.ingress_class_name)
        and _paths_by_host(found) == _paths_by_host(wanted)
    )


def route_stands(found: HTTPRoute, wanted: HTTPRoute) -> bool:
    """Whether the cluster holds the HTTPRoute that we want, defaults of the API aside.

    Labels and annotations of others beside ours count for nothing.
    """
    return _has_marks(found, wanted) and _full_spec(found) == _full_spec(wanted)


def is_ours(obj: Object, challenge: Challenge) -> bool:
    """Whether that very Challenge, by uid, controls the object."""
    owner = controller_of(obj)
    return owner is not None and bool(owner.uid) and owner.uid == challenge.metadata.uid


def may_adopt(obj: Object, challenge: Challenge) -> bool:
    """Whether an object under the route's name is a leftover of ours: it has our label, and belongs
    to nobody or to an earlier Challenge of this name. Any other is a stranger's."""
    if obj.metadata.labels.get(HTTP01_SOLVER) != "true":
        return False
    owner = controller_of(obj)
    if owner is None:
        return True
    group = owner.api_version.partition("/")[0]
    return (
        (group, owner.kind, owner.name) == (ACME_GROUP, CHALLENGE.kind, challenge.metadata.name)
    ) and owner.uid != challenge.metadata.uid


def _metadata(
    challenge: Challenge, labels: Mapping[str, str], annotations: dict[str, str]
) -> ObjectMeta:
    spec = challenge.spec
    ours = {
        HTTP01_SOLVER: "true",
        HTTP_DOMAIN: str(zlib.adler32(spec.dns_name.encode())),
        HTTP_TOKEN: str(zlib.adler32(spec.token.encode())),
    }
    return ObjectMeta(
        name=route_name(challenge),
        namespace=challenge.metadata.namespace,
        labels={**labels, **ours},
        annotations=annotations,
        owner_references=(owner_reference(CHALLENGE, challenge),),
    )


def _annotations(template: IngressPart, given: Mapping[str, str]) -> dict[str, str]:
    """Those of the solver, over ours; no range of ours beside one of the user's."""
    ours = {INGRESS_CLASS_ANNOTATION: template.class_} if template.class_ else {}
    if not any(key.endswith(_SOURCE_RANGES) for key in given):
        ours[OPEN_TO_ALL] = EVERYWHERE
    return {**ours, **given}


def _whole(ref: RouteParent) -> RouteParent:
    return msgspec.structs.replace(ref, section_name=None, port=None)


def _has_marks(found: Object, wanted: Object) -> bool:
    return (
        wanted.metadata.labels.items() <= found.metadata.labels.items()
        and wanted.metadata.annotations.items() <= found.metadata.annotations.items()
    )


def _paths_by_host(ingress: Ingress) -> list[tuple[str, list[dict[str, Json]]]]:
    return [
        (rule.get("host") or "", [{**path, "pathType": ""} for path in paths_of(rule)])
        for rule in ingress.spec.rules
    ]


def paths_of(rule: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The HTTPIngressPaths of an IngressRule; none where it has no `http`."""
    return (rule.get("http") or {}).get("paths") or []


def _full_spec(route: HTTPRoute) -> HTTPRouteSpec:
    namespace = route.metadata.namespace
    return HTTPRouteSpec(
        parent_refs=tuple(full_parent(ref, namespace) for ref in route.spec.parent_refs),
        hostnames=route.spec.hostnames,
        rules=tuple(
            msgspec.structs.replace(
                rule, backend_refs=tuple(_full_backend(ref, namespace) for ref in rule.backend_refs)
            )
            for rule in route.spec.rules
        ),
    )


def _full_backend(ref: BackendRef, namespace: str) -> BackendRef:
    return msgspec.structs.replace(
        ref,
        group=ref.group or "",
        kind=ref.kind or "Service",
        namespace=ref.namespace or namespace,
        weight=1 if ref.weight is None else ref.weight,
    )
