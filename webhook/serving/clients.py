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
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from orderapi.validation.fault import quoted
from webhook.serving.certificates import Pair, make_client
from webhook.serving.limits import LimitedProtocol
from webhook.serving.roots import read_bundle

logger: Final = logging.getLogger(__name__)

QUIET: Final = 60.0
"""Seconds between two lines of the log."""
_NO_CERTIFICATE: Final = "PEER_DID_NOT_RETURN_A_CERTIFICATE"


class Refusals:
    """Tells the log of refused clients, once in `quiet` seconds with their number."""

    def __init__(self, quiet: float) -> None:
        self._quiet = quiet
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
        self._count, self._next = 0, now + self._quiet


@dataclass(frozen=True, slots=True, repr=False)
class ClientCheck:
    """Which clients may call: those with a certificate of these CAs (PEM) and, unless `names` is
    empty, one of these names (common name or DNS name)."""

    ca: bytes
    names: frozenset[str]
    own_name: str
    own: Pair
    """What this process shows when it calls itself; its key never leaves it."""
    refusals: Refusals

    @classmethod
    def of(
        cls, ca: bytes, names: Collection[str], *, now: datetime, quiet: float = QUIET
    ) -> "ClientCheck":
        """A check that lets this process in too. ValueError where no CA can be read."""
        own_name = f"self-check {secrets.token_hex(16)}"
        own = make_client(own_name, now)
        return cls(_readable(ca), frozenset(names), own_name, own, Refusals(quiet))

    def with_ca(self, ca: bytes) -> "ClientCheck":
        """The same check with other CAs. ValueError."""
        return replace(self, ca=_readable(ca))

    def apply(self, context: ssl.SSLContext) -> None:
        """Have the context ask for certificates."""
        context.verify_mode = ssl.CERT_REQUIRED
        for text in (self.ca, self.own.certificate):
            context.load_verify_locations(cadata=text.decode("ascii", errors="replace"))
        context.sslobject_class = _telling(self.refusals)

    def allows(self, certificate: Mapping[str, Any] | None) -> bool:
        """Whether this one (as `getpeercert` shows it) may call; told in the log where not."""
        why = self.refusal(certificate)
        if why:
            self.refusals.tell(why)
        return not why

    def refusal(self, certificate: Mapping[str, Any] | None) -> str:
        """Why it may not call; empty where it may."""
        shown = _names_of(certificate or {})
        if not self.names or shown & (self.names | {self.own_name}):
            return ""
        listed = ", ".join(quoted(name) for name in sorted(shown)[:5]) or "none"
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


def checking(
    allows: Callable[[Mapping[str, Any] | None], bool],
) -> type[LimitedProtocol]:
    """The HTTP protocol that asks whether a client's certificate is allowed."""

    class Checked(LimitedProtocol):
        """Closes connections of those who may not call."""

        refused = False

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            """The handshake is over."""
            self.refused = not allows(transport.get_extra_info("peercert"))
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


def _readable(ca: bytes) -> bytes:
    if not read_bundle(ca):
        raise ValueError("the client CA has no certificate that can be read")
    return ca


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
