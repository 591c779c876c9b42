"""Serving: the webhook's own CA, leaf and caBundle, kept right until it is cancelled.

Whenever Secret or configuration change, and when something is due, `Keeper` looks. Trouble with the
API server is waited out, and the leaf that is loaded goes on being served.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Final

from webhook.errors import ApiError, Conflict
from webhook.serving import objects
from webhook.serving.clock import Clock, utc_now
from webhook.serving.keeper import Keeper, Seen
from webhook.serving.leaf import Leaf
from webhook.serving.standing import Standing, unregistered
from webhook.serving.tls import HotContext

logger: Final = logging.getLogger(__name__)

SHORTEST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 3600.0
"""Seconds between two looks: the wall clock may jump."""
WATCH: Final = 300.0
"""Seconds that one watch lasts; a new one tells the present state again."""
FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 30.0
QUIET_CONFLICTS: Final = 4
"""So many in a row are replicas that do the same thing at once."""
FIGHT: Final = (10, 60.0)
"""So many repairs within so many seconds: another program writes what we write."""
TRUCE: Final = 5.0
"""Seconds that one is left alone then."""
SHORT_WATCH: Final = 5.0
"""Seconds; a watch that ends sooner is not begun again at once."""


class Serving:
    """Keeps a CA in a Secret, signs this replica's leaf, and registers the CA.

    `names`: DNS names and IP addresses of the leaf. `context` is for the server.
    """

    def __init__(
        self,
        kube: objects.Api,
        *,
        namespace: str = "cert-manager",
        secret: str = "order-webhook-ca",  # noqa: S107 - a name
        configuration: str = "kubectl-order",
        names: Sequence[str],
        clock: Clock = utc_now,
        context: HotContext | None = None,
        watch: float = WATCH,
    ) -> None:
        self._kube = kube
        self._objects = (
            objects.secret_named(namespace, secret),
            objects.configuration_named(configuration),
        )
        self._clock = clock
        self._watch = watch
        self._keeper = Keeper(
            kube,
            secret=self._objects[0],
            configuration=self._objects[1],
            names=names,
            clock=clock,
            seconds=_seconds,
        )
        self.context = context or HotContext()
        self._standing = Standing(problem="no certificate yet: the API server was not reached")
        self._leaf: Leaf | None = None
        self._wake = asyncio.Event()
        self._repairs: deque[float] = deque(maxlen=FIGHT[0])
        self._said = ""
        self._failures = 0
        self._delay = FIRST_DELAY

    def state(self) -> Standing:
        """What is served and registered now."""
        return self._standing

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for named in self._objects:
                tasks.create_task(self._listen(named))
            while True:
                await self._sleep(await self._turn())

    async def _turn(self) -> float:
        """Look once; gives the seconds after which to look again unless something happens."""
        self._wake.clear()
        try:
            seen = await self._keeper.look()
        except ApiError as error:
            return await self._trouble(error)
        self._failures, self._delay = 0, FIRST_DELAY
        self._take(seen)
        if seen.wrote:
            await self._calm(seen)
            return 0.0
        self._say_missing(seen)
        if seen.due is None:
            return LONGEST_WAIT
        left = (seen.due - self._clock()) / timedelta(seconds=1)
        return min(max(left, SHORTEST_WAIT), LONGEST_WAIT)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _take(self, seen: Seen) -> None:
        leaf = seen.leaf
        if leaf is None:
            return
        if leaf is not self._leaf:
            self.context.serve(leaf.pair)
            self._leaf = leaf
            logger.info("serving a certificate that is good until %s", leaf.not_after)
        trust = seen.registered[0] if seen.registered else b""
        before = self._standing
        known = trust == before.trust or before.not_after is None
        self._standing = Standing(
            leaf.not_after,
            trust,
            before.since if known else _seconds(),
            unregistered(leaf, seen.registered, self._objects[1].name, self._clock()),
        )

    async def _trouble(self, error: ApiError) -> float:
        """Say it, and wait: longer each time, whatever happens meanwhile."""
        self._failures += 1
        text = str(error)
        quiet = isinstance(error, Conflict) and self._failures < QUIET_CONFLICTS
        if not quiet and text != self._said:
            self._said = text
            logger.warning("serving certificate and caBundle cannot be looked after: %s", text)
        if self._leaf is None:
            self._standing = Standing(problem=f"no certificate yet: {text}")
        self._delay = min(self._delay * 2, LONGEST_DELAY)
        await asyncio.sleep(self._delay)
        return 0.0

    async def _calm(self, seen: Seen) -> None:
        """When repairs follow each other too fast, say so and wait."""
        if not seen.repaired:
            return
        now = _seconds()
        self._repairs.append(now)
        count, within = FIGHT
        if len(self._repairs) == count and now - self._repairs[0] < within:
            self._repairs.clear()
            logger.warning(
                "%s: the caBundle was changed by another program %d times within %.0f s; "
                "only one may set it",
                self._objects[1].name,
                count,
                within,
            )
            await asyncio.sleep(TRUCE)

    def _say_missing(self, seen: Seen) -> None:
        text = ""
        if seen.registered is None:
            text = f"the configuration {self._objects[1].name} is not installed; waiting for it"
        if text != self._said and text:
            logger.info("%s", text)
        self._said = text

    async def _listen(self, named: objects.Named) -> None:
        """Wake the loop at every change of this object. A watch without a version begins with the
        present object, so that nothing between two watches is missed."""
        delay, said = FIRST_DELAY, ""
        while True:
            began = _seconds()
            try:
                await self._follow(named)
            except ApiError as error:
                if str(error) != said:
                    said = str(error)
                    logger.warning("changes of %s are not told: %s", named.name, said)
            # A deletion between two watches is told by no event.
            self._wake.set()
            lasted = _seconds() - began
            delay = FIRST_DELAY if lasted > SHORT_WATCH else min(delay * 2, LONGEST_DELAY)
            await asyncio.sleep(delay)

    async def _follow(self, named: objects.Named) -> None:
        """One watch."""
        events = self._kube.watch(
            named.collection, name=named.name, resource_version="", timeout=self._watch
        )
        async with aclosing(events):
            async for kind, _ in events:
                if kind != "BOOKMARK":
                    self._wake.set()


def _seconds() -> float:
    return asyncio.get_running_loop().time()
