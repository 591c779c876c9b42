"""Who calls: the client certificate that the API server shows, where it is to be checked.

A certificate of another CA, or none, fails the handshake; one of the right CA with a name that is
not allowed has its connection closed before anything of it is read. Both are told in the log, at
most once a minute.
"""

import logging
import secrets
import ssl
import time
from asyncio import Transport
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from json import dumps
from typing import Any, Final, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webhook.serving.certificates import Pair, make_client
from webhook.serving.trusted import read_bundle

logger: Final = logging.getLogger(__name__)

QUIET: Final = 60.0
"""Seconds between two lines of the log."""
_NO_CERTIFICATE: Final = "PEER_DID_NOT_RETURN_A_CERTIFICATE"


class Refusals:
    """Tells the log of refused clients, once a minute with their number."""

    def __init__(self) -> None:
        self._count = 0
        self._next = float("-inf")

    def tell(self, reason: str) -> None:
        """One more was refused."""
        self._count += 1
        now = time.monotonic()
        if now < self._next:
            return
        logger.warning(
            "a client was refused: %s (%d since the last such line)", reason, self._count
        )
        self._count, self._next = 0, now + QUIET


class Own(NamedTuple):
    """The certificate that a process shows to itself."""

    name: str
    pair: Pair


class ClientCheck:
    """Which clients may call: those with a certificate of these CAs (PEM) and, unless `names` is
    empty, one of these names (common name or DNS name). ValueError where no CA can be read."""

    def __init__(
        self,
        ca: bytes,
        names: Collection[str] = (),
        *,
        now: datetime,
        own: "Own | None" = None,
        refusals: Refusals | None = None,
    ) -> None:
        if not read_bundle(ca):
            raise ValueError("the client CA has no certificate that can be read")
        self._ca = ca
        self._names = frozenset(names)
        self._now = now
        self._own = own or _make_own(now)
        self._refusals = refusals or Refusals()

    @property
    def own(self) -> Pair:
        """What this process shows when it calls itself; its key never leaves it."""
        return self._own.pair

    def with_ca(self, ca: bytes) -> "ClientCheck":
        """The same check with other CAs. ValueError."""
        return ClientCheck(ca, self._names, now=self._now, own=self._own, refusals=self._refusals)

    def apply(self, context: ssl.SSLContext) -> None:
        """Have the context ask for certificates."""
        context.verify_mode = ssl.CERT_REQUIRED
        for text in (self._ca, self.own.certificate):
            context.load_verify_locations(cadata=text.decode("ascii", errors="replace"))
        context.sslobject_class = _telling(self._refusals)

    def allows(self, certificate: Mapping[str, Any] | None) -> bool:
        """Whether this one (as `getpeercert` shows it) may call; told in the log where not."""
        why = self.refusal(certificate)
        if why:
            self._refusals.tell(why)
        return not why

    def refusal(self, certificate: Mapping[str, Any] | None) -> str:
        """Why it may not call; empty where it may."""
        shown = _names_of(certificate or {})
        if not self._names or shown & (self._names | {self._own.name}):
            return ""
        listed = ", ".join(dumps(name[:100]) for name in sorted(shown)[:5]) or "none"
        return f"none of the names in its certificate is allowed: {listed}"


def _telling(refusals: Refusals) -> type[ssl.SSLObject]:
    """TLS connections that tell of clients whose certificate was refused."""

    class Telling(ssl.SSLObject):
        """A connection."""

        def do_handshake(self) -> None:
            """As ever."""
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError as error:
                refusals.tell(f"its certificate is not of the client CA: {error.verify_message}")
                raise
            except ssl.SSLError as error:
                if error.reason == _NO_CERTIFICATE:
                    refusals.tell("it showed no certificate")
                raise

    return Telling


def checking(clients: Callable[[], ClientCheck]) -> type[HttpToolsProtocol]:
    """The HTTP protocol that asks the present ClientCheck about names."""

    class Checked(HttpToolsProtocol):
        """Closes connections of those who may not call."""

        refused = False

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            """The handshake is over."""
            self.refused = not clients().allows(transport.get_extra_info("peercert"))
            if self.refused:
                transport.abort()
            else:
                super().connection_made(transport)

        def data_received(self, data: bytes) -> None:
            """Nothing is read of one that was refused."""
            if not self.refused:
                super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            """Nothing was begun for one that was refused."""
            if not self.refused:
                super().connection_lost(exc)

    return Checked


def _make_own(now: datetime) -> Own:
    name = f"self-check {secrets.token_hex(16)}"
    return Own(name, make_client(name, now))


def _names_of(certificate: Mapping[str, Any]) -> frozenset[str]:
    """Common names and DNS names."""
    common = {
        value
        for part in certificate.get("subject", ())
        for kind, value in part
        if kind == "commonName"
    }
    dns = {value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"}
    return frozenset(common | dns)
