"""Hosts as a certificate names them: DNS names apart from IP addresses. Pure."""

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from controller.shims.lists import distinct


class Names(NamedTuple):
    """Names of both kinds, each once, in the order in which they came."""

    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]


def names_of(hosts: Iterable[str]) -> Names:
    """The hosts by kind; what looks like an IP address is one. Blank ones are none."""
    given = distinct(host for host in hosts if host.strip())
    return Names(
        tuple(host for host in given if not is_address(host)),
        tuple(host for host in given if is_address(host)),
    )


def is_address(host: str) -> bool:
    """Whether the host is an IP address that a certificate can hold, so one without a zone."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return getattr(address, "scope_id", None) is None
