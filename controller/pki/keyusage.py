"""Key usages as the API names them, as X.509 extensions carry them."""

from cryptography import x509

from orderapi import defaults
from orderapi.usages import EXTENDED_KEY_USAGES, KEY_USAGES, canonical


def canonical_usages(usages: tuple[str, ...], *, is_ca: bool | None) -> frozenset[str]:
    """What `usages` mean: defaults filled in, two names of one usage made one, no order."""
    return canonical(defaults.usages(usages, is_ca=is_ca))


def usage_extensions(
    usages: tuple[str, ...], *, is_ca: bool | None
) -> list[tuple[x509.ExtensionType, bool]]:
    """KeyUsage and ExtendedKeyUsage of known usages, with their criticality."""
    wanted = canonical_usages(usages, is_ca=is_ca)
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if wanted & KEY_USAGES.keys():
        bits = {keyword: name in wanted for name, keyword in KEY_USAGES.items()}
        extensions.append((x509.KeyUsage(**bits), True))
    extended = [oid for name, oid in EXTENDED_KEY_USAGES.items() if name in wanted]
    if extended:
        identifiers = [x509.ObjectIdentifier(oid) for oid in extended]
        extensions.append((x509.ExtendedKeyUsage(identifiers), False))
    return extensions
