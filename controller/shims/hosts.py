"""Hosts as a certificate names them: DNS names apart from IP addresses. Pure."""

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from controller.shims.lists import distinct


class Names(NamedTuple):
    """Names of both kinds, each once, in the order in which they came.

    One address in two spellings is one: the first.
    """

    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]


def names_of(hosts: Iterable[str]) -> Names:
    """The hosts by kind; what looks like an IP address is one. Blank ones are none."""
    given = distinct(host for host in hosts if host.strip())
    return Names(
        tuple(host for host in given if not is_address(host)),
        distinct_addresses(host for host in given if is_address(host)),
    )


def distinct_addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Each IP address once, in its first spelling; what is none is kept as it is."""
    first: dict[object, str] = {}
    for text in texts:
        first.setdefault(_value(text), text)
    return tuple(first.values())


def is_address(host: str) -> bool:
    """Whether the host is an IP address that a certificate can hold, so one without a zone."""
    value = _value(host)
    return not isinstance(value, str) and getattr(value, "scope_id", None) is None


def _value(text: str) -> object:
    """The IP address; the text itself where it is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return text
