"""The networking kinds of Kubernetes that something here reads or writes.

Only the fields that are read or written. The API server keeps the others, because nothing is ever
replaced as a whole; where a list has to be written back (an Ingress's rules), its items are carried
as they are. Of foreign Ingresses caches keep no more than `keep_ingress` says.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from orderapi.meta import Object, ObjectMeta
from orderapi.names import ACME_GROUP, GROUP, HTTP01_SOLVER
from orderapi.resources import Resource
from orderapi.wire import Json, Wire

CHALLENGE_PATH: Final = "/.well-known/acme-challenge/"
"""RFC 8555 section 8.3."""

TLS_ACME: Final = "kubernetes.io/tls-acme"
INGRESS_CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
SERVICE_OF_SLICE: Final = "kubernetes.io/service-name"
"""Label of an EndpointSlice: the Service that it belongs to."""
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""Annotation in which `kubectl apply` keeps the object as it was applied, spec and all."""
SLICE_MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"


class IngressTls(Wire):
    """Hosts whose certificate is in one Secret."""

    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Wire):
    """`rules` are networking/v1 IngressRules as JSON: a list in a patch is written as a whole."""

    ingress_class_name: str | None = None
    tls: tuple[IngressTls, ...] = ()
    rules: tuple[dict[str, Json], ...] = ()


class Ingress(Object):
    """networking.k8s.io/v1 Ingress."""

    spec: IngressSpec = IngressSpec()


class IngressClass(Object):
    """networking.k8s.io/v1 IngressClass; that it exists is all that is read."""


class ServicePort(Wire):
    """A port of a Service; `target_port` is a number or a name."""

    name: str = ""
    port: int = 0
    protocol: str = ""
    target_port: int | str | None = None


class ServiceSpec(Wire):
    """How a Service is reached."""

    type: str = ""
    external_name: str | None = None
    ports: tuple[ServicePort, ...] = ()


class Service(Object):
    """core/v1 Service."""

    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Wire):
    """Whether an endpoint takes connections; absent means that it does."""

    ready: bool | None = None


class Endpoint(Wire):
    """One endpoint."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()


class EndpointPort(Wire):
    """The port that the endpoints of a slice listen on; `name` is that of the Service's port."""

    name: str = ""
    port: int | None = None
    protocol: str = ""


class EndpointSlice(Object):
    """discovery.k8s.io/v1 EndpointSlice; addressType (IPv4, IPv6, FQDN) never changes.

    Kubernetes writes null for no endpoints and for no ports.
    """

    address_type: str = ""
    endpoints: tuple[Endpoint, ...] | None = ()
    ports: tuple[EndpointPort, ...] | None = ()


def keep_ingress(ingress: Ingress, *, asking: Collection[str] = (TLS_ACME,)) -> Ingress:
    """What a cache keeps of an Ingress: all of one that leads to answers of challenges; of one that
    asks for certificates all but its rules, which nobody reads; of any other its name.

    `asking`: the annotations of `--auto-certificate-annotations`.
    """
    meta = ingress.metadata
    if HTTP01_SOLVER in meta.labels or any(map(_serves_challenges, ingress.spec.rules)):
        return ingress
    if _asks(meta, asking):
        return _without_rules(ingress)
    return Ingress(metadata=_name_alone(meta))


def _asks(meta: ObjectMeta, asking: Collection[str]) -> bool:
    prefixes = (f"{GROUP}/", f"{ACME_GROUP}/")
    return any(key.startswith(prefixes) or key in asking for key in meta.annotations)


def _without_rules(ingress: Ingress) -> Ingress:
    annotations = {
        key: text for key, text in ingress.metadata.annotations.items() if key != LAST_APPLIED
    }
    return msgspec.structs.replace(
        ingress,
        metadata=msgspec.structs.replace(ingress.metadata, annotations=annotations),
        spec=msgspec.structs.replace(ingress.spec, rules=()),
    )


def _serves_challenges(rule: dict[str, Json]) -> bool:
    paths = (rule.get("http") or {}).get("paths") or ()
    return any(str(path.get("path", "")).startswith(CHALLENGE_PATH) for path in paths)


def _name_alone(meta: ObjectMeta) -> ObjectMeta:
    return ObjectMeta(
        name=meta.name,
        namespace=meta.namespace,
        uid=meta.uid,
        resource_version=meta.resource_version,
    )


INGRESS: Final = Resource(
    group="networking.k8s.io",
    version="v1",
    plural="ingresses",
    kind="Ingress",
    namespaced=True,
    type=Ingress,
)
INGRESS_CLASS: Final = Resource(
    group="networking.k8s.io",
    version="v1",
    plural="ingressclasses",
    kind="IngressClass",
    namespaced=False,
    type=IngressClass,
)
SERVICE: Final = Resource(
    group="", version="v1", plural="services", kind="Service", namespaced=True, type=Service
)
ENDPOINT_SLICE: Final = Resource(
    group="discovery.k8s.io",
    version="v1",
    plural="endpointslices",
    kind="EndpointSlice",
    namespaced=True,
    type=EndpointSlice,
)
