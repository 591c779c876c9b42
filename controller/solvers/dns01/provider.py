"""Which DNS provider a solver names. Pure.

This release publishes through RFC 2136; a solver for another provider is refused by name.
"""

from typing import Final

from controller.solvers.errors import Misconfigured, Unsupported
from orderapi.solver import Dns01, Rfc2136

PROVIDERS: Final = {
    "acmeDNS": "acme_dns",
    "akamai": "akamai",
    "azureDNS": "azure_dns",
    "cloudDNS": "cloud_dns",
    "cloudflare": "cloudflare",
    "digitalocean": "digitalocean",
    "rfc2136": "rfc2136",
    "route53": "route53",
    "webhook": "webhook",
}
"""Name in the API and attribute of Dns01."""


def only_rfc2136(solver: Dns01) -> Rfc2136:
    """The solver's RFC 2136 part; SolverError unless it is the only provider."""
    named = [
        name for name, attribute in PROVIDERS.items() if getattr(solver, attribute) is not None
    ]
    if not named:
        raise Misconfigured("The dns01 solver names no provider: set rfc2136.")
    if len(named) > 1:
        raise Misconfigured(
            f"The dns01 solver names {len(named)} providers ({', '.join(named)}): leave one of "
            f"them, and give the others solvers of their own."
        )
    if solver.rfc2136 is None:
        raise Unsupported(
            f"The dns01 solver names the provider {named[0]}: this release solves DNS-01 through "
            f"rfc2136 only. Delegate _acme-challenge by a CNAME to a zone that takes RFC 2136 "
            f"updates and use rfc2136 with cnameStrategy: Follow."
        )
    return solver.rfc2136
