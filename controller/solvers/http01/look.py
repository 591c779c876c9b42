"""One look at one address of a name: TCP, HTTP, redirects, body, and what was found there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from yarl import URL

from controller import egress
from controller.egress import Address
from controller.solvers.http01.addresses import Names, as_address
from controller.solvers.http01.fetch import LARGEST_BODY, OK, Answer, Guard, Limits, get
from controller.solvers.http01.quoting import hide, printable
from controller.solvers.http01.redirects import EXEMPT, REDIRECTS, Trail
from controller.solvers.http01.verdicts import Finding, Obstacle, Seen, Stage

WHITESPACE = b" \t\r\n"
"""What may follow a key authorization."""

CONTENT_TYPE_LENGTH = 60
ROUTER_LOST = "the router cannot reach the responder"
LOCKED = "something asks for credentials or forbids access before the challenge path"
MEANINGS = {
    401: LOCKED,
    403: LOCKED,
    404: "the router has no route to the responder yet, or not for this name",
    502: ROUTER_LOST,
    503: ROUTER_LOST,
    504: ROUTER_LOST,
}
HINTS = {
    401: "Exempt /.well-known/acme-challenge/ from it",
    403: "Exempt /.well-known/acme-challenge/ from it",
    502: "See whether the responder runs and a network policy lets the router reach it",
    503: "See whether the responder runs and a network policy lets the router reach it",
    504: "See whether the responder runs and a network policy lets the router reach it",
}
OTHER_PAGE = "See which server the name leads to, and which other route takes this path"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for DNS, for one connection, and for one address with all its redirects."""

    dns: float = 8.0
    connection: float = 5.0
    address: float = 10.0


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Look:
    """Asks `url` at `address`, whatever DNS says of its host; redirects to it stay there."""

    names: Names
    address: Address
    url: URL
    token: str = field(repr=False)
    key: str = field(repr=False)
    guard: Guard
    patience: Patience

    async def see(self) -> Seen:
        """What is found there, in at most `patience.address` seconds."""
        deadline = asyncio.get_running_loop().time() + self.patience.address
        trail = Trail(self.url, hidden=self._hidden)
        try:
            await self._walk(trail, Limits(self.patience.connection, deadline))
        except Obstacle as obstacle:
            return self._met(obstacle, trail)
        statement = f"{self._where}{trail} answered with the key authorization"
        return Seen(self.address, Finding.PASSED, statement)

    async def _walk(self, trail: Trail, limits: Limits) -> None:
        while True:
            found = await self._addresses(trail.url, limits.deadline)
            answer = await get(trail.url, self._allowed(found), limits, self.guard)
            if answer.status not in REDIRECTS:
                self._judge(answer)
                return
            trail.follow(answer.status, answer.location)

    async def _addresses(self, url: URL, deadline: float) -> Sequence[Address]:
        host = url.raw_host or ""
        if host.rstrip(".") == (self.url.raw_host or "").rstrip("."):
            return (self.address,)
        try:
            async with asyncio.timeout_at(deadline):
                return (await self.names.addresses(host)).addresses
        except TimeoutError as error:
            raise Obstacle(Stage.DNS, Finding.SILENT, "no answer in time") from error

    def _allowed(self, addresses: Sequence[Address]) -> Sequence[Address]:
        allowed: list[Address] = []
        refusals: list[str] = []
        for address in addresses:
            try:
                self.guard(str(address))
                allowed.append(address)
            except egress.EgressRefused as refused:
                refusals.append(str(refused))
        if not allowed:
            words = f"not connected to: {'; '.join(refusals)}"
            raise Obstacle(Stage.TCP, Finding.UNTRIED, words)
        return allowed

    def _judge(self, answer: Answer) -> None:
        """Raise Obstacle unless the answer is the key authorization."""
        if answer.status != OK:
            meaning = MEANINGS.get(answer.status, "200 is expected")
            words = f"answered {answer.status}: {meaning}"
            raise Obstacle(Stage.HTTP, Finding.FAILED, words, HINTS.get(answer.status, ""))
        if answer.body.rstrip(WHITESPACE) != self.key.encode():
            kind = printable(hide(answer.content_type, self._hidden), CONTENT_TYPE_LENGTH)
            words = (
                f"answered 200 with something else ({kind or 'no content type'}, {_size(answer)}): "
                "another server or page answers this path"
            )
            raise Obstacle(Stage.BODY, Finding.FAILED, words, OTHER_PAGE)

    def _met(self, obstacle: Obstacle, trail: Trail) -> Seen:
        finding, hint = obstacle.finding, obstacle.hint
        if finding is Finding.UNTRIED and trail.redirected:
            # The name's own address was tried: it sends the CA where nobody should be sent.
            finding, hint = Finding.FAILED, EXEMPT
        statement = f"{obstacle.stage}: {self._where}{trail}: {obstacle.words}"
        return Seen(self.address, finding, statement, hint)

    @property
    def _where(self) -> str:
        host = self.url.raw_host or ""
        name = "" if as_address(host) is not None else f"{host} at "
        return f"{name}{self.address} port {self.url.port}"

    @property
    def _hidden(self) -> tuple[str, str]:
        return self.key, self.token


def _size(answer: Answer) -> str:
    if answer.size is not None:
        return f"{answer.size:,} bytes"
    length = len(answer.body)
    return f"{length:,} bytes" if length <= LARGEST_BODY else f"more than {LARGEST_BODY:,} bytes"
