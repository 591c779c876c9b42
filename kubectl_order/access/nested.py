"""TLS to the API server inside of TLS to a proxy, which `ssl` does not do on sockets."""

import io
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

T = TypeVar("T")

_PIECE: Final = 65_536


class NestedTls:
    """What `http.client` needs of a socket. The handshake is done when it is made."""

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, server_name: str) -> None:
        self.outer = outer
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_hostname=server_name)
        self._exchanging(self._tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        view = memoryview(data)
        while view:
            view = view[self._exchanging(partial(self._tls.write, view)) :]

    def recv_into(self, buffer: memoryview) -> int:
        """Receive at least one byte; 0 at the end."""
        try:
            return self._exchanging(lambda: self._tls.read(len(buffer), buffer))  # type: ignore[return-value]
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return 0

    def makefile(self, mode: str) -> io.BufferedReader:
        """A file to read from; closing it closes nothing else."""
        return io.BufferedReader(_Incoming(self))

    def settimeout(self, seconds: float | None) -> None:
        """Of each of the system's calls."""
        self.outer.settimeout(seconds)

    def fileno(self) -> int:
        """Of the connection to the proxy."""
        return self.outer.fileno()

    def close(self) -> None:
        """Close the connection to the proxy."""
        self.outer.close()

    def _exchanging(self, step: Callable[[], T]) -> T:
        """Take the step, with what it wants to send sent, and what it waits for received."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                received = self.outer.recv(_PIECE)
                if received:
                    self._received.write(received)
                else:
                    self._received.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if self._to_send.pending:
            self.outer.sendall(self._to_send.read())


class _Incoming(io.RawIOBase):
    def __init__(self, tls: NestedTls) -> None:
        self._tls = tls

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._tls.recv_into(buffer)
