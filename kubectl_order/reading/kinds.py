"""The resources that are read beside the six of the API, and how people spell kinds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from kubectl_order.access.api import path_to
from kubectl_order.facts import SecretMeta
from kubectl_order.rows import Meta
from orderapi.meta import Object
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ORDER, Resource
from orderapi.wire import Wire

HOST: Final = "host"
"""What is written before a name on the Internet: `host/www.example.com`."""


class LeaseSpec(Wire):
    """Who leads, and until when."""

    holder_identity: str = ""
    lease_duration_seconds: float | None = None
    renew_time: datetime | None = None


class Lease(Object):
    """coordination.k8s.io/v1 Lease."""

    spec: LeaseSpec = LeaseSpec()


class IngressTls(Wire):
    """A Secret that an Ingress takes its certificate from."""

    secret_name: str = ""
    hosts: tuple[str, ...] = ()


class IngressSpec(Wire):
    """The part of an Ingress that is about certificates."""

    tls: tuple[IngressTls, ...] = ()


class Ingress(Object):
    """networking.k8s.io/v1 Ingress."""

    spec: IngressSpec = IngressSpec()


class Involved(Wire):
    """What an event is about."""

    kind: str = ""
    name: str = ""
    uid: str = ""


class Source(Wire):
    """Which program reports it."""

    component: str = ""


class Series(Wire):
    """How often it was seen, where it is one of many."""

    count: int = 0
    last_observed_time: datetime | None = None


class EventMeta(Meta):
    """With the version, which tells the order of what was written within a second."""

    resource_version: str = ""


class EventRow(Wire):
    """core/v1 Event. Older programs fill in first, last and count, newer ones time and series."""

    metadata: EventMeta = EventMeta()
    involved_object: Involved = Involved()
    type: str = ""
    reason: str = ""
    message: str = ""
    source: Source = Source()
    reporting_component: str = ""
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    count: int = 0
    series: Series | None = None


SECRET: Final = Resource(
    group="", version="v1", plural="secrets", kind="Secret", namespaced=True, type=SecretMeta
)
INGRESS: Final = Resource(
    group="networking.k8s.io",
    version="v1",
    plural="ingresses",
    kind="Ingress",
    namespaced=True,
    type=Ingress,
)
LEASE: Final = Resource(
    group="coordination.k8s.io",
    version="v1",
    plural="leases",
    kind="Lease",
    namespaced=True,
    type=Lease,
)
NAMESPACE: Final = Resource(
    group="", version="v1", plural="namespaces", kind="Namespace", namespaced=False, type=Object
)
EVENT: Final = Resource(
    group="", version="v1", plural="events", kind="Event", namespaced=True, type=Object
)

SEARCHED: Final[tuple[Resource[Any], ...]] = (
    CERTIFICATE,
    ORDER,
    CERTIFICATE_REQUEST,
    CHALLENGE,
    SECRET,
    INGRESS,
)
"""The kinds that a name may be of, in the order in which it is looked for."""

_SHORT: Final[Mapping[str, Resource[Any]]] = {
    "cert": CERTIFICATE,
    "certs": CERTIFICATE,
    "cr": CERTIFICATE_REQUEST,
    "crs": CERTIFICATE_REQUEST,
    "ing": INGRESS,
    "ns": NAMESPACE,
}


def spelled(word: str) -> Resource[Any] | None:
    """The kind that kubectl takes this word for: singular, plural or short, in any case, with or
    without the group (`certificate.cert-manager.io`)."""
    name, _, group = word.lower().partition(".")
    for resource in (*SEARCHED, NAMESPACE):
        if name in (resource.plural, resource.kind.lower()):
            found = resource
            break
    else:
        short = _SHORT.get(name)
        if short is None:
            return None
        found = short
    return found if group in ("", found.group, f"{found.version}.{found.group}") else None


def place(resource: Resource[Any], namespace: str = "", name: str = "") -> str:
    """The path of an object, or of the list of a kind: of one namespace, or (empty) of all.

    Raises NotFound for names that no object can have.
    """
    root = ("apis", resource.group) if resource.group else ("api",)
    where = ("namespaces", namespace) if resource.namespaced and namespace else ()
    return path_to(*root, resource.version, *where, resource.plural, *((name,) if name else ()))
