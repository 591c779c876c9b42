"""What a name may mean: the host in what people paste, and which names are for a host. Pure."""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

CLOSE: Final = 3
"""How many similar names are offered."""


class Names(Protocol):
    """The names in a spec or a row of one."""

    @property
    def dns_names(self) -> Sequence[str]: ...
    @property
    def ip_addresses(self) -> Sequence[str]: ...


def host_in(text: str) -> str:
    """The host in what people paste: a host name, an IP address, or a URL; in lower case and ASCII,
    without a final dot. Empty where it is none."""
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    host = host.rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    return host.lower()


def is_url(text: str) -> bool:
    """Whether it can only be a URL."""
    return "://" in text


def matches(spec: Names, host: str) -> bool:
    """Whether the host is one of the names, to the letter (`*.example.com` as itself)."""
    return host in map(_plain, spec.dns_names) or _address(host) in map(_address, spec.ip_addresses)


def covers(spec: Names, host: str) -> bool:
    """Whether a wildcard among the names is for the host: in place of exactly one label."""
    label, dot, parent = host.partition(".")
    return bool(label and dot) and f"*.{parent}" in map(_plain, spec.dns_names)


def close_to(name: str, known: Sequence[str]) -> list[str]:
    """The names that may have been meant, the closest first."""
    from difflib import get_close_matches

    return get_close_matches(name, known, n=CLOSE)


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _address(text: str) -> Any:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return object()
