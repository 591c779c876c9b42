"""Looks at an HTTP-01 answer as the CA will (RFC 8555 section 8.3), at every address of the name.

Asks anew each time. Refuses to connect where the controller's guard does not let it, to send
credentials, and to show any byte of an answer's body: the check must not read internal services to
a tenant.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import partial

from yarl import URL

from controller import egress
from controller.solvers.check import Check
from controller.solvers.http01.addresses import NAME_LENGTH, Names
from controller.solvers.http01.look import PATIENCE, Look, Patience
from controller.solvers.http01.quoting import printable
from controller.solvers.http01.verdicts import (
    Finding,
    Obstacle,
    Stage,
    verdict,
    without_address,
)

HTTP_PORT = 80
PATH = "/.well-known/acme-challenge/"
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,512}")
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
NOT_A_CHALLENGE = (
    "Not looked at: the token and the key of this challenge are not what RFC 8555 section 8.1 makes"
)


class SelfCheck:
    """Checks answers through `nameservers` ("ip:port"; those of the system when empty).

    `port` is 80 by the protocol. `allow_special_addresses` lets names lead to loopback addresses.
    One check takes at most 18 seconds. Raises Misconfigured for name servers that cannot be read.
    """

    def __init__(
        self,
        nameservers: Sequence[str],
        *,
        allow_special_addresses: bool,
        port: int = HTTP_PORT,
        patience: Patience = PATIENCE,
    ) -> None:
        self._names = Names(nameservers, allow=allow_special_addresses)
        self._guard = partial(egress.check, allow=allow_special_addresses)
        self._port = port
        self._patience = patience

    async def check(self, name: str, token: str, key: str) -> Check:
        """Whether the name (or IP address) answers with the key authorization for the token."""
        if not _belong_together(token, key):
            return Check(False, NOT_A_CHALLENGE)
        asked = printable(name, NAME_LENGTH)
        try:
            url = self._url(name, token)
            async with asyncio.timeout(self._patience.dns):
                found = await self._names.addresses(name)
        except Obstacle as obstacle:
            return without_address(asked, obstacle)
        except TimeoutError:
            words = f"no answer within {self._patience.dns:g} s"
            return without_address(asked, Obstacle(Stage.DNS, Finding.SILENT, words))
        looks = (
            Look(self._names, address, url, token, key, self._guard, self._patience)
            for address in found.addresses
        )
        seen = await asyncio.gather(*(look.see() for look in looks))
        return verdict(seen, notes=found.notes)

    def _url(self, name: str, token: str) -> URL:
        try:
            return URL.build(scheme="http", host=name, port=self._port, path=PATH + token)
        except ValueError as error:
            raise Obstacle(Stage.DNS, Finding.FAILED, "not a name that a URL can hold") from error


def _belong_together(token: str, key: str) -> bool:
    """Whether the key is a key authorization for the token, so that no other text is compared."""
    before, dot, thumbprint = key.partition(".")
    return bool(
        TOKEN.fullmatch(token) and before == token and dot and THUMBPRINT.fullmatch(thumbprint)
    )
