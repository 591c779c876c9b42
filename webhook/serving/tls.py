"""The TLS context of the server: its certificate changes, and no connection notices.

Each handshake gets the context that is current then; connections that stand keep theirs.
"""

import ssl
from typing import Any, Final

from webhook.openssl import load
from webhook.serving.certificates import Pair
from webhook.serving.clients import ClientCheck

# For TLS 1.2: forward secrecy and AEAD. All of TLS 1.3 is fine.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class HotContext(ssl.SSLContext):
    """What a server is given once. Until `serve` is called, handshakes fail."""

    _current: ssl.SSLContext

    def __new__(cls, clients: ClientCheck | None = None) -> "HotContext":
        """Made as a server's context."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, clients: ClientCheck | None = None) -> None:
        self.clients = clients
        self._pair: Pair | None = None
        self._current = _context(None, clients)

    def serve(self, pair: Pair) -> None:
        """Serve this certificate from the next handshake on. ValueError where certificate and key
        do not fit or cannot be used; then the present one goes on."""
        self._current = _context(pair, self.clients)
        self._pair = pair

    def trust_clients(self, ca: bytes) -> None:
        """Take the certificates of clients from these CAs from now on. ValueError as above."""
        if self.clients is None:
            raise ValueError("certificates of clients are not checked")
        clients = self.clients.with_ca(ca)
        self._current = _context(self._pair, clients)
        self.clients = clients

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """What event loops call for each connection."""
        return self._current.wrap_bio(*arguments, **options)


def _context(pair: Pair | None, clients: ClientCheck | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    # Sessions are not resumed: who calls is checked on each connection, by what holds then.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.num_tickets = 0
    if pair is not None:
        load(context, *pair)
    if clients is not None:
        clients.apply(context)
    return context
