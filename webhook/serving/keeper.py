"""One look at Secret and webhook configuration: what is due there is done, and a leaf chosen.

Nothing is remembered but the leaf, and since when the configuration has been seen to hold the
Secret's bundle. Every write holds only for the version that was read, and the Secret is read after
the configuration: a caBundle never goes back to an older one.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from webhook.serving import authority, objects
from webhook.serving.bundle import Configuration, holds, patch_for
from webhook.serving.clock import Clock
from webhook.serving.leaf import Leaf, leaf_for, renewal_of
from webhook.serving.trusted import read_bundle

logger: Final = logging.getLogger(__name__)


class Seen(NamedTuple):
    """What one look found."""

    leaf: Leaf | None
    registered: tuple[bytes, ...] | None
    """The caBundle of each entry as PEM; None where there is no configuration."""
    due: datetime | None
    """When to look again although nothing changes; None: when something does."""
    wrote: bool
    """Something was written: look again at once."""
    repaired: bool
    """It was the caBundle."""


class Keeper:
    """Looks; see the module."""

    def __init__(
        self,
        api: objects.Api,
        *,
        secret: objects.Named,
        configuration: objects.Named,
        names: Sequence[str],
        clock: Clock,
        seconds: Callable[[], float],
    ) -> None:
        """`seconds` is a clock that nobody sets, such as the event loop's."""
        self._api = api
        self._secret = secret
        self._configuration = configuration
        self._names = tuple(names)
        self._clock = clock
        self._seconds = seconds
        self._leaf: Leaf | None = None
        self._held: tuple[bytes, float] | None = None  # bundle; since when, in `seconds`

    async def look(self) -> Seen:
        """Do what is due, at most one write. ApiError; then nothing is known to be done."""
        configuration = await objects.read_configuration(self._api, self._configuration)
        present = await objects.read_secret(self._api, self._secret)
        data = present.data if present else None
        registered = configuration.bundles() if configuration else None
        published = self._published(registered, (data or {}).get(authority.BUNDLE, b""))
        now = self._clock()
        step = authority.step(
            data,
            registered=[c for text in dict.fromkeys(registered or ()) for c in read_bundle(text)],
            published=published,
            now=now,
        )
        if step.data != data:
            await objects.write_secret(self._api, self._secret, present, step.data)
            for sentence in step.said:
                logger.info("Secret %s: %s", self._secret.name, sentence)
            return Seen(self._leaf, registered, None, wrote=True, repaired=False)
        self._leaf = leaf_for(self._leaf, step.state, self._names, now)
        repaired = await self._register(configuration, step.state.bundle)
        return Seen(
            self._leaf, registered, self._due(step.state, published, now), repaired, repaired
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

    def _due(
        self, state: authority.State, published: timedelta | None, now: datetime
    ) -> datetime | None:
        times = [authority.due(state, published=published, now=now)]
        times += [renewal_of(self._leaf, state)] if self._leaf else []
        return min((time for time in times if time), default=None)
