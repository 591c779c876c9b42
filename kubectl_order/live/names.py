"""What the names of a certificate tell by themselves. Pure."""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kubectl_order.facts import Chain
from kubectl_order.live.subject import subjects
from kubectl_order.live.verdicts import failed, passed, unknown
from kubectl_order.report import Check
from orderapi.issuer import ClusterIssuer, Issuer

MOST: Final = 100
"""Names in one certificate that public CAs sign."""

_PRIVATE: Final = frozenset(
    {
        "alt",
        "example",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localhost",
        "onion",
        "test",
    }
)
"""Last labels that nobody can own in the public DNS (RFC 6761, RFC 6762, RFC 9476 and usage)."""
_NAME: Final = "names"


def checks(chain: Chain) -> Iterator[Check]:
    """All that can be said without asking anybody."""
    every = [one.shown for one in subjects(chain)]
    hosts = [name for name in every if not _is_address(name)]
    yield from _count(every)
    yield from _covered(hosts)
    yield from _not_public(hosts, server=_server(chain))
    yield from _addresses([name for name in every if _is_address(name)], chain)


def _count(every: Sequence[str]) -> Iterator[Check]:
    told = f"{len(every)} names in one certificate"
    if len(every) > MOST:
        fix = f"Public CAs sign at most {MOST}: split the Certificate."
        yield failed(_NAME, "", told, fix)
    elif every:
        yield passed(_NAME, "", told if len(every) > 1 else "1 name in the certificate")


def _covered(hosts: Iterable[str]) -> Iterator[Check]:
    """Let's Encrypt refuses an order that has a wildcard and a name below it."""
    listed = set(hosts)
    for name in sorted(listed):
        wildcard = f"*.{name.partition('.')[2]}"
        if name != wildcard and wildcard in listed:
            told = f"{wildcard} is in the same certificate, and covers it"
            yield failed(_NAME, name, told, f"Take {name} out: some CAs refuse both together.")


def _not_public(hosts: Iterable[str], *, server: str) -> Iterator[Check]:
    for name in hosts:
        last = name.rpartition(".")[2].lower()
        if "." not in name or last in _PRIVATE:
            what = (
                f"no public CA signs a name that ends in {last!r}" if "." in name else "one label"
            )
            whose = f"the CA at {server}" if server else "the CA"
            fix = f"Use a name of a public domain, unless {whose} is your own."
            yield unknown(_NAME, name, what, fix)


def _addresses(addresses: Sequence[str], chain: Chain) -> Iterator[Check]:
    profile = (chain.order and chain.order.spec.profile) or _profile(chain)
    for address in addresses:
        if not ipaddress.ip_address(address).is_global:
            fix = "Public CAs sign public addresses only."
            yield unknown("address", address, "it is not a public address", fix)
        if not profile:
            fix = "Let's Encrypt signs addresses with the profile shortlived alone."
            yield unknown("address", address, "the issuer asks for no profile", fix)


def _profile(chain: Chain) -> str:
    if isinstance(chain.issuer, Issuer | ClusterIssuer) and chain.issuer.spec.acme is not None:
        return chain.issuer.spec.acme.profile or ""
    return ""


def _server(chain: Chain) -> str:
    if isinstance(chain.issuer, Issuer | ClusterIssuer) and chain.issuer.spec.acme is not None:
        return chain.issuer.spec.acme.server
    return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
