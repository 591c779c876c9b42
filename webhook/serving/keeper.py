"""One look at Secret and webhook configuration: what is due there is done, and a leaf chosen.

Nothing is remembered but the leaf, and since when the configuration has been seen to hold the
Secret's bundle. Every write holds only for the version that was read, and the Secret is read after
the configuration: a caBundle never goes back to an older one.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from webhook.serving import authority, cluster
from webhook.serving.clock import Clock
from webhook.serving.leaf import Leaf, leaf_for, renewal_of
from webhook.serving.registration import Configuration, holds, patch_for
from webhook.serving.roots import read_bundle
from webhook.serving.status import unregistered

logger: Final = logging.getLogger(__name__)


class Seen(NamedTuple):
    """What one look found."""

    leaf: Leaf | None
    registered: tuple[bytes, ...] | None
    """The caBundle of each entry as PEM; None where there is no configuration."""
    problem: str = ""
    """What keeps API servers from trusting the leaf; empty where nothing does."""
    left: timedelta | None = None
    """When to look again although nothing changes; None: when something does."""
    wrote: bool = False
    """Something was written: look again at once."""
    repaired: bool = False
    """It was the caBundle."""


class Keeper:
    """Looks; see the module."""

    def __init__(
        self,
        api: cluster.Api,
        *,
        secret: cluster.Named,
        configuration: cluster.Named,
        names: Sequence[str],
        clock: Clock,
        seconds: Callable[[], float],
        settle: timedelta,
    ) -> None:
        """`seconds` is a clock that nobody sets, such as the event loop's."""
        self._api = api
        self._secret = secret
        self._configuration = configuration
        self._names = tuple(names)
        self._clock = clock
        self._seconds = seconds
        self._settle = settle
        self._leaf: Leaf | None = None
        self._held: tuple[bytes, float] | None = None  # bundle; since when, in `seconds`

    async def look(self) -> Seen:
        """Do what is due, at most one write. ApiError; then nothing is known to be done."""
        configuration = await cluster.read_configuration(self._api, self._configuration)
        present = await cluster.read_secret(self._api, self._secret)
        data = present.data if present else None
        registered = configuration.bundles() if configuration else None
        published = self._published(registered, (data or {}).get(authority.BUNDLE, b""))
        now = self._clock()
        step = authority.step(
            data,
            registered=[c for text in dict.fromkeys(registered or ()) for c in read_bundle(text)],
            published=published,
            now=now,
            settle=self._settle,
        )
        if step.data != data:
            await cluster.write_secret(self._api, self._secret, present, step.data)
            for sentence in step.said:
                logger.info("Secret %s: %s", self._secret.name, sentence)
            return Seen(self._leaf, registered, self._problem(registered, now), wrote=True)
        self._leaf = leaf_for(self._leaf, step.state, self._names, now)
        repaired = await self._register(configuration, step.state.bundle)
        return Seen(
            self._leaf,
            registered,
            self._problem(registered, now),
            self._left(step.state, published, now),
            wrote=repaired,
            repaired=repaired,
        )

    async def _register(self, configuration: Configuration | None, bundle: bytes) -> bool:
        """Whether the configuration had to be written."""
        patch = patch_for(configuration, bundle) if configuration else []
        if patch:
            await self._api.patch(self._configuration.path, patch)
            logger.info("caBundle of webhook configuration %s was set", self._configuration.name)
        return bool(patch)

    def _published(self, registered: tuple[bytes, ...] | None, bundle: bytes) -> timedelta | None:
        """For how long the configuration has been seen to hold this bundle."""
        time = self._seconds()
        if not bundle or not registered or not holds(registered, bundle):
            self._held = None
            return None
        if self._held is None or self._held[0] != bundle:
            self._held = (bundle, time)
        return timedelta(seconds=time - self._held[1])

    def _problem(self, registered: tuple[bytes, ...] | None, now: datetime) -> str:
        if self._leaf is None:
            return ""
        return unregistered(self._leaf, registered, self._configuration.name, now)

    def _left(
        self, state: authority.State, published: timedelta | None, now: datetime
    ) -> timedelta | None:
        times = [authority.due(state, published=published, now=now, settle=self._settle)]
        times += [renewal_of(self._leaf, state)] if self._leaf else []
        due = min((time for time in times if time), default=None)
        return None if due is None else due - now
