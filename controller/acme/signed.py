"""Signed requests of one account: JWS, nonces and refusals around the plain transport.

It drives the nonce rule (exchange.py) and turns every refusal into an error. Refuses to know what a
request is about.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from controller.acme.answers import Answer, failure
from controller.acme.exchange import FetchNonce, NoncePool, Step, exchange
from controller.acme.jws import sign
from controller.acme.keys import AccountKey
from controller.acme.problem import Misconfigured
from controller.acme.transport import Transport


class Clock(Protocol):
    """Tells the wall time."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""


class SignedRequests:
    """Sends what the account signs. `account_url` is empty until the account is known."""

    def __init__(
        self, transport: Transport, key: AccountKey, *, clock: Clock, account_url: str
    ) -> None:
        self.account_url = account_url
        self.key = key
        self._transport = transport
        self._clock = clock
        self._nonces = NoncePool()

    async def get(self, action: str, url: str) -> Answer:
        """The one thing that is asked without a signature: the directory."""
        return self._success(await self._transport.get(action, url))

    async def post(
        self,
        action: str,
        url: str,
        payload: Mapping[str, Any] | None = None,
        *,
        new_nonce: str,
        with_key: bool = False,
        accept: str = "application/json",
    ) -> Answer:
        """POST a payload, or POST-as-GET without one; the answer is a success. Raises AcmeError.

        `new_nonce` is where nonces come from. `with_key` signs with the whole public key, as
        newAccount demands, instead of the account's URL (RFC 8555 6.2).
        """
        if not with_key and not self.account_url:
            raise Misconfigured("there is no ACME account yet: it has to be registered first")
        account_url = "" if with_key else self.account_url
        content = b"" if payload is None else msgspec.json.encode(payload)

        async def perform(step: Step) -> Answer:
            if isinstance(step, FetchNonce):
                return self._success(await self._transport.get(action, new_nonce, method="HEAD"))
            body = sign(content, key=self.key, url=url, nonce=step.nonce, account_url=account_url)
            return await self._transport.post(action, url, body, accept=accept)

        return self._success(await _driven(exchange(self._nonces), perform))

    def _success(self, answer: Answer) -> Answer:
        error = failure(answer, self._clock.now())
        if error is not None:
            raise error
        return answer


async def _driven(
    steps: Generator[Step, Answer, Answer], perform: Callable[[Step], Awaitable[Answer]]
) -> Answer:
    """Do what the generator yields until it returns."""
    step = next(steps)
    while True:
        answer = await perform(step)
        try:
            step = steps.send(answer)
        except StopIteration as last:
            final: Answer = last.value
            return final
