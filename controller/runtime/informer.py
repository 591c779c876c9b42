"""Keeps a cache current: one list, then watches, for ever.

A broken watch goes on from the last version heard; a version that is too old means a new list;
after any failure it waits a little longer each time. It decides nothing about objects.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import Random
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from controller.runtime.cache import Cache, version_of
from controller.runtime.decoding import Listed, Watched, name_of
from controller.runtime.errors import ApiError, Expired, Forbidden, NotFound
from controller.runtime.metrics import Metrics
from controller.runtime.schedule import Key, key_of
from controller.runtime.workqueue import Backoff
from orderapi.meta import Object
from orderapi.resources import Resource

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Object)

SILENCE = 150.0
"""Seconds without a line after which a watch is taken for dead; bookmarks come every minute."""

WATCH_SECONDS = (300.0, 600.0)
"""How long one watch lasts: by chance between these, so that they do not all end together."""

_BACKOFF = Backoff(first=0.5, most=30.0)
_LIVED = 5.0  # a watch that lasted so many seconds worked
_COMPLAINT_PAUSE = 60.0
_OPTIONAL_PAUSE = 60.0


class Source(Protocol):
    """The two verbs of `Kube` that an informer needs."""

    def pages(
        self,
        resource: Resource[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncGenerator[Listed[T], None]:
        """A list, page by page."""

    def watch(
        self,
        resource: Resource[T],
        namespace: str = "",
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
        timeout: float,
    ) -> AsyncGenerator[Watched[T], None]:
        """Changes after a version."""


class Informer(Generic[T]):
    """Feeds `cache` with the objects of `resource`, all or those that the selectors choose.

    `synced` is set once the first list is in. `heard_at` is when the API server last said
    something, by the event loop's clock. `optional`: we can do without this kind; once a minute it
    is asked for again. While the cluster does not have it there are none; while we may not follow
    it, what was heard of stays.
    """

    def __init__(
        self,
        kube: Source,
        resource: Resource[T],
        cache: Cache[Any],
        *,
        rng: Random,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
        optional: bool = False,
        silence: float = SILENCE,
        metrics: Metrics | None = None,
    ) -> None:
        self._kube = kube
        self._resource = resource
        self._cache = cache
        self._rng = rng
        self._namespace = namespace
        self._selectors = {"label_selector": label_selector, "field_selector": field_selector}
        self._optional = optional
        self._silence = silence
        self._metrics = metrics
        self._version = ""
        self._settled = False
        self._verb = "list"
        self._without = ""
        self._complained: dict[str, float] = {}
        self.synced = asyncio.Event()
        self.heard_at = float("inf")

    @property
    def name(self) -> str:
        """The resource as kubectl names it."""
        return name_of(self._resource)

    async def run(self) -> None:
        """Keep the cache current until cancelled."""
        loop = asyncio.get_running_loop()
        self.heard_at = loop.time()
        failures = 0
        while True:
            started = loop.time()
            self._settled = False
            pause = 0.0
            try:
                await self._follow()
            except Expired as error:
                self._version = ""
                logger.info("version too old; listing again", extra=self._extra(error))
            except (NotFound, Forbidden) as error:
                pause = self._do_without(error)
            except (ApiError, TimeoutError) as error:
                pause = error.retry_after if isinstance(error, ApiError) else 0.0
                self._complain(error)
            else:
                self._settled = self._settled or loop.time() - started >= _LIVED
                if self._settled:
                    failures = 0
                    continue
            failures = 1 if self._settled else failures + 1
            await asyncio.sleep(max(pause, _BACKOFF.after(failures, self._rng)))

    async def _follow(self) -> None:
        """List if there is no version to go on from; then watch, until the watch ends."""
        if not self._version:
            self._verb = "list"
            await self._list()
        self._verb = "watch"
        await self._watch()

    async def _list(self) -> None:
        seen: set[Key] = set()
        version = ""
        pages = self._kube.pages(self._resource, self._namespace, **self._selectors)
        async with aclosing(pages):
            async for page in pages:
                self._heard()
                for item in page.items:
                    self._cache.feed(item)
                    seen.add(key_of(item))
                seen.update(page.unreadable)
                version = version or page.resource_version
        self._cache.sweep(seen, int(version))
        self._version = version
        self._without = ""
        self.synced.set()
        if self._metrics is not None:
            self._metrics.lists.labels(self.name).inc()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        changes = self._kube.watch(
            self._resource,
            self._namespace,
            resource_version=self._version,
            timeout=self._rng.uniform(*WATCH_SECONDS),
            **self._selectors,
        )
        async with aclosing(changes), asyncio.timeout(self._silence) as limit:
            async for change in changes:
                limit.reschedule(loop.time() + self._silence)
                self._heard()
                self._settled = True
                self._take(change)

    def _take(self, change: Watched[T]) -> None:
        if change.removed is not None:
            self._cache.gone(change.removed)
        elif change.object is not None:
            self._cache.feed(change.object)
        if change.resource_version:
            self._version = change.resource_version

    def _do_without(self, error: NotFound | Forbidden) -> float:
        """There is no such kind, or it is not for us; the seconds until it is asked for again."""
        if not self._optional:
            self._complain(error)
            return error.retry_after
        self._version = ""
        self._heard()
        if self._without != type(error).__name__:
            self._without = type(error).__name__
            self._say_what_is_missing(error)
        if isinstance(error, NotFound):
            self._forget_all()
        self.synced.set()
        return _OPTIONAL_PAUSE

    def _say_what_is_missing(self, error: NotFound | Forbidden) -> None:
        if isinstance(error, Forbidden):
            self._complain(error)
        else:
            logger.info("the cluster does not have this kind", extra={"resource": self.name})

    def _forget_all(self) -> None:
        """Of the version before theirs: when the kind is served again they come as they were."""
        for held in self._cache.all():
            before = str(version_of(held) - 1)
            meta = msgspec.structs.replace(held.metadata, resource_version=before)
            self._cache.gone(Object(metadata=meta))

    def _heard(self) -> None:
        self.heard_at = asyncio.get_running_loop().time()

    def _complain(self, error: ApiError | TimeoutError) -> None:
        """Once a minute for each kind of trouble."""
        now = asyncio.get_running_loop().time()
        kind = type(error).__name__
        if now - self._complained.get(kind, float("-inf")) < _COMPLAINT_PAUSE:
            return
        self._complained[kind] = now
        extra = self._extra(error)
        match error:
            case Forbidden():
                extra["missing_rule"] = self._missing_rule()
                logger.error("not allowed to follow this resource: a rule is missing", extra=extra)
            case NotFound():
                logger.error("the cluster does not serve this resource: install it", extra=extra)
            case TimeoutError():
                extra["error"] = f"nothing was heard for {self._silence:.0f} s"
                logger.warning("watch is silent; connecting again", extra=extra)
            case _:
                logger.warning("this resource cannot be followed; trying again", extra=extra)

    def _missing_rule(self) -> str:
        role = f"Role in namespace {self._namespace}" if self._namespace else "ClusterRole"
        return (
            f'{role}: apiGroups ["{self._resource.group}"], resources ["{self._resource.plural}"], '
            f'verbs ["list", "watch"]'
        )

    def _extra(self, error: Exception) -> dict[str, object]:
        return {"resource": self.name, "verb": self._verb, "error": str(error)}
