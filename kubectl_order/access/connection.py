"""One connection to the API server: a request out, the head of an answer in, then its body."""

import http.client
import ssl
from collections.abc import Iterator
from typing import Final

from kubectl_order.access.address import host_and_port
from kubectl_order.access.calls import Call, headers
from kubectl_order.access.credentials import Credentials
from kubectl_order.access.dialing import LIMIT, Deadline, dial, interrupt, proxy_headers

_PIECE: Final = 65_536


class Connection:
    """Opened when it is made (Unavailable); what it raises afterwards is in `dialing.BROKEN`."""

    def __init__(
        self, credentials: Credentials, context: ssl.SSLContext | None, *, limit: float = LIMIT
    ) -> None:
        self._credentials = credentials
        self._clean = True  # no answer is half read
        self._stream = dial(credentials, context, limit=limit)
        self._http = http.client.HTTPConnection(*host_and_port(credentials.server))
        self._http.sock = self._stream
        self._http.auto_open = 0  # it would go without TLS, and without the proxy

    def usable_by(self, credentials: Credentials) -> bool:
        """Whether it is ready for the next request, as far as can be seen from here."""
        return self._clean and self._http.sock is not None and self._credentials is credentials

    def ask(self, call: Call, deadline: Deadline) -> http.client.HTTPResponse:
        """Send it; the answer, whose body is yet to be read."""
        self._clean = False
        self._stream.settimeout(deadline.left)
        self._http.putrequest(call.method, self._target(call))
        for name, value in headers(call, self._credentials):
            self._http.putheader(name, value)
        if self._absolute:
            for name, text in proxy_headers(self._credentials.proxy).items():
                self._http.putheader(name, text)
        if call.body is not None:
            self._http.putheader("Content-Length", str(len(call.body)))
        self._http.endheaders(call.body)
        return self._http.getresponse()

    def pieces(self, response: http.client.HTTPResponse, deadline: Deadline) -> Iterator[bytes]:
        """The answer's body as it comes; to its end, or there is no next request."""
        while response.length != 0:
            self._stream.settimeout(deadline.left)
            piece = response.read1(_PIECE)
            if not piece:
                break
            yield piece
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        response.close()
        self._clean = True

    def beginning(
        self, response: http.client.HTTPResponse, deadline: Deadline, limit: int
    ) -> bytes:
        """The first bytes of the answer's body: all of it, or `limit` and a little more."""
        found = bytearray()
        for piece in self.pieces(response, deadline):
            found += piece
            if len(found) > limit:
                break
        return bytes(found)

    def interrupt(self) -> None:
        """End it, also while another thread reads from it, which then reads no more."""
        interrupt(self._stream)

    def close(self) -> None:
        """Close it."""
        self._http.close()
        self._stream.close()

    @property
    def _absolute(self) -> bool:
        """Whether it is the proxy that reads the requests."""
        return bool(self._credentials.proxy) and self._credentials.server.startswith("http:")

    def _target(self, call: Call) -> str:
        """Where the request goes, below the path of the server's URL."""
        server = self._credentials.server
        if self._absolute:
            return server + call.target
        return "".join(f"/{part}" for part in server.split("/")[3:]) + call.target
