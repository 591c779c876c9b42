"""Key usages as the API names them; what each means in a certificate is not told here."""

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
