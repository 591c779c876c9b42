"""IP addresses as text: what is one, and how each is spelled."""

import ipaddress
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


def address(text: str) -> Address:
    """The address that a certificate can hold; IPv4 in IPv6 form is IPv4. ValueError where it is
    none."""
    found = ipaddress.ip_address(text)
    if isinstance(found, ipaddress.IPv6Address) and found.scope_id is not None:
        raise ValueError("a zone has no place in a certificate")
    return unmapped(found)


def canonical(text: str) -> str | None:
    """One spelling for each address that a certificate can hold; None where it is none."""
    try:
        return str(address(text))
    except ValueError:
        return None


def unmapped(found: Address) -> Address:
    """The same address, as IPv4 where it is IPv4 in IPv6 form."""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def host_address(text: str) -> Address | None:
    """The address that a host is named by, with a zone or without; None where it is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_ipv6(text: str) -> bool:
    """Whether a host is named by an IPv6 address."""
    found = host_address(text)
    return found is not None and found.version == 6
