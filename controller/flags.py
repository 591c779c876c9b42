"""How the value of a flag is read: each gives the value, or ArgumentTypeError with a sentence."""

import argparse
import ipaddress
import re
from datetime import timedelta
from typing import Final

from orderapi.durations import parse_duration

APPROVER = "certificaterequests-approver"
KNOWN_CONTROLLERS = (
    "issuers",
    "clusterissuers",
    "certificates",
    "certificaterequests",
    "orders",
    "challenges",
    APPROVER,
    "ingress-shim",
    "gateway-shim",
)

MOST_PORT: Final = 65535


def boolean(text: str) -> bool:
    """True or false as Go writes them."""
    match text.lower():
        case "true" | "1" | "t":
            return True
        case "false" | "0" | "f":
            return False
    raise argparse.ArgumentTypeError(f'"{text}" is neither true nor false')


def duration(text: str) -> timedelta:
    """A duration as Go writes it."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def words(text: str) -> tuple[str, ...]:
    """Words with commas between them."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def controllers(text: str) -> tuple[str, ...]:
    """Names of controllers, `*` for all, `-name` to leave one out."""
    wanted = words(text)
    for name in wanted:
        if name != "*" and name.removeprefix("-") not in KNOWN_CONTROLLERS:
            known = ", ".join(KNOWN_CONTROLLERS)
            raise argparse.ArgumentTypeError(f'there is no "{name}"; known are {known}')
    return wanted


def name_servers(text: str) -> tuple[str, ...]:
    """DNS servers as address and port, or URLs of DNS over HTTPS."""
    servers = words(text)
    for server in servers:
        if not server.startswith("https://") and not re.fullmatch(r".+:\d+", server):
            raise argparse.ArgumentTypeError(f'"{server}" is not of the form <ip address>:<port>')
    return servers


def namespaced_name(text: str) -> str:
    """`<namespace>/<name>`."""
    if not re.fullmatch(r"[^/\s]+/[^/\s]+", text):
        raise argparse.ArgumentTypeError(f'"{text}" is not of the form <namespace>/<name>')
    return text


def listening(text: str) -> str:
    """`[host]:port` to listen on; empty or `0`: nowhere."""
    if text not in ("", "0"):
        _, number = _host_and_port(text)
        if int(number) > MOST_PORT:  # 0: any that is free
            raise argparse.ArgumentTypeError(f'"{number}" is no port')
    return text


def responders(text: str) -> tuple[str, ...]:
    """Addresses with one port for all (a Service has one), or one host name with a port."""
    found = words(text)
    ports = set[int]()
    for address in found:
        host, number = _host_and_port(address)
        ports.add(port(number))
        if not host:
            raise argparse.ArgumentTypeError(f'"{address}" is not of the form <address>:<port>')
        if is_address(host):
            _refuse_unreachable(host)
        elif len(found) > 1:
            raise argparse.ArgumentTypeError(f'"{host}" is a name: it must be the only address')
    if len(ports) > 1:
        raise argparse.ArgumentTypeError(f'the addresses of "{text}" must all have the same port')
    return found


def _refuse_unreachable(host: str) -> None:
    """Kubernetes does not take such an address as an endpoint."""
    ip = ipaddress.ip_address(host)
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        raise argparse.ArgumentTypeError(
            f"{host} is an address that routers of other nodes cannot reach (loopback, link-local, "
            f"unspecified or multicast): Kubernetes refuses it in an EndpointSlice"
        )


def _host_and_port(text: str) -> tuple[str, str]:
    matched = re.fullmatch(r"(?:\[([^\[\]]+)\]|([^:\[\]]*)):(\d{1,5})", text)
    if matched is None:
        raise argparse.ArgumentTypeError(f'"{text}" is not of the form <address>:<port>')
    return matched[1] or matched[2], matched[3]


def is_address(host: str) -> bool:
    """Whether the host is an IP address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def port(text: str) -> int:
    """A TCP port."""
    if not text.isdecimal() or not 0 < int(text) <= MOST_PORT:
        raise argparse.ArgumentTypeError(f'"{text}" is no port')
    return int(text)


def positive(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number
