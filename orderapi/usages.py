"""Key usages as the API names them, and what each is in a certificate."""

from collections.abc import Iterable
from typing import Annotated, Final, TypeAlias

from orderapi.wire import crd

USAGES: Final = (
    "signing",
    "digital signature",
    "content commitment",
    "key encipherment",
    "key agreement",
    "data encipherment",
    "cert sign",
    "crl sign",
    "encipher only",
    "decipher only",
    "any",
    "server auth",
    "client auth",
    "code signing",
    "email protection",
    "s/mime",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "timestamping",
    "ocsp signing",
    "microsoft sgc",
    "netscape sgc",
)

Usage: TypeAlias = Annotated[str, crd(enum=list(USAGES))]

_ALIASES: Final = {"signing": "digital signature", "s/mime": "email protection"}

KEY_USAGES: Final = {
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
"""The bits of the extension KeyUsage as RFC 5280 section 4.2.1.3 names them, with _ between words.
All other usages stand in ExtendedKeyUsage."""

EXTENDED_KEY_USAGES: Final = {
    "any": "2.5.29.37.0",
    "server auth": "1.3.6.1.5.5.7.3.1",
    "client auth": "1.3.6.1.5.5.7.3.2",
    "code signing": "1.3.6.1.5.5.7.3.3",
    "email protection": "1.3.6.1.5.5.7.3.4",
    "ipsec end system": "1.3.6.1.5.5.7.3.5",
    "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
    "ipsec user": "1.3.6.1.5.5.7.3.7",
    "timestamping": "1.3.6.1.5.5.7.3.8",
    "ocsp signing": "1.3.6.1.5.5.7.3.9",
    "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
    "netscape sgc": "2.16.840.1.113730.4.1",
}
"""Object identifiers of RFC 5280 section 4.2.1.12, and of the ones before it."""


def canonical(usages: Iterable[str]) -> frozenset[str]:
    """`usages` without order, with two names of one usage made one."""
    return frozenset(_ALIASES.get(name, name) for name in usages)
