"""Subject alternative names: from a spec into a request, from what was signed into plain values.

Refuses what can be no name of its kind; whether a CA will sign it is the CA's to say. DNS names
stay as they are written, and are compared without regard to case.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from cryptography import x509

from controller.pki import der
from controller.pki.faults import Unreadable, quoted
from orderapi.certificate import CertificateSpec, OtherName

_LABEL: Final = re.compile(r"[A-Za-z0-9_*-]{1,63}")
_MAX_DNS_NAME: Final = 253


class AltNames(NamedTuple):
    """The alternative names of a request or certificate, each kind in the order it was found.

    IP addresses are in canonical form, other names are (object identifier, text).
    """

    dns_names: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    other_names: tuple[tuple[str, str], ...] = ()


def wanted_names(spec: CertificateSpec, faults: list[str]) -> list[x509.GeneralName]:
    """The names that `spec` asks for, each once; what is wrong with them is added to `faults`."""
    names = [
        *_each("spec.dnsNames", spec.dns_names, _dns_name, faults),
        *_each("spec.ipAddresses", spec.ip_addresses, _ip_address, faults),
        *_each("spec.uris", spec.uris, _uri, faults),
        *_each("spec.emailAddresses", spec.email_addresses, _email, faults),
    ]
    for index, other in enumerate(spec.other_names):
        name = _other_name(f"spec.otherNames[{index}]", other, faults)
        if name is not None:
            names.append(name)
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
        return str(_address(text))
    except ValueError:
        return text


def canonical_dns(names: Iterable[str]) -> frozenset[str]:
    """DNS names for comparison: no order, no case."""
    return frozenset(name.lower() for name in names)


def other_name_pairs(names: Iterable[OtherName]) -> frozenset[tuple[str, str]]:
    """Other names of a spec in the form of `AltNames.other_names`."""
    return frozenset((name.oid or "", name.utf8_value or "") for name in names)


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
        except Unreadable as fault:
            faults.append(f"{path}[{index}]: {quoted(value)} {fault}")
    return made


def _dns_name(value: str) -> x509.GeneralName:
    if not value.isascii():
        raise Unreadable('is not ASCII; write an internationalized name as its A-labels ("xn--…")')
    if len(value) > _MAX_DNS_NAME:
        raise Unreadable(f"is {len(value)} characters long; a DNS name has at most 253")
    if value.endswith("."):
        raise Unreadable("ends in a dot; names in certificates are written without it")
    if not all(_LABEL.fullmatch(label) for label in value.split(".")):
        raise Unreadable(
            "is not a DNS name: between dots stand 1 to 63 letters, digits, hyphens or underscores"
        )
    return x509.DNSName(value)


def _ip_address(value: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(_address(value))
    except ValueError:
        raise Unreadable("is not an IP address") from None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise ValueError("a zone has no place in a certificate")
        return address.ipv4_mapped or address
    return address


def _uri(value: str) -> x509.GeneralName:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise Unreadable("is not a URI: it must be printable ASCII without blanks")
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        raise Unreadable("is not a URI") from None
    if not scheme:  # RFC 5280 section 4.2.1.6: never a relative URI
        raise Unreadable("is not a URI: it has no scheme such as https: or spiffe:")
    return x509.UniformResourceIdentifier(value)


def _email(value: str) -> x509.GeneralName:
    local, at, domain = value.rpartition("@")
    if not (value.isascii() and value.isprintable() and local and at and domain):
        raise Unreadable("is not an e-mail address in ASCII, such as someone@example.com")
    try:
        return x509.RFC822Name(value)
    except ValueError:
        raise Unreadable("is not an e-mail address alone, such as someone@example.com") from None


def _other_name(path: str, other: OtherName, faults: list[str]) -> x509.OtherName | None:
    try:
        oid = x509.ObjectIdentifier(other.oid or "")
    except ValueError:
        faults.append(f"{path}.oid: {quoted(other.oid or '')} is not an object identifier")
        return None
    try:
        value = (other.utf8_value or "").encode()
    except UnicodeEncodeError:
        value = b""
    if not value:
        faults.append(f"{path}.utf8Value: is not a non-empty UTF-8 text")
        return None
    return x509.OtherName(oid, der.element(der.UTF8_STRING, value))


def _other_value(encoded: bytes) -> str:
    """The text of an other name; in hex where it is not a UTF8String."""
    read = der.elements(encoded)
    if len(read) == 1 and read[0].tag == der.UTF8_STRING:
        return read[0].content.decode()
    return encoded.hex()
