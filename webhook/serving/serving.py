"""Serving: our own CA, leaf and caBundle, kept right until it is cancelled.

Whenever Secret or configuration change, and when something is due, `Keeper` looks. Trouble with the
API server is waited out, and the leaf that is loaded goes on being served.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from webhook.errors import ApiError, Conflict
from webhook.serving import watching
from webhook.serving.authority import SETTLE
from webhook.serving.clock import Clock, utc_now
from webhook.serving.cluster import Api, Named
from webhook.serving.keeper import Keeper, Seen
from webhook.serving.leaf import Leaf
from webhook.serving.repairs import Repairs
from webhook.serving.status import Status
from webhook.serving.tls import HotContext

logger: Final = logging.getLogger(__name__)

SHORTEST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 3600.0
"""Seconds between two looks: the wall clock may jump."""
FIRST_DELAY: Final = 0.4
LONGEST_DELAY: Final = 30.0
"""Seconds from a look that failed to the next one; each is twice as long as the one before."""
QUIET_CONFLICTS: Final = 4
"""So many in a row are replicas that do the same thing at once."""


class Serving:
    """Keeps a CA in a Secret, signs this replica's leaf, and registers the CA.

    `names`: DNS names and IP addresses of the leaf. `context` is the server's. `settle`, `lasts`
    and `longest_wait` are how long a CA is published before it signs, a watch lasts, and nothing is
    looked at.
    """

    def __init__(
        self,
        api: Api,
        *,
        secret: Named,
        configuration: Named,
        names: Sequence[str],
        context: HotContext,
        clock: Clock = utc_now,
        settle: timedelta = SETTLE,
        lasts: float = watching.LASTS,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._keeper = Keeper(
            api,
            secret=secret,
            configuration=configuration,
            names=names,
            clock=clock,
            seconds=_seconds,
            settle=settle,
        )
        self._wake = asyncio.Event()
        self._watches = [
            partial(watching.follow, api, named, self._wake.set, lasts=lasts)
            for named in (secret, configuration)
        ]
        self.context = context
        self._longest_wait = longest_wait
        self._repairs = Repairs(configuration.name)
        self._leaf: Leaf | None = None
        self._status = Status(problem="no certificate yet: the API server was not reached")
        self._failures = 0
        self._said = ""

    def status(self) -> Status:
        """What is served and registered now."""
        return self._status

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for watch in self._watches:
                tasks.create_task(watch())
            while True:
                await self._sleep(await self._turn())

    async def _turn(self) -> float:
        """Look once; gives the seconds after which to look again unless something happens."""
        self._wake.clear()
        try:
            seen = await self._keeper.look()
        except ApiError as error:
            return await self._trouble(error)
        self._failures = 0
        self._take(seen)
        if seen.repaired:
            await self._repairs.made()
        if seen.wrote:
            return 0.0
        self._say_missing(seen)
        if seen.left is None:
            return self._longest_wait
        return min(max(seen.left / timedelta(seconds=1), SHORTEST_WAIT), self._longest_wait)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _take(self, seen: Seen) -> None:
        """Serve the leaf that was chosen, and know how that stands."""
        leaf, before = seen.leaf, self._status
        if leaf is None:
            return
        if leaf is not self._leaf:
            self.context.serve(leaf.pair)
            self._leaf = leaf
            logger.info("serving a certificate that is good until %s", leaf.not_after)
        trust = seen.registered[0] if seen.registered else b""
        known = trust == before.trust or before.not_after is None
        since = before.since if known else _seconds()
        self._status = Status(leaf.not_after, trust, since, seen.problem)

    async def _trouble(self, error: ApiError) -> float:
        """Say it, and wait: longer each time, whatever happens meanwhile."""
        self._failures += 1
        text = str(error)
        quiet = isinstance(error, Conflict) and self._failures < QUIET_CONFLICTS
        if not quiet and text != self._said:
            self._said = text
            logger.warning("serving certificate and caBundle cannot be looked after: %s", text)
        if self._leaf is None:
            self._status = Status(problem=f"no certificate yet: {text}")
        # The exponent is bounded: it may fail for days.
        await asyncio.sleep(min(FIRST_DELAY * 2 ** min(self._failures - 1, 10), LONGEST_DELAY))
        return 0.0

    def _say_missing(self, seen: Seen) -> None:
        missing = seen.registered is None and seen.problem
        text = f"{missing}; waiting for it" if missing else ""
        if text and text != self._said:
            logger.info("%s", text)
        self._said = text


def _seconds() -> float:
    return asyncio.get_running_loop().time()
