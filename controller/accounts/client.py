"""A client that tells when the CA does not know its account (RFC 8555 6.7, accountDoesNotExist).

A CA may forget: a test CA that was started anew, a server behind the same name that is another one.
Whoever used the account cannot mend that; the issuer's room can, once it hears of it.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from controller.acme import Authorization, Challenge, Client, NewOrder, Order, Problem

T = TypeVar("T")

UNKNOWN_ACCOUNT: Final = "accountDoesNotExist"


class AccountClient(Client):
    """A Client that calls `on_unknown` when the CA answers that there is no such account."""

    def __init__(self, *arguments: Any, on_unknown: Callable[[], None], **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._on_unknown = on_unknown

    async def new_order(self, new: NewOrder) -> Order:
        """Ask for an order."""
        return await self._listening(super().new_order(new))

    async def order(self, url: str) -> Order:
        """The order as it is now."""
        return await self._listening(super().order(url))

    async def authorization(self, url: str) -> Authorization:
        """The authorization as it is now."""
        return await self._listening(super().authorization(url))

    async def answer(self, challenge_url: str) -> Challenge:
        """Tell the CA that the challenge can be validated."""
        return await self._listening(super().answer(challenge_url))

    async def finalize(self, finalize_url: str, csr_der: bytes) -> Order:
        """Hand in the CSR."""
        return await self._listening(super().finalize(finalize_url, csr_der))

    async def certificate(self, url: str, *, preferred_chain: str = "") -> bytes:
        """The chain as PEM, leaf first."""
        return await self._listening(super().certificate(url, preferred_chain=preferred_chain))

    async def _listening(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except Problem as problem:
            if problem.kind == UNKNOWN_ACCOUNT:
                self._on_unknown()
            raise
