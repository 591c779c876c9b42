"""Where connections on behalf of a tenant may lead, checked on the address as it is connected to.

An Issuer names its ACME server and its DNS servers, so a tenant chooses what the controller talks
to. Loopback, link-local, multicast and a cloud's metadata service are refused, in every spelling
and every IPv6 form that embeds an IPv4 address, after redirects too. Private ranges are fine: a
company's own CA lives there. One switch (`allow`) turns the guard off, for development.

Refuses to judge by name alone: names are resolved, and what they resolve to is checked. What lies
behind an HTTP proxy is the proxy's to guard; the proxy itself is the operator's choice.
"""

import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

Address = IPv4Address | IPv6Address
Endpoint = tuple[str, int]

METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254",  # AWS, Azure, Google, OpenStack and most others
            "169.254.170.2",  # AWS, credentials of a task
            "169.254.170.23",  # AWS, credentials of a pod
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure, wire server
            "192.0.0.192",  # Oracle
            "fd00:ec2::254",  # AWS
            "fd00:ec2::23",  # AWS, credentials of a pod
            "fd20:ce::254",  # Google
            "fd00:42::42",  # Scaleway
        ),
    )
)
THIS_NETWORK = ipaddress.ip_network(
    "0.0.0.0/8"
)  # RFC 1122 3.2.1.3; Linux connects 0.0.0.0 to itself
BROADCAST = ipaddress.ip_address("255.255.255.255")
LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})

LOW_32_BITS = (1 << 32) - 1
ENDS_IN_IPV4 = tuple(
    IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible, RFC 4291 2.5.5.1
        "::ffff:0:0/96",  # IPv4-mapped, RFC 4291 2.5.5.2
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # NAT64 of local use, RFC 8215
    )
)
ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214 6.1: the upper half of the interface identifier


class EgressRefused(OSError):
    """The address is one that is not connected to; the message names it and says why."""


def refusal(address: Address) -> str | None:
    """Why nothing connects to this address ("is a loopback address"), or None when it is fine."""
    plain, *embedded = _meant(address)
    reason = _reason(plain)
    if reason is not None:
        return reason
    for meant in embedded:
        reason = _reason(meant)
        if reason is not None:
            return f"stands for {meant}, which {reason}"
    return None


def check(address: str | Address, allow: bool) -> None:
    """Raise EgressRefused unless the address may be connected to; `allow` lets all pass."""
    if allow:
        return
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError as error:
        raise EgressRefused(f'"{address}" is not an IP address') from error
    reason = refusal(parsed)
    if reason is not None:
        raise EgressRefused(f"{parsed} {reason}; such addresses are not connected to")


def check_name(host: str, allow: bool) -> None:
    """Raise EgressRefused for a name that means this machine by convention (RFC 6761 6.3)."""
    name = host.rstrip(".").lower()
    if not allow and (name in LOOPBACK_NAMES or name.endswith(".localhost")):
        raise EgressRefused(f'"{host}" is a name of the loopback; it is not connected to')


def check_literal(host: str, allow: bool) -> None:
    """Raise EgressRefused where the host of a URL is a refused address or a name of the loopback.

    For requests that go through a proxy, which resolves all other names.
    """
    check_name(host, allow)
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return
    check(address, allow)


class GuardedResolver(AbstractResolver):
    """Resolves names for aiohttp and refuses those that lead where nothing connects to.

    `trusted` are host and port of the operator's own proxies: those may be anywhere.
    """

    def __init__(
        self,
        *,
        allow: bool,
        trusted: Collection[Endpoint] = (),
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allow = allow
        self._trusted = frozenset((host.lower(), port) for host, port in trusted)
        self._trusted_endpoints = set(self._trusted)
        self._resolver = resolver or aiohttp.DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`; raises EgressRefused when one of them is refused."""
        trusted = (host.lower(), port) in self._trusted
        if not trusted:
            check_name(host, self._allow)
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            if trusted:
                self._trusted_endpoints.add((result["host"], port))
            else:
                self._check_result(host, result["host"])
        return found

    def open_socket(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        """A socket for one connection attempt: every attempt passes here, literals included."""
        family, kind, protocol, _, destination = info
        if destination[:2] not in self._trusted_endpoints:
            check(destination[0], self._allow)
        return socket.socket(family=family, type=kind, proto=protocol)

    async def close(self) -> None:
        """Release what the resolver holds."""
        await self._resolver.close()

    def _check_result(self, host: str, address: str) -> None:
        try:
            check(address, self._allow)
        except EgressRefused as refused:
            raise EgressRefused(f'"{host}" resolves to {refused}') from refused


def guarded_connector(
    *,
    allow: bool,
    trusted: Collection[Endpoint] = (),
    tls: ssl.SSLContext | bool = True,
) -> aiohttp.TCPConnector:
    """A connector whose every connection passes the guard; `tls` False verifies no certificate."""
    resolver = GuardedResolver(allow=allow, trusted=trusted)
    return aiohttp.TCPConnector(resolver=resolver, socket_factory=resolver.open_socket, ssl=tls)


def _reason(address: Address) -> str | None:
    if address in METADATA:
        return "belongs to a cloud's metadata service"
    if address.is_loopback:
        return "is a loopback address"
    if address.is_link_local:
        return "is a link-local address"
    if address.is_multicast or address == BROADCAST:
        return "is a multicast address"
    if address.is_unspecified or (address.version == 4 and address in THIS_NETWORK):
        return "is an unspecified address"
    return None


def _meant(address: Address) -> Iterator[Address]:
    """The address, then each IPv4 address that it may lead to by a translation or a tunnel."""
    if isinstance(address, IPv4Address):
        yield address
        return
    plain = IPv6Address(int(address))  # without its scope: fe80::1%eth0
    yield plain
    number = int(plain)
    if number > 1 and any(plain in network for network in ENDS_IN_IPV4):
        yield IPv4Address(number & LOW_32_BITS)
    if plain.sixtofour is not None:
        yield plain.sixtofour
    if plain.teredo is not None:
        yield from plain.teredo
    if number >> 32 & LOW_32_BITS in ISATAP:
        yield IPv4Address(number & LOW_32_BITS)
