"""Addresses of DNS servers: read from the API, resolved, and checked before anything is sent there.

Names of servers are resolved by the operating system, as a pod's other clients do it (cluster names
included), and what is connected to is the very address that was checked. Whoever may write an
Issuer chooses these addresses; the servers of the controller's own settings are the operator's and
pass. Refuses DNS over HTTPS.
"""

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass

from controller import egress
from controller.solvers.errors import LookupFailed, Misconfigured, Unsupported

DNS_PORT = 53
RESOLVE_SECONDS = 5.0

BRACKETED = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>\d{1,5}))?")
PLAIN = re.compile(r"(?P<host>[^\[\]:/\s]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server was said to be: a name or an IP address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return written(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Server:
    """A server to send to: an IP address that passed the check, and a port."""

    address: str
    port: int = DNS_PORT

    def __str__(self) -> str:
        return written(self.address, self.port)


def written(host: str, port: int) -> str:
    """How a server is shown to people: the port only where it is not 53."""
    if port == DNS_PORT:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse(text: str, *, field: str) -> Endpoint:
    """Read `host`, `host:port`, `[IPv6]` or `[IPv6]:port`; `field` names the setting in errors."""
    if text.startswith("https://"):
        raise Unsupported(
            f'{field} names "{text}": this release does not speak DNS over HTTPS; name a server by '
            f"address and port, such as 192.0.2.53:53."
        )
    if _is_ipv6(text):
        return Endpoint(text, DNS_PORT)
    found = BRACKETED.fullmatch(text) or PLAIN.fullmatch(text)
    port = int(found["port"] or DNS_PORT) if found else 0
    if (
        found is None
        or not 0 < port < 65536
        or (text.startswith("[") and not _is_ipv6(found["host"]))
    ):
        raise Misconfigured(
            f'{field} is "{text}", which names no server: write host:port, such as '
            f"192.0.2.53:53 or [2001:db8::53]:53."
        )
    return Endpoint(found["host"], port)


async def addresses(endpoint: Endpoint, *, allow: bool) -> tuple[Server, ...]:
    """All addresses of the endpoint that may be connected to, at least one; `allow`: any may."""
    if _is_ip(endpoint.host):
        try:
            egress.check(endpoint.host, allow)
        except egress.EgressRefused as refused:
            raise Misconfigured(f"DNS server {endpoint}: {refused}.") from refused
        return (Server(endpoint.host, endpoint.port),)
    found = await _resolved(endpoint)
    refusals: list[str] = []
    servers: list[Server] = []
    for address in found:
        try:
            egress.check(address, allow)
            servers.append(Server(address, endpoint.port))
        except egress.EgressRefused as refused:
            refusals.append(str(refused))
    if not servers:
        raise LookupFailed(f"DNS server {endpoint} cannot be used: {'; '.join(refusals)}.")
    return tuple(servers)


async def _resolved(endpoint: Endpoint) -> tuple[str, ...]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_DGRAM)
    except TimeoutError as error:
        raise LookupFailed(
            f"The address of DNS server {endpoint} was not found within {RESOLVE_SECONDS:g} s."
        ) from error
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not a host name"
        raise LookupFailed(f"The address of DNS server {endpoint} was not found: {why}.") from error
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    return ":" in text and _is_ip(text)
