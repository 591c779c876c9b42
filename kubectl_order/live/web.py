"""HTTP-01 by stages, as the CA does it (RFC 8555 section 8.3): at each address by itself.

    connect to port 80 → an answer → redirects, to ports 80 and 443 only → the body is the answer

The body is compared with the key authorization and never shown; neither is the token. Whoever has
the name chooses where a request goes: it is not led on from the Internet into the network of those
who look, nor to their own machine.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from kubectl_order.live.lookup import Lookup, Unanswered
from kubectl_order.live.subject import Subject, answers_http
from kubectl_order.live.verdicts import failed, passed, unknown
from kubectl_order.report import Check
from orderapi.names import CHALLENGE_PATH

TIMEOUT: Final = 5.0
MOST_ADDRESSES: Final = 6
MOST_REDIRECTS: Final = 10

_PORTS: Final = {"http": 80, "https": 443}
_MOST_BODY: Final = 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class _Stopped(Exception):
    """The stage that was not passed, as evidence; and what to do."""

    def __init__(self, evidence: str, fix: str) -> None:
        super().__init__(evidence)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    body: bytes


def stages(subject: Subject, lookup: Lookup) -> Iterator[Check]:
    """One check for each address of a name that is proved over HTTP and whose proof is open."""
    if not answers_http(subject) or not subject.open or subject.challenge is None:
        return
    try:
        found = _addresses(subject.name, lookup)
    except Unanswered as error:
        yield unknown("HTTP", subject.name, str(error))
        return
    for address in found[:MOST_ADDRESSES]:
        target = f"http://{subject.name}{CHALLENGE_PATH}… at {address}"
        try:
            told = _followed(subject, address, lookup)
        except _Stopped as stopped:
            yield failed("HTTP", target, str(stopped), stopped.fix)
        except Unanswered as error:
            yield unknown("HTTP", target, str(error))
        else:
            yield passed("HTTP", target, told)


def _addresses(host: str, lookup: Lookup) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return [one for kind in ("AAAA", "A") for one in lookup.ask(host, kind).values]


def _followed(subject: Subject, address: str, lookup: Lookup) -> str:
    """That the right body came, and by which way; raises _Stopped at the stage that failed."""
    assert subject.challenge is not None  # noqa: S101 (told by `stages`)
    token = quote(subject.challenge.spec.token, safe="")
    url, way = f"http://{_host(subject.name)}{CHALLENGE_PATH}{token}", ""
    for _ in range(MOST_REDIRECTS + 1):
        answer = _fetched(url, address)
        if answer.status not in _REDIRECTS:
            _compare(answer, subject.challenge.spec.key, way)
            return f"the right answer{way}"
        url, address = _led_on(url, address, answer.location, way, lookup)
        way = f"{way}, by a redirect to {_shown(url)}"
    raise _Stopped(f"more than {MOST_REDIRECTS} redirects", "Serve the path without a redirect.")


def _compare(answer: _Answer, wanted: str, way: str) -> None:
    if answer.status != 200:
        fix = "Something before the solver answers: look at the router's rules for this host."
        raise _Stopped(f"status {answer.status}{way}", fix)
    if answer.body.rstrip() != wanted.encode():
        fix = "Something else serves this path: look at the router's rules for this host."
        raise _Stopped(f"status 200 with another body ({len(answer.body)} bytes){way}", fix)


def _led_on(url: str, address: str, location: str, way: str, lookup: Lookup) -> tuple[str, str]:
    """Where a redirect leads, and an address of its host."""
    try:
        target = urljoin(url, location)
        parts, port = urlsplit(target), urlsplit(target).port
    except ValueError:
        raise _Stopped(f"a redirect to no URL{way}", "Mend the redirect.") from None
    way = f"{way}, by a redirect to {_shown(target)}"
    if parts.scheme not in _PORTS or port not in (None, 80, 443) or not parts.hostname:
        fix = (
            "Redirect to http or https on their usual ports, or serve the path without a redirect."
        )
        raise _Stopped(f"no CA follows it{way}", fix)
    found = _addresses(parts.hostname, lookup)
    if not found:
        raise _Stopped(f"the host has no address{way}", "Mend the redirect, or the name's records.")
    if not may_lead(address, found[0]):
        raise Unanswered(
            f"{found[0]} is not on the Internet, and is not followed to from {address}{way}"
        )
    return target, found[0]


def may_lead(before: str, after: str) -> bool:
    """Whether a redirect may lead from one address to the other: to a public one, or to one of the
    same kind."""
    kinds = [_kind(ipaddress.ip_address(each)) for each in (before, after)]
    return kinds[1] == "public" or kinds[0] == kinds[1]


def _kind(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return _kind(mapped)
    if address.is_loopback or address.is_unspecified:
        return "this machine"
    if address.is_link_local:
        return "this link"
    return "public" if address.is_global else "private"


def _fetched(url: str, address: str) -> _Answer:
    parts = urlsplit(url)
    port = parts.port or _PORTS[parts.scheme]
    try:
        connection = http.client.HTTPConnection(parts.hostname or "", port, timeout=TIMEOUT)
    except http.client.InvalidURL:
        raise _Stopped("the host has a name that is none", "Mend the redirect.") from None
    with closing(connection):
        connection.sock = _connected(address, port, parts.scheme, parts.hostname or "")
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"
        try:
            connection.request("GET", path, headers={"Host": parts.netloc, "Accept": "*/*"})
            answer = connection.getresponse()
            return _Answer(answer.status, answer.getheader("Location", ""), answer.read(_MOST_BODY))
        except (OSError, http.client.HTTPException, ValueError) as error:
            fix = "Look whether an HTTP server is what listens there."
            raise _Stopped(f"port {port}: no HTTP answer: {_why(error)}", fix) from None


def _connected(address: str, port: int, scheme: str, host: str) -> socket.socket:
    try:
        plain = socket.create_connection((address, port), timeout=TIMEOUT)
    except OSError as error:
        fix = f"Open port {port} at {address} to the CA, or take the record out of DNS."
        raise _Stopped(f"port {port}: {_why(error)}", fix) from None
    if scheme == "http":
        return plain
    # A CA follows to https whatever the certificate there: none is to be had before this works.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except (OSError, ValueError) as error:
        plain.close()
        raise _Stopped(f"port {port}: no TLS: {_why(error)}", "Look what listens there.") from None


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"silent for {TIMEOUT:.0f} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _shown(url: str) -> str:
    """Where a redirect leads, without what may hold the token."""
    parts = urlsplit(url)
    return (
        f"{parts.scheme}://{parts.netloc}{CHALLENGE_PATH}…"
        if CHALLENGE_PATH in url
        else f"{parts.scheme}://{parts.netloc}/…"
    )
