"""The Authorization header, kept current: token files are read again, plugins are asked again.

No request is repeated here; one that was refused makes the next one go with new credentials.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from controller.runtime.clock import Clock
from controller.runtime.credentials import Credentials, NoCredentials, read_token
from controller.runtime.errors import Unauthorized

_TOKEN_PERIOD = 60.0
_RELOAD_PAUSE = 10.0
_EARLY = timedelta(minutes=1)


class Authorization:
    """The header of the newest credentials there are.

    `reload` gives new ones when the present ones are about to expire or were refused, at most every
    ten seconds; `on_renewal` hears of them.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        reload: Callable[[], Awaitable[Credentials]] | None,
        on_renewal: Callable[[Credentials], None],
        clock: Clock,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._credentials = credentials
        self._reload = reload
        self._on_renewal = on_renewal
        self._header = credentials.authorization
        self._due = self._next_look()
        self._tried = float("-inf")
        self._renewing = asyncio.Lock()

    async def header(self) -> str:
        """Its value; empty where a client certificate speaks for us. May be Unauthorized."""
        if self._loop.time() >= self._due:
            async with self._renewing:
                if self._loop.time() >= self._due:
                    await self._renew()
        return self._header

    def refused(self) -> None:
        """The API server said 401: the next request goes with new credentials."""
        self._due = min(self._due, max(self._loop.time(), self._tried + _RELOAD_PAUSE))

    async def _renew(self) -> None:
        self._tried = self._loop.time()
        try:
            if self._credentials.token_file:
                self._header = read_token(self._credentials.token_file)
            elif self._reload is not None:
                self._credentials = await self._reload()
                self._header = self._credentials.authorization
                self._on_renewal(self._credentials)
        except NoCredentials as error:
            self._due = self._tried + _RELOAD_PAUSE
            raise Unauthorized(
                0, "NoCredentials", f"the credentials cannot be renewed: {error}"
            ) from error
        self._due = self._next_look()

    def _next_look(self) -> float:
        if self._credentials.token_file:
            return self._loop.time() + _TOKEN_PERIOD
        if self._credentials.expires is not None and self._reload is not None:
            left = self._credentials.expires - self._clock.now() - _EARLY
            return self._loop.time() + max(left.total_seconds(), _RELOAD_PAUSE)
        return float("inf")
