"""DNS-01 solvers: exactly one provider, and how the record is looked for. Pure."""

from collections.abc import Callable
from typing import Any, Final

from orderapi.dns01 import Dns01
from orderapi.validation.fault import not_one_of
from webhook.rules import providers
from webhook.rules.findings import Advice, Finding, Findings, fault
from webhook.rules.hosts import dns_server
from webhook.rules.rfc2136 import rfc2136

PROVIDERS: Final[dict[str, tuple[str, Callable[[str, Any], Findings]]]] = {
    "acmeDNS": ("acme_dns", providers.acme_dns),
    "akamai": ("akamai", providers.akamai),
    "azureDNS": ("azure_dns", providers.azure_dns),
    "cloudDNS": ("cloud_dns", providers.cloud_dns),
    "cloudflare": ("cloudflare", providers.cloudflare),
    "digitalocean": ("digitalocean", providers.digitalocean),
    "rfc2136": ("rfc2136", rfc2136),
    "route53": ("route53", providers.route53),
    "webhook": ("webhook", providers.webhook),
}
"""By name in the API: the attribute of Dns01, and what judges it."""

CNAME_STRATEGIES: Final = ("None", "Follow")

SERVED: Final = frozenset({"rfc2136"})
"""Providers that this controller publishes through."""


def dns01(path: str, part: Dns01) -> Findings:
    """Faults of one dns01 part, and advice about it."""
    given = [
        (name, part_of, judge)
        for name, (attribute, judge) in PROVIDERS.items()
        if (part_of := getattr(part, attribute)) is not None
    ]
    if not given:
        yield fault(path, "names no provider; set rfc2136")
    for number, (name, part_of, judge) in enumerate(given):
        if number:
            yield fault(
                f"{path}.{name}",
                f"is a second provider, beside {given[0][0]}; give it a solver of its own",
            )
        elif name not in SERVED:
            yield _unserved(f"{path}.{name}")
        yield from judge(f"{path}.{name}", part_of)
    if (part.cname_strategy or "None").lower() not in ("none", "follow"):
        strategy = part.cname_strategy or ""
        yield fault(*not_one_of(f"{path}.cnameStrategy", strategy, CNAME_STRATEGIES))
    for number, text in enumerate(part.nameservers):
        yield from _nameserver(f"{path}.nameservers[{number}]", text)


def _unserved(path: str) -> Finding:
    return Advice(
        path,
        "this controller solves DNS-01 by rfc2136 alone; use that, through a CNAME and "
        "cnameStrategy: Follow",
    )


def _nameserver(path: str, text: str) -> Findings:
    if text.startswith("https://"):
        yield Advice(
            path, "this controller does not speak DNS over HTTPS; name a server by address and port"
        )
    else:
        yield from dns_server(path, text)
