"""Subject alternative names: from a spec into a request, from what was signed into plain values.

DNS names stay as they are written, and are compared without regard to case.
"""

from collections.abc import Iterable
from typing import NamedTuple

from cryptography import x509

from controller.pki import der
from orderapi.certificate import CertificateSpec, OtherName
from orderapi.validation.addresses import address


class AltNames(NamedTuple):
    """The alternative names of a request or certificate, each kind in the order it was found.

    IP addresses are in canonical form, other names are (object identifier, text).
    """

    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    other_names: tuple[tuple[str, str], ...] = ()


def wanted_names(spec: CertificateSpec) -> list[x509.GeneralName]:
    """The names that `spec` asks for, each once; for names without a fault."""
    names = [
        *map(x509.DNSName, spec.dns_names),
        *(x509.IPAddress(address(text)) for text in spec.ip_addresses),
        *map(x509.UniformResourceIdentifier, spec.uris),
        *map(x509.RFC822Name, spec.email_addresses),
        *map(_other_name, spec.other_names),
    ]
    return list(dict.fromkeys(names))


def read_names(extensions: x509.Extensions) -> AltNames:
    """The names that a request or certificate carries. ValueError where one cannot be read."""
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return AltNames()
    dns, addresses, uris, emails, others = [], [], [], [], []
    for name in names:
        match name:
            case x509.DNSName():
                dns.append(name.value)
            case x509.IPAddress():
                addresses.append(canonical_ip(str(name.value)))
            case x509.UniformResourceIdentifier():
                uris.append(name.value)
            case x509.RFC822Name():
                emails.append(name.value)
            case x509.OtherName():
                others.append((name.type_id.dotted_string, _other_value(name.value)))
            case _:
                pass  # directory names and registered IDs: nothing in the API speaks of them
    return AltNames(tuple(dns), tuple(addresses), tuple(uris), tuple(emails), tuple(others))


def canonical_ip(text: str) -> str:
    """One spelling per address; IPv4 in IPv6 form is IPv4. Text that is no address stays."""
    try:
        return str(address(text))
    except ValueError:
        return text


def canonical_dns(names: Iterable[str]) -> frozenset[str]:
    """DNS names for comparison: no order, no case."""
    return frozenset(name.lower() for name in names)


def other_name_pairs(names: Iterable[OtherName]) -> frozenset[tuple[str, str]]:
    """Other names of a spec in the form of `AltNames.other_names`."""
    return frozenset((name.oid or "", name.utf8_value or "") for name in names)


def _other_name(other: OtherName) -> x509.OtherName:
    value = (other.utf8_value or "").encode()
    return x509.OtherName(
        x509.ObjectIdentifier(other.oid or ""), der.element(der.UTF8_STRING, value)
    )


def _other_value(encoded: bytes) -> str:
    """The text of an other name; in hex where it is not a UTF8String."""
    read = der.elements(encoded)
    if len(read) == 1 and read[0].tag == der.UTF8_STRING:
        return read[0].content.decode()
    return encoded.hex()
