"""Whether this replica can be called by API servers, and why not.

A certificate is loaded and good, the registered caBundle verifies it, and a call to our own address
passes with that caBundle and the Service's name: as an API server would call.
"""

import asyncio
import ssl
from typing import Final, Protocol

from webhook.openssl import load
from webhook.serving.clock import Clock, utc_now
from webhook.serving.listening import reached_at
from webhook.serving.status import Status
from webhook.serving.tls import HotContext

EVERY: Final = 5.0
"""Seconds that the outcome of a call holds, unless something changes."""
TIMEOUT: Final = 0.8
"""Seconds; a probe waits for one."""
KNOWN: Final = 2.0
"""Seconds after a change of the caBundle until API servers are taken to know of it."""
_QUESTION: Final = b"GET /readiness HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Source(Protocol):
    """Serving, or FileServing."""

    context: HotContext

    def status(self) -> Status: ...


class Readiness:
    """Answers probes. `server_name`: by which API servers call, `<service>.<namespace>.svc`."""

    def __init__(
        self,
        source: Source,
        address: str,
        server_name: str,
        *,
        clock: Clock = utc_now,
        timeout: float = TIMEOUT,
        known: float = KNOWN,
    ) -> None:
        self._source = source
        self._target = reached_at(address)
        self._name = server_name
        self._clock = clock
        self._timeout = timeout
        self._known = known
        self._lock = asyncio.Lock()
        self._called: tuple[Status, float, str] | None = None

    async def trouble(self) -> str:
        """Why it is not ready, for people; empty where it is."""
        status = self._source.status()
        time = asyncio.get_running_loop().time()
        if status.problem:
            return status.problem
        if status.not_after is None:
            return "no certificate is loaded yet"
        if status.not_after <= self._clock():
            return f"the serving certificate expired at {status.not_after:%Y-%m-%d %H:%M} UTC"
        if time - status.since < self._known:
            return "the caBundle was changed a moment ago; API servers are about to see it"
        async with self._lock:
            return await self._last_call(status, time)

    async def _last_call(self, status: Status, time: float) -> str:
        if self._called is None or self._called[0] != status or time - self._called[1] >= EVERY:
            self._called = (status, time, await self._call(status.trust))
        return self._called[2]

    async def _call(self, trust: bytes) -> str:
        """One request, as an API server makes it; gives what went wrong."""
        host, port = self._target
        try:
            async with asyncio.timeout(self._timeout):
                reader, writer = await asyncio.open_connection(
                    host, port, ssl=self._trusting(trust), server_hostname=self._name
                )
                try:
                    writer.write(_QUESTION)
                    answer = await reader.readline()
                finally:
                    writer.transport.abort()
        except ssl.SSLCertVerificationError as error:
            return f"the serving certificate does not pass for {self._name}: {error.verify_message}"
        except TimeoutError:
            return f"a call to our own address was not answered within {self._timeout} s"
        except (OSError, ValueError) as error:
            return f"a call to our own address failed: {error}"
        return "" if answer.startswith(b"HTTP/1.1 ") else "a call to our own address was cut off"

    def _trusting(self, trust: bytes) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # As API servers do it: what is registered is trusted, whoever signed that.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=trust.decode("ascii", errors="replace"))
        clients = self._source.context.clients
        if clients is not None:
            load(context, *clients.own)
        return context
