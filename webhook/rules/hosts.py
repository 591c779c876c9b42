"""Hosts that an issuer names: its CA by URL, DNS servers by address. Pure: no name is resolved.

What is refused here is what the controller cannot connect to, whatever the network is.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from orderapi.validation.addresses import host_address, is_ipv6
from orderapi.validation.fault import quoted
from webhook.rules.findings import Advice, Findings, fault

LONGEST_URL: Final = 2048

_URL_CHARACTERS: Final = re.compile(r"[!-~]+")  # RFC 3986: printable ASCII, no space
_BRACKETED: Final = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>\d{1,5}))?")
_PLAIN: Final = re.compile(r"(?P<host>[^\[\]:/\s]+)(?::(?P<port>\d{1,5}))?")
_V1: Final = re.compile(r"acme-(v01|staging)\.api\.letsencrypt\.org", re.IGNORECASE)


def acme_server(path: str, url: str) -> Findings:
    """The URL of a CA's directory: https, a host, no user and no password."""
    if not url:
        yield fault(path, "is empty; it is the https URL of the CA's directory")
    elif len(url) > LONGEST_URL:
        yield fault(path, f"is longer than {LONGEST_URL:,} characters")
    elif _URL_CHARACTERS.fullmatch(url) is None:
        yield fault(path, f"is {quoted(url)}; a URL is of ASCII characters without spaces")
    else:
        yield from _parts(path, url)


def host_of(url: str) -> str:
    """The host of a URL or of `host:port`, in lower case; empty where there is none."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def dns_server(path: str, text: str, example: str = "192.0.2.53:53") -> Findings:
    """A DNS server as host, host:port, or an IPv6 address in brackets with a port."""
    if not text:
        yield fault(path, f"is empty; name a DNS server, such as {example}")
        return
    host = _dns_host(text)
    if not host:
        yield fault(
            path,
            f"is {quoted(text)}, which names no DNS server; write host:port, such as {example} or "
            "[2001:db8::53]:53",
        )
        return
    yield from _special(path, host)


def dns_host(text: str) -> str:
    """The host of a DNS server, in lower case; empty where it is none."""
    return _dns_host(text).lower()


def _parts(path: str, url: str) -> Findings:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        yield fault(path, "is not a URL; write it as https://acme.example.com/directory")
        return
    if parts.username is not None or parts.password is not None:
        # Not shown: it may hold a password.
        yield fault(path, "holds a user or a password; everybody who reads the issuer sees them")
        return
    if parts.scheme.lower() != "https" or not host or port == 0:
        yield fault(
            path,
            f"is {quoted(url)}; the CA is spoken to over https alone, so write a URL as "
            "https://acme.example.com/directory",
        )
        return
    if (old := _V1.fullmatch(host)) is not None:
        new = "acme-v02" if old[1].lower() == "v01" else "acme-staging-v02"
        yield Advice(
            path,
            "Let's Encrypt has turned that server off; use "
            f"https://{new}.api.letsencrypt.org/directory",
        )
    yield from _special(path, host)


def _dns_host(text: str) -> str:
    if is_ipv6(text):
        return text
    found = _BRACKETED.fullmatch(text) or _PLAIN.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 53) < 65536:
        return ""
    if text.startswith("[") and not is_ipv6(found["host"]):
        return ""
    return found["host"]


def _special(path: str, host: str) -> Findings:
    """Advice about hosts that the controller does not connect to unless its settings allow them."""
    kind = _kind(host.rstrip("."))
    if kind:
        yield Advice(
            path,
            f"{quoted(host)} is {kind}; the controller does not connect there (unless it runs with "
            "--allow-special-addresses)",
        )


def _kind(host: str) -> str:
    if host.lower() in ("localhost", "localhost.localdomain") or host.lower().endswith(
        ".localhost"
    ):
        return "a name of the loopback"
    address = host_address(host)
    if address is None:
        return ""
    if address.is_loopback:
        return "a loopback address"
    if address.is_link_local:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    return "an unspecified address" if address.is_unspecified else ""
