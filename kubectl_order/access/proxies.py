"""Which proxy leads to the API server: the cluster's own, else that of the environment.

The environment is read as Go programs read it: HTTPS_PROXY for https, HTTP_PROXY for http, NO_PROXY
with names, domains, addresses and networks; loopback is never behind a proxy of the environment.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from kubectl_order.access.address import checked, host_and_port
from kubectl_order.access.errors import BadConfig


def proxy_for(server: str, own: str, environ: Mapping[str, str]) -> str:
    """The `http` or `https` URL of the proxy to `server`; empty for none. BadConfig for others.

    `own` is the cluster's proxy-url, which NO_PROXY does not change.
    """
    if own:
        return _usable(own, "proxy-url")
    variable = "HTTPS_PROXY" if urlsplit(server).scheme == "https" else "HTTP_PROXY"
    found = environ.get(variable) or environ.get(variable.lower()) or ""
    excepted = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    if not found or not _goes_through(*host_and_port(server), excepted):
        return ""
    return _usable(found if "://" in found else f"http://{found}", variable)


def _usable(text: str, where: str) -> str:
    url = checked(text, where)
    if url.scheme.startswith("socks"):
        raise BadConfig(
            f"{where} is a SOCKS proxy, which kubectl order cannot use",
            hint="give an http or https proxy",
        )
    if url.scheme not in ("http", "https"):
        raise BadConfig(f"{where} is neither an http nor an https proxy")
    return text


def _goes_through(host: str, port: int, excepted: str) -> bool:
    """Whether NO_PROXY does not except this."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address is not None and address.is_loopback):
        return False
    for rule in filter(None, (part.strip().lower() for part in excepted.split(","))):
        if rule == "*":
            return False
        if "/" in rule and address is not None:
            try:
                if address in ipaddress.ip_network(rule, strict=False):
                    return False
            except ValueError:
                continue
        elif _named(rule, host, port):
            return False
    return True


def _named(rule: str, host: str, port: int) -> bool:
    """Whether a rule of NO_PROXY without a network means this host."""
    name = rule
    if rule.count(":") == 1 or "]:" in rule:
        name, _, only = rule.rpartition(":")
        if only != str(port):
            return False
    name = name.strip("[]").removeprefix("*")
    return (
        host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")
    )
