"""Key usages as the API names them, read from what X.509 extensions carry."""

from typing import Final

from cryptography import x509

from orderapi.usages import EXTENDED_KEY_USAGES, KEY_USAGES

# They have a meaning beside key agreement alone, and may not be asked for without it.
_OF_AGREEMENT: Final = frozenset({"encipher only", "decipher only"})
_BY_OID: Final = {oid: name for name, oid in EXTENDED_KEY_USAGES.items()}


def key_usages(extensions: x509.Extensions) -> frozenset[str] | None:
    """What KeyUsage says; None where it is not there."""
    try:
        found = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    names = KEY_USAGES.keys() - (frozenset() if found.key_agreement else _OF_AGREEMENT)
    return frozenset(name for name in names if getattr(found, KEY_USAGES[name]))


def extended_usages(extensions: x509.Extensions) -> frozenset[str] | None:
    """What ExtendedKeyUsage says; None where it is not there. One that the API has no name for is
    its object identifier."""
    try:
        found = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return frozenset(_BY_OID.get(oid.dotted_string, oid.dotted_string) for oid in found)
