"""`spec.nameConstraints` (RFC 5280 section 4.2.1.10)."""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Final

from orderapi.certificate import CertificateSpec, NameConstraintItems
from orderapi.validation.fault import SpecFault, quoted

_NOT_IN_ADDRESSES: Final = frozenset("()<>[")


def constraint_faults(spec: CertificateSpec) -> Iterator[SpecFault]:
    """What is wrong with the constraints."""
    constraints, path = spec.name_constraints, "spec.nameConstraints"
    if constraints is None:
        return
    if not spec.is_ca:
        yield SpecFault(path, "only a CA certificate has them, and spec.isCA is not true")
    yield from _items(f"{path}.permitted", constraints.permitted)
    yield from _items(f"{path}.excluded", constraints.excluded)
    if not _names(constraints.permitted) and not _names(constraints.excluded):
        yield SpecFault(path, "neither permits nor excludes any name")


def _names(items: NameConstraintItems | None) -> bool:
    return items is not None and items != NameConstraintItems()


def _items(path: str, items: NameConstraintItems | None) -> Iterator[SpecFault]:
    if items is None:
        return
    name, ip_range = "a name in ASCII", "a range such as 10.0.0.0/8"
    yield from _each(f"{path}.dnsDomains", items.dns_domains, _is_domain, name)
    yield from _each(f"{path}.ipRanges", items.ip_ranges, _is_range, ip_range)
    yield from _each(f"{path}.emailAddresses", items.email_addresses, _is_address, name)
    yield from _each(f"{path}.uriDomains", items.uri_domains, str.isascii, name)


def _each(
    path: str, values: tuple[str, ...], fits: Callable[[str], bool], kind: str
) -> Iterator[SpecFault]:
    for index, value in enumerate(values):
        if not fits(value):
            yield SpecFault(f"{path}[{index}]", f"{quoted(value)} is not {kind}")


def _is_domain(value: str) -> bool:
    """A domain covers the names below it without a wildcard."""
    return value.isascii() and "*" not in value


def _is_range(value: str) -> bool:
    """One address is written as a range too; host bits do no harm."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return "/" in value


def _is_address(value: str) -> bool:
    """An address, or the host or domain of addresses."""
    plain = value.isascii() and value.isprintable() and not _NOT_IN_ADDRESSES & set(value)
    return plain and value.rpartition("@")[2] != "" and value.count("@") <= 1
