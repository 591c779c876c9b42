"""The operator's HTTP proxies, from the environment as other programs read it.

HTTPS_PROXY and NO_PROXY, in either case (the lower one wins); NO_PROXY as Go programs read it:
domains with their subdomains, `.example.com` for subdomains alone, addresses, CIDR blocks, `*`, and
a port where one is given; loopback never. Refuses to read the environment itself, and everything
but HTTP proxies.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

import aiohttp

WITH_PORT = re.compile(r"(\[.+\]|[^:]+):([0-9]{1,5})")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """One HTTP proxy. Its password is in none of its texts."""

    url: str
    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What the proxy wants to see before it connects."""
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}


@dataclass(frozen=True, slots=True)
class Proxies:
    """Which proxy an https request takes: the same for all, but for the exceptions."""

    proxy: Proxy | None = None
    exceptions: tuple[str, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """From environment variables; raises ValueError for a proxy that cannot be used."""
        url = environ.get("https_proxy") or environ.get("HTTPS_PROXY") or ""
        without = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        entries = (entry.strip().lower() for entry in without.split(","))
        return cls(_proxy(url.strip()) if url.strip() else None, tuple(filter(None, entries)))

    def for_endpoint(self, host: str, port: int) -> Proxy | None:
        """The proxy for an https request to that host, or None when it goes there directly."""
        name = host.lower().rstrip(".")
        if _is_loopback(name) or any(_excepts(entry, name, port) for entry in self.exceptions):
            return None
        return self.proxy


def _proxy(url: str) -> Proxy:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("HTTPS_PROXY: only http:// and https:// proxies can be used")
    try:
        host, port = parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError as error:
        raise ValueError("HTTPS_PROXY: the proxy's port cannot be read") from error
    if not host:
        raise ValueError("HTTPS_PROXY: the proxy has no host")
    shown = f"[{host}]" if ":" in host else host
    return Proxy(f"{parts.scheme}://{shown}:{port}", host, port, _authorization(parts))


def _authorization(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    return aiohttp.encode_basic_auth(unquote(parts.username), unquote(parts.password or ""))


def _is_loopback(host: str) -> bool:
    """A proxy cannot reach this machine's own loopback; Go programs go there directly too."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _excepts(entry: str, host: str, port: int) -> bool:
    """Whether one entry of NO_PROXY is about that host and port."""
    if entry == "*":
        return True
    with_port = WITH_PORT.fullmatch(entry)
    if with_port:
        if int(with_port[2]) != port:
            return False
        entry = with_port[1]
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    if entry.startswith("."):
        return host.endswith(entry)
    return host == entry or host.endswith(f".{entry}")
