"""Solver: one way to answer challenges, and the names it is for. An Issuer lists them, a Challenge
holds one."""

import msgspec

from orderapi.dns01 import (
    AcmeDns,
    Akamai,
    AzureDns,
    AzureManagedIdentity,
    CloudDns,
    Cloudflare,
    DigitalOcean,
    Dns01,
    Dns01Webhook,
    Rfc2136,
    Route53,
    Route53Auth,
    Route53KubernetesAuth,
)
from orderapi.http01 import GatewayHttpRoute, Http01, Ingress, IngressTemplate, ParentRef
from orderapi.wire import Wire

__all__ = [
    "AcmeDns",
    "Akamai",
    "AzureDns",
    "AzureManagedIdentity",
    "CloudDns",
    "Cloudflare",
    "DigitalOcean",
    "Dns01",
    "Dns01Webhook",
    "GatewayHttpRoute",
    "Http01",
    "Ingress",
    "IngressTemplate",
    "ParentRef",
    "Rfc2136",
    "Route53",
    "Route53Auth",
    "Route53KubernetesAuth",
    "Selector",
    "Solver",
]


class Selector(Wire):
    """The names that a solver is for; all parts that are set must match."""

    match_labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels that the Certificate must have, all of them."""
    dns_names: tuple[str, ...] = ()
    """Names that the solver is for, to the letter; a wildcard stands for itself alone. Wins over
    dnsZones."""
    dns_zones: tuple[str, ...] = ()
    """Zones that the solver is for, with all names below them; the longest match wins."""


class Solver(Wire):
    """One way to answer challenges: exactly one of http01 and dns01."""

    selector: Selector | None = None
    """The names that this solver is for; without it, all names that no other solver selects."""
    http01: Http01 | None = None
    """Answer over HTTP on port 80. Cannot be used for wildcards."""
    dns01: Dns01 | None = None
    """Answer by a TXT record."""
    wait_instead_of_self_check: str | None = None
    """How long to wait after publishing (Go duration), in place of the self-check; for networks
    where it cannot succeed."""
