"""Name constraints of a CA certificate: from `spec.nameConstraints` to the extension (RFC 5280
4.2.1.10).
"""

import ipaddress

from cryptography import x509

from orderapi.certificate import NameConstraintItems, NameConstraints


def constraint_extension(
    constraints: NameConstraints | None,
) -> list[tuple[x509.ExtensionType, bool]]:
    """The extension with its criticality, or nothing; for constraints without a fault."""
    if constraints is None:
        return []
    permitted, excluded = _subtrees(constraints.permitted), _subtrees(constraints.excluded)
    extension = x509.NameConstraints(permitted or None, excluded or None)
    return [(extension, bool(constraints.critical))]


def _subtrees(items: NameConstraintItems | None) -> list[x509.GeneralName]:
    if items is None:
        return []
    return [
        *map(x509.DNSName, items.dns_domains),
        *map(_ip_range, items.ip_ranges),
        *map(x509.RFC822Name, items.email_addresses),
        *map(x509.UniformResourceIdentifier, items.uri_domains),
    ]


def _ip_range(value: str) -> x509.GeneralName:
    # Host bits are cleared, as everyone who reads the range would do.
    return x509.IPAddress(ipaddress.ip_network(value, strict=False))
