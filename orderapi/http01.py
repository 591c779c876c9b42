"""HTTP-01: how the path that the CA asks for is routed to the answer."""

from typing import Annotated, Final

import msgspec

from orderapi.podtemplate import PodTemplate, TemplateMetadata
from orderapi.wire import Wire, crd

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"


class ParentRef(Wire):
    """A Gateway (or another parent) that the route is attached to."""

    group: (
        Annotated[
            str,
            crd(default="gateway.networking.k8s.io", pattern=f"^$|^{_SUBDOMAIN}$", max_length=253),
        ]
        | None
    ) = None
    """API group of the parent; gateway.networking.k8s.io by default, empty for the core group."""
    kind: (
        Annotated[
            str,
            crd(
                default="Gateway",
                pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$",
                min_length=1,
                max_length=63,
            ),
        ]
        | None
    ) = None
    """Kind of the parent; Gateway by default."""
    namespace: Annotated[str, crd(pattern=f"^{_LABEL}$", min_length=1, max_length=63)] | None = None
    """Namespace of the parent; that of the Challenge by default."""
    name: Annotated[str, crd(min_length=1, max_length=253)]
    """Name of the parent."""
    section_name: (
        Annotated[str, crd(pattern=f"^{_SUBDOMAIN}$", min_length=1, max_length=253)] | None
    ) = None
    """Name of the part of the parent, such as a Gateway's listener; all parts by default."""
    port: Annotated[int, crd(format="int32", minimum=1, maximum=65535)] | None = None
    """Port of the parent; all ports by default."""


class GatewayHttpRoute(Wire):
    """Routes through a Gateway."""

    parent_refs: tuple[ParentRef, ...] = ()
    """Parents that the route is attached to."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels that the route gets."""
    service_type: str | None = None
    """Type of the Service behind the route: NodePort (the default) or ClusterIP."""
    pod_template: PodTemplate | None = None
    """Changes to the pod that answers."""


class IngressTemplate(Wire):
    """Changes to the Ingress."""

    metadata: TemplateMetadata | None = None
    """Labels and annotations to add; the ones that the solver sets win."""


class Ingress(Wire):
    """Routes through an Ingress."""

    ingress_class_name: str | None = None
    """Value of spec.ingressClassName of the Ingress that is made. Excludes class and name."""
    class_: str | None = None
    """Value of the annotation kubernetes.io/ingress.class of the Ingress that is made. Excludes
    ingressClassName and name."""
    name: str | None = None
    """Name of an existing Ingress to add the path to, in place of making one. Excludes class and
    ingressClassName."""
    service_type: str | None = None
    """Type of the Service behind the Ingress: NodePort (the default) or ClusterIP."""
    pod_template: PodTemplate | None = None
    """Changes to the pod that answers."""
    ingress_template: IngressTemplate | None = None
    """Changes to the Ingress that is made."""


class Http01(Wire):
    """Shows control by an answer under /.well-known/acme-challenge/ on port 80. Exactly one way of
    routing."""

    ingress: Ingress | None = None
    """Route through an Ingress."""
    gateway_http_route: GatewayHttpRoute | None = None
    """Route through an HTTPRoute of a Gateway."""
