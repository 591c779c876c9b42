"""Key usages as the API names them, as X.509 extensions carry them."""

from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from controller.pki.faults import quoted
from orderapi import defaults

_ALIASES: Final = {"signing": "digital signature", "s/mime": "email protection"}

# RFC 5280 section 4.2.1.3, by the keyword of cryptography's constructor.
_KEY_USAGES: Final = {
    "digital signature": "digital_signature",
    "content commitment": "content_commitment",
    "key encipherment": "key_encipherment",
    "data encipherment": "data_encipherment",
    "key agreement": "key_agreement",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
    "encipher only": "encipher_only",
    "decipher only": "decipher_only",
}

# RFC 5280 section 4.2.1.12, and the ones before it.
_EXTENDED: Final = {
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "ipsec end system": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
    "ipsec tunnel": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec user": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "microsoft sgc": x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    "netscape sgc": x509.ObjectIdentifier("2.16.840.1.113730.4.1"),
}


def canonical_usages(usages: tuple[str, ...], *, is_ca: bool | None) -> frozenset[str]:
    """What `usages` mean: defaults filled in, two names of one usage made one, no order."""
    return frozenset(_ALIASES.get(name, name) for name in defaults.usages(usages, is_ca=is_ca))


def usage_extensions(
    usages: tuple[str, ...], *, is_ca: bool | None, faults: list[str]
) -> list[tuple[x509.ExtensionType, bool]]:
    """KeyUsage and ExtendedKeyUsage with their criticality; faults are added to `faults`."""
    for index, name in enumerate(usages):
        usage = _ALIASES.get(name, name)
        if usage not in _KEY_USAGES and usage not in _EXTENDED:
            faults.append(f"spec.usages[{index}]: {quoted(name)} is not a known usage")
    wanted = canonical_usages(usages, is_ca=is_ca)
    if wanted & {"encipher only", "decipher only"} and "key agreement" not in wanted:
        # RFC 5280 section 4.2.1.3: without it their meaning is undefined.
        faults.append('spec.usages: "encipher only" and "decipher only" need "key agreement"')
        return []
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if wanted & _KEY_USAGES.keys():
        bits = {keyword: name in wanted for name, keyword in _KEY_USAGES.items()}
        extensions.append((x509.KeyUsage(**bits), True))
    extended = [oid for name, oid in _EXTENDED.items() if name in wanted]
    if extended:
        extensions.append((x509.ExtendedKeyUsage(extended), False))
    return extensions
