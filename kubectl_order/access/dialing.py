"""From an address to a connection: names, sockets, a proxy, TLS; within a few seconds."""

import base64
import http.client
import socket
import ssl
import time
from contextlib import suppress
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from kubectl_order.access.address import host_and_port, without_user
from kubectl_order.access.credentials import Credentials
from kubectl_order.access.errors import Unavailable
from kubectl_order.access.nested import NestedTls

LIMIT: Final = 8.0
"""Seconds until a connection is there, with its TLS; a name may have several addresses."""

_LONGEST: Final = 1e9  # seconds; sockets take no more than some hundred years

Stream: TypeAlias = socket.socket | NestedTls

BROKEN: Final = (OSError, http.client.HTTPException, ValueError)
"""What a connection that fails raises: its own errors, names that cannot be encoded, and reading
from TLS that has been closed."""

CLOSED: Final = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""Those of them by which a kept connection turns out to be closed by the other side."""


class Deadline:
    """A point in time, some seconds from now; None is never."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + min(seconds, _LONGEST)

    @property
    def left(self) -> float | None:
        """Seconds until then; None for ever. TimeoutError when it is over."""
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def dial(
    credentials: Credentials, context: ssl.SSLContext | None, *, limit: float = LIMIT
) -> Stream:
    """A connection to the API server, ready for a request; Unavailable says what failed where."""
    place = f"the API server at {credentials.server}"
    if credentials.proxy:
        place += f" through the proxy {without_user(credentials.proxy)}"
    try:
        return _connected(credentials, context, Deadline(limit))
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"cannot trust {place}: {error.verify_message}", hint="kubectl config view --minify"
        ) from None
    except BROKEN as error:
        raise Unavailable(f"cannot reach {place}: {why(error)}") from None


def why(error: Exception) -> str:
    """What happened to the connection, in a few words of our own or the system's."""
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case (
            ConnectionError()
            | http.client.IncompleteRead()
            | ssl.SSLEOFError()
            | ssl.SSLZeroReturnError()
        ):
            return "it closed the connection"
        case ssl.SSLError():
            return f"TLS failed ({(error.reason or 'no reason given').replace('_', ' ').lower()})"
        case socket.gaierror():
            return f"its name has no address ({(error.strerror or '').lower()})"
        case TimeoutError():
            return "no answer in time"
        case _ProxyRefusal():
            return f"the proxy answers {error}"
        case OSError(strerror=str(text)):
            return text[:1].lower() + text[1:]
        case http.client.HTTPException():
            return "its answer is not HTTP"
        case UnicodeError():
            return "its name cannot be used"
        case _:
            return "the connection is closed"


def interrupt(stream: Stream) -> None:
    """Have whoever reads from it, in whichever thread, find its end."""
    plain = stream.outer if isinstance(stream, NestedTls) else stream
    with suppress(OSError):
        # SSLSocket's own would take the TLS away from under the reader.
        socket.socket.shutdown(plain, socket.SHUT_RDWR)


class _ProxyRefusal(OSError):
    """The proxy's status to a CONNECT."""


def _connected(
    credentials: Credentials, context: ssl.SSLContext | None, deadline: Deadline
) -> Stream:
    host, port = host_and_port(credentials.server)
    name = credentials.server_name or host
    stream = _reach(*host_and_port(credentials.proxy or credentials.server), deadline)
    try:
        if credentials.proxy.startswith("https:"):
            stream = _secured(stream, _public(), host_and_port(credentials.proxy)[0], deadline)
        if context is None:
            return stream
        if credentials.proxy:
            _tunnel(stream, host, port, credentials.proxy, deadline)
        stream.settimeout(deadline.left)
        if isinstance(stream, ssl.SSLSocket):
            return NestedTls(stream, context, name)
        return _secured(stream, context, name, deadline)
    except BaseException:
        stream.close()
        raise


def _reach(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first address that takes one; each has its share of the time."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failed: OSError = socket.gaierror("no addresses")
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        stream = socket.socket(family, kind, protocol)
        try:
            stream.settimeout((deadline.left or LIMIT) / (len(addresses) - tried))
            stream.connect(address)
            _tune(stream)
        except OSError as error:
            stream.close()
            failed = error
        else:
            return stream
    raise failed


def _tune(stream: socket.socket) -> None:
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A watch says nothing for minutes, and so does a network that has forgotten it.
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _secured(
    stream: socket.socket, context: ssl.SSLContext, name: str, deadline: Deadline
) -> ssl.SSLSocket:
    stream.settimeout(deadline.left)
    return context.wrap_socket(stream, server_hostname=name)


def _public() -> ssl.SSLContext:
    """How TLS is talked to a proxy, whose authority no kubeconfig can name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context


def _tunnel(stream: socket.socket, host: str, port: int, proxy: str, deadline: Deadline) -> None:
    """Ask the proxy for a connection to the server (RFC 9110, section 9.3.6)."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    lines += [f"{key}: {value}" for key, value in proxy_headers(proxy).items()]
    stream.settimeout(deadline.left)
    stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    response = http.client.HTTPResponse(stream, method="CONNECT")
    try:
        response.begin()
        if response.status != 200:
            raise _ProxyRefusal(f"{response.status} {response.reason[:100]}".rstrip())
    finally:
        response.close()


def proxy_headers(proxy: str) -> dict[str, str]:
    """What the proxy is shown: the user and password of its URL (RFC 7617)."""
    url = urlsplit(proxy)
    if url.username is None:
        return {}
    pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
