"""Name constraints of a CA certificate: from `spec.nameConstraints` to the extension (RFC 5280
4.2.1.10).
"""

import ipaddress
from collections.abc import Callable

from cryptography import x509

from controller.pki.faults import quoted
from orderapi.certificate import CertificateSpec, NameConstraintItems


def constraint_extension(
    spec: CertificateSpec, faults: list[str]
) -> list[tuple[x509.ExtensionType, bool]]:
    """The extension with its criticality, or nothing; its faults are added to `faults`."""
    constraints = spec.name_constraints
    if constraints is None:
        return []
    if not spec.is_ca:
        faults.append(
            "spec.nameConstraints: only a CA certificate has them, and spec.isCA is not true"
        )
    permitted = _subtrees("spec.nameConstraints.permitted", constraints.permitted, faults)
    excluded = _subtrees("spec.nameConstraints.excluded", constraints.excluded, faults)
    if not permitted and not excluded:
        faults.append("spec.nameConstraints: neither permits nor excludes any name")
        return []
    extension = x509.NameConstraints(permitted or None, excluded or None)
    return [(extension, bool(constraints.critical))]


def _subtrees(
    path: str, items: NameConstraintItems | None, faults: list[str]
) -> list[x509.GeneralName]:
    if items is None:
        return []
    return [
        *_each(f"{path}.dnsDomains", items.dns_domains, _dns_domain, faults),
        *_each(f"{path}.ipRanges", items.ip_ranges, _ip_range, faults),
        *_each(f"{path}.emailAddresses", items.email_addresses, x509.RFC822Name, faults),
        *_each(f"{path}.uriDomains", items.uri_domains, x509.UniformResourceIdentifier, faults),
    ]


def _each(
    path: str,
    values: tuple[str, ...],
    make: Callable[[str], x509.GeneralName],
    faults: list[str],
) -> list[x509.GeneralName]:
    made = []
    for index, value in enumerate(values):
        try:
            made.append(make(value))
        except ValueError:
            kind = "a range such as 10.0.0.0/8" if make is _ip_range else "a name in ASCII"
            faults.append(f"{path}[{index}]: {quoted(value)} is not {kind}")
    return made


def _dns_domain(value: str) -> x509.GeneralName:
    if "*" in value:
        raise ValueError("a domain covers the names below it without a wildcard")
    return x509.DNSName(value)


def _ip_range(value: str) -> x509.GeneralName:
    if "/" not in value:
        raise ValueError("one address is written as a range too")
    # Host bits are cleared, as everyone who reads the range would do.
    return x509.IPAddress(ipaddress.ip_network(value, strict=False))
