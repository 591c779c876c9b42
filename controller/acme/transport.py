"""One HTTP request to a CA: bounded in time and size, https alone, to allowed addresses alone.

Redirects of GET and HEAD are followed, those of POST never: its URL is signed. Refuses cookies,
compression and netrc, and repeats nothing of what a server sent in an error.
"""

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from controller.acme.answers import Answer, https, location
from controller.acme.problem import Unreachable, Violation
from controller.acme.proxies import Proxies
from controller.egress import EgressRefused, check_literal, guarded_connector

logger = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FINALIZE = "create_order_cert"
NO_ANSWER = 999
"""The status that the metrics show for a request without an answer, as cert-manager's do."""

TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
FINALIZE_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
"""A CA may sign before it answers (step-ca); no other request is worth waiting for that long."""


@dataclass(frozen=True, slots=True)
class RequestMade:
    """One HTTP request, for metrics. `host` has the port where the URL has one.

    `status` is NO_ANSWER where none came. `seconds` from sending to the end of the body.
    """

    action: str
    method: str
    host: str
    status: int
    seconds: float


class Session:
    """Connections to CAs that trust the same roots; closed by whoever opened it."""

    def __init__(
        self, http: aiohttp.ClientSession, *, proxies: Proxies, allow_special_addresses: bool
    ) -> None:
        self.http = http
        self.proxies = proxies
        self.allow_special_addresses = allow_special_addresses

    @classmethod
    def open(
        cls,
        tls: ssl.SSLContext,
        *,
        proxies: Proxies,
        allow_special_addresses: bool,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> Self:
        """A session in the running loop. Loopback and the like only where allowed (see egress)."""
        proxy = proxies.proxy
        trusted = [(proxy.host, proxy.port)] if proxy else []
        http = aiohttp.ClientSession(
            connector=guarded_connector(allow=allow_special_addresses, trusted=trusted, tls=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=timeout,
        )
        return cls(http, proxies=proxies, allow_special_addresses=allow_special_addresses)

    async def close(self) -> None:
        """Close every connection."""
        await self.http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class Transport:
    """Sends requests of one client over a session, a bounded number at a time."""

    def __init__(
        self,
        session: Session,
        *,
        limiter: asyncio.Semaphore,
        user_agent: str,
        on_request: Callable[[RequestMade], None],
    ) -> None:
        self._session = session
        self._limiter = limiter
        self._on_request = on_request
        self._headers = {
            "User-Agent": user_agent,
            "Accept-Encoding": "identity",
            "Accept-Language": "en",
        }

    async def get(self, action: str, url: str, *, method: str = "GET") -> Answer:
        """GET or HEAD, redirects followed; raises Unreachable, Violation or Misconfigured."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._send(action, method, https(url), body=None, headers={})
            if answer.status not in REDIRECTS:
                return answer
            url = location(answer)
            if not url:
                raise Violation(f"{answer}: a redirect without a Location")
        raise Violation(f"{answer}: more than {MOST_REDIRECTS} redirects")

    async def post(self, action: str, url: str, body: bytes, *, accept: str) -> Answer:
        """POST a JWS; raises Unreachable, Violation or Misconfigured. Redirects are a Violation."""
        headers = {"Content-Type": "application/jose+json", "Accept": accept}
        answer = await self._send(action, "POST", https(url), body=body, headers=headers)
        if answer.status in REDIRECTS:
            host = urlsplit(location(answer)).netloc or "nowhere"
            raise Violation(
                f"{answer}: a redirect to {host}; a signed request is for its own URL alone"
            )
        return answer

    async def _send(
        self, action: str, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        host = urlsplit(url).netloc
        async with self._limiter:
            started, status = time.perf_counter(), NO_ANSWER
            try:
                answer = await self._exchange(
                    action, method, url, body=body, headers=self._headers | dict(headers)
                )
                status = answer.status
            except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
                # RuntimeError: what uvloop raises now and then where asyncio has an OSError.
                tried = _tried(action, method, url)
                raise Unreachable(f"{tried} failed: {_reason(error)}") from error
            finally:
                made = RequestMade(action, method, host, status, time.perf_counter() - started)
                self._on_request(made)
        logger.debug(
            "acme request answered",
            extra={"action": action, "method": method, "host": host, "status": status},
        )
        return answer

    async def _exchange(
        self, action: str, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        target = URL(url, encoded=True)  # as signed, to the letter
        session = self._session
        if session.http.closed:
            raise aiohttp.ClientConnectionError
        timeout = FINALIZE_TIMEOUT if action == FINALIZE else session.http.timeout
        check_literal(target.host or "", session.allow_special_addresses)
        proxy = session.proxies.for_endpoint(target.host or "", target.port or 443)
        async with session.http.request(
            method,
            target,
            data=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            proxy=proxy.url if proxy else None,
            proxy_headers=proxy.headers if proxy else None,
        ) as response:
            tried = _tried(action, method, url)
            content = await _bounded(response, tried)
            return Answer(response.status, tried, url, response.headers, content)


def _tried(action: str, method: str, url: str) -> str:
    return f"{method} {urlsplit(url).netloc} ({action})"


async def _bounded(response: aiohttp.ClientResponse, tried: str) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > LARGEST_BODY:
            response.close()
            raise Violation(f"{tried} answered {response.status} with more than 1 MiB")
    return bytes(content)


def _reason(error: Exception) -> str:
    """Why there was no answer, in words that hold nothing of what a server sent."""
    cause = getattr(error, "os_error", None)
    match error:
        case _ if isinstance(cause, EgressRefused):
            return str(cause)
        case EgressRefused():
            return str(error)
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorCertificateError():
            return _untrusted(error.certificate_error)
        case aiohttp.ClientConnectorSSLError():
            return "the TLS handshake failed"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy answered {error.status}"
        case aiohttp.ClientProxyConnectionError():
            return f"the proxy cannot be reached: {_words(error.os_error)}"
        case aiohttp.ClientConnectorDNSError():
            return f"its name cannot be resolved: {_words(error.os_error)}"
        case aiohttp.ClientConnectorError():
            return _words(error.os_error)
        case aiohttp.InvalidURL():
            return "no such URL"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed before an answer came"
        case aiohttp.ClientPayloadError():
            return "the answer was cut off"
        case OSError():
            return _words(error)
        case aiohttp.ClientConnectionError() | RuntimeError():
            return "the connection was closed on this side"
    return "the answer was not HTTP" if isinstance(error, aiohttp.ClientError) else "no such URL"


def _untrusted(error: Exception) -> str:
    words = getattr(error, "verify_message", "") or "its certificate is not trusted"
    return f"its TLS certificate is not trusted: {words}; is it of a private CA (caBundle)?"


def _words(error: OSError) -> str:
    """The system's own words; asyncio's name the address once more."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return (error.strerror or type(error).__name__).lower()
    return os.strerror(error.errno).lower()
