"""Connections to CAs, shared by all issuers that trust the same roots.

The number is bounded, for a tenant can write any number of CA bundles: the one that was unused for
longest is closed first, and opened again when it is needed.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from controller.acme import Proxies, Session, tls_context

MOST_SESSIONS: Final = 64


class Trust(NamedTuple):
    """Whom a TLS connection trusts: the bundle (PEM), everybody, or else the system's roots."""

    ca_bundle: bytes
    skip_tls_verify: bool


class Sessions:
    """Opens a session when it is first needed. Use it in one event loop."""

    def __init__(
        self, *, proxies: Proxies, allow_special_addresses: bool, most: int = MOST_SESSIONS
    ) -> None:
        self._proxies = proxies
        self._allow_special_addresses = allow_special_addresses
        self._most = most
        self._open: OrderedDict[Trust, Session] = OrderedDict()
        self._surplus: list[Session] = []

    def __len__(self) -> int:
        return len(self._open)

    def session(self, trust: Trust) -> Session:
        """The session with that trust; raises acme.Misconfigured where there can be none."""
        found = self._open.get(trust)
        if found is None:
            tls = tls_context(ca_bundle=trust.ca_bundle, skip_tls_verify=trust.skip_tls_verify)
            found = self._open[trust] = Session.open(
                tls,
                proxies=self._proxies,
                allow_special_addresses=self._allow_special_addresses,
            )
        self._open.move_to_end(trust)
        if len(self._open) > self._most:
            self._surplus.append(self._open.popitem(last=False)[1])
        return found

    def has(self, trust: Trust) -> bool:
        """Whether that session is open; it then counts as used."""
        if trust not in self._open:
            return False
        self._open.move_to_end(trust)
        return True

    async def close_surplus(self) -> None:
        """Close what had to give way. What is being asked over it ends as unreachable."""
        while self._surplus:
            await self._surplus.pop().close()

    async def close(self) -> None:
        """Close all."""
        await self.close_surplus()
        while self._open:
            await self._open.popitem()[1].close()
