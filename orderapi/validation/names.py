"""The alternative names of a spec: DNS names, addresses, URIs, e-mail addresses, and others.

Refuses what can be no name of its kind; whether a CA will sign it is the CA's to say.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from orderapi.certificate import CertificateSpec, OtherName
from orderapi.validation import oids
from orderapi.validation.addresses import canonical
from orderapi.validation.fault import SpecFault, quoted

_LABEL: Final = re.compile(r"[A-Za-z0-9_*-]{1,63}")
_MAX_DNS_NAME: Final = 253

# RFC 5322 section 3.4.1, without blanks and comments around the parts.
_ATOMS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_EMAIL: Final = re.compile(rf'(?:{_ATOMS}|"(?:[^"\\]|\\.)*")@(?:{_ATOMS}|\[[^\[\]\\]*\])', re.ASCII)


def name_faults(spec: CertificateSpec) -> Iterator[SpecFault]:
    """What is wrong with each name, and that there is none."""
    yield from _each("spec.dnsNames", spec.dns_names, _dns_name)
    yield from _each("spec.ipAddresses", spec.ip_addresses, _ip_address)
    yield from _each("spec.uris", spec.uris, _uri)
    yield from _each("spec.emailAddresses", spec.email_addresses, _email)
    for index, other in enumerate(spec.other_names):
        yield from _other_name(f"spec.otherNames[{index}]", other)
    if not has_alternative_names(spec) and not spec.common_name and not spec.literal_subject:
        yield SpecFault(
            "spec",
            "names nothing; set at least one of dnsNames, ipAddresses, uris, emailAddresses, "
            "otherNames, commonName, literalSubject",
        )


def wildcard_faults(spec: CertificateSpec) -> Iterator[SpecFault]:
    """Stars that verifiers do not read as wildcards (RFC 9525 section 6.3)."""
    for index, name in enumerate(spec.dns_names):
        first, _, rest = name.partition(".")
        if "*" in rest or ("*" in first and first != "*"):
            yield SpecFault(
                f"spec.dnsNames[{index}]",
                f"{quoted(name)} has a star that is no wildcard: one stands for the whole first "
                "label, as in *.example.com",
            )


def has_alternative_names(spec: CertificateSpec) -> bool:
    """Whether there is any, of whatever kind."""
    kinds = (spec.dns_names, spec.ip_addresses, spec.uris, spec.email_addresses, spec.other_names)
    return any(kinds)


def _each(
    path: str, values: tuple[str, ...], fault_of: Callable[[str], str]
) -> Iterator[SpecFault]:
    for index, value in enumerate(values):
        fault = fault_of(value)
        if fault:
            yield SpecFault(f"{path}[{index}]", f"{quoted(value)} {fault}")


def _dns_name(value: str) -> str:
    if not value.isascii():
        return 'is not ASCII; write an internationalized name as its A-labels ("xn--…")'
    if len(value) > _MAX_DNS_NAME:
        return f"is {len(value)} characters long; a DNS name has at most 253"
    if value.endswith("."):
        return "ends in a dot; names in certificates are written without it"
    if not all(_LABEL.fullmatch(label) for label in value.split(".")):
        return (
            "is not a DNS name: between dots stand 1 to 63 letters, digits, hyphens or underscores"
        )
    return ""


def _ip_address(value: str) -> str:
    return "" if canonical(value) is not None else "is not an IP address"


def _uri(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        return "is not a URI: it must be printable ASCII without blanks"
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return "is not a URI"
    if not scheme:  # RFC 5280 section 4.2.1.6: never a relative URI
        return "is not a URI: it has no scheme such as https: or spiffe:"
    return ""


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (value.isascii() and value.isprintable() and local and at and domain):
        return "is not an e-mail address in ASCII, such as someone@example.com"
    if not _EMAIL.fullmatch(value):
        return "is not an e-mail address alone, such as someone@example.com"
    return ""


def _other_name(path: str, other: OtherName) -> Iterator[SpecFault]:
    try:
        oids.canonical(other.oid or "")
    except ValueError:
        yield SpecFault(f"{path}.oid", f"{quoted(other.oid or '')} is not an object identifier")
    if not _is_text(other.utf8_value or ""):
        yield SpecFault(f"{path}.utf8Value", "is not a non-empty UTF-8 text")


def _is_text(value: str) -> bool:
    return value != "" and not any("\ud800" <= character < "\ue000" for character in value)
