"""The informer on virtual time, against a source that follows a script."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from controller.runtime import errors
from controller.runtime.cache import Cache
from controller.runtime.decoding import Listed, Watched
from controller.runtime.informer import Informer
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import Key
from tests.controller.runtime.build import a_secret, chance, lines

pytestmark = pytest.mark.looptime

Step = Watched[Secret] | Exception | float


class Source:
    """Lists what `lists` says, the last for ever; plays one of `watches` each time, then waits."""

    def __init__(self, *watches: Sequence[Step], lists: list[Any] | None = None) -> None:
        self.lists = lists or [Listed((), "10")]
        self.watches = list(watches)
        self.listed: list[float] = []
        self.watched: list[tuple[float, str, float]] = []
        self.selectors = ("", "")

    async def pages(
        self,
        resource: Any,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncGenerator[Any, None]:
        self.listed.append(_now())
        self.selectors = (label_selector, field_selector)
        pages = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
        for page in pages if isinstance(pages, list) else [pages]:
            if isinstance(page, Exception):
                raise page
            yield page

    async def watch(
        self,
        resource: Any,
        namespace: str = "",
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
        timeout: float,
    ) -> AsyncGenerator[Any, None]:
        self.watched.append((_now(), resource_version, timeout))
        steps: Sequence[Step] = self.watches.pop(0) if self.watches else [1e9]
        for step in steps:
            match step:
                case Exception():
                    raise step
                case Watched():
                    yield step
                case seconds:
                    await asyncio.sleep(seconds)


def _now() -> float:
    return round(asyncio.get_running_loop().time(), 3)


def added(name: str, version: int) -> Watched[Secret]:
    return Watched("ADDED", str(version), a_secret(name, version=version))


def bookmark(version: int) -> Watched[Secret]:
    return Watched("BOOKMARK", str(version))


@asynccontextmanager
async def following(
    source: Source, *, optional: bool = False
) -> AsyncIterator[tuple[Informer[Secret], Cache[Secret]]]:
    cache: Cache[Secret] = Cache()
    informer = Informer(
        source, SECRET, cache, rng=chance(), label_selector="x=y", optional=optional
    )
    task = asyncio.create_task(informer.run())
    try:
        yield informer, cache
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def names(cache: Cache[Secret]) -> list[str]:
    return sorted(obj.metadata.name for obj in cache.all())


async def test_a_list_then_a_watch_from_its_version() -> None:
    pages = [Listed((a_secret("a", version=3),), "10"), Listed((a_secret("b", version=9),), "10")]
    source = Source([1.0, added("c", 12)], lists=[pages])
    async with following(source) as (informer, cache):
        assert not informer.synced.is_set()
        await asyncio.sleep(0.5)
        assert informer.synced.is_set()
        assert names(cache) == ["a", "b"]
        await asyncio.sleep(1)
        assert names(cache) == ["a", "b", "c"]
    assert source.watched[0][:2] == (0.0, "10")
    assert source.selectors == ("x=y", "")


async def test_watches_last_five_to_ten_minutes_by_chance() -> None:
    source = Source(*[[bookmark(11)] for _ in range(50)])
    async with following(source):
        await asyncio.sleep(1)
    timeouts = {timeout for _, _, timeout in source.watched}
    assert len(timeouts) > 40
    assert all(300 <= timeout <= 600 for timeout in timeouts)


async def test_the_next_watch_goes_on_from_the_last_version_heard() -> None:
    source = Source([added("a", 12), bookmark(40)])
    async with following(source):
        await asyncio.sleep(1)
    assert [version for _, version, _ in source.watched] == ["10", "40"]
    assert source.listed == [0.0]


async def test_a_silent_watch_is_taken_for_dead(caplog: pytest.LogCaptureFixture) -> None:
    minute: list[Step] = [60.0, bookmark(13)]
    steps = [added("a", 12), *minute, *minute, *minute, 1e6]
    source = Source(steps)
    async with following(source):
        await asyncio.sleep(500)
    connected = [time for time, _, _ in source.watched]
    assert 180 + 150 <= connected[1] <= 180 + 150.5
    assert source.watched[1][1] == "13"
    assert lines(caplog, "watch is silent; connecting again")


@pytest.mark.parametrize("where", ["list", "watch"])
async def test_410_means_a_new_list_and_tells_what_vanished(where: str) -> None:
    error = errors.Expired(410, "Expired", "too old")
    first = Listed((a_secret("a", version=3), a_secret("b", version=4)), "10")
    then = Listed((a_secret("b", version=4),), "20")
    lists = [first, [error], then] if where == "list" else [first, then]
    source = Source([1.0, error], lists=lists)
    async with following(source) as (_, cache):
        told: list[Any] = []
        cache.listen(lambda old, new: told.append((old and old.metadata.name, new)))
        await asyncio.sleep(0.5)
        told.clear()
        await asyncio.sleep(30)
        assert names(cache) == ["b"]
        assert told == [("a", None)]
    assert source.watched[-1][1] == "20"


async def test_410_again_and_again_slows_down() -> None:
    source = Source(*[[errors.Expired(410, "", "too old")] for _ in range(1000)])
    async with following(source):
        await asyncio.sleep(300)
    assert 5 < len(source.listed) < 40


async def test_an_object_that_does_not_decode_is_not_taken_for_deleted() -> None:
    first = Listed((a_secret("a", version=3),), "10")
    then = Listed[Secret]((), "20", (Key("default", "a"),))
    source = Source([errors.Expired(410, "", "too old")], lists=[first, then])
    async with following(source) as (_, cache):
        await asyncio.sleep(30)
        assert len(source.listed) == 2
        assert names(cache) == ["a"]


async def test_broken_connections_back_off_up_to_half_a_minute() -> None:
    source = Source(*[[errors.Unavailable(0, "", "refused")] for _ in range(1000)])
    async with following(source):
        await asyncio.sleep(600)
    times = [time for time, _, _ in source.watched]
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[0] <= 0.5
    assert all(15 <= gap <= 30 for gap in gaps[7:])
    assert source.listed == [0.0]


async def test_a_watch_that_ends_at_once_with_nothing_is_a_failure() -> None:
    source = Source(*[[] for _ in range(10000)])
    async with following(source):
        await asyncio.sleep(60)
    assert len(source.watched) < 12


async def test_a_watch_that_lasted_is_followed_by_the_next_at_once() -> None:
    source = Source([100.0], [100.0], [100.0])
    async with following(source):
        await asyncio.sleep(250)
    assert [time for time, _, _ in source.watched] == [0, 100, 200]


async def test_what_worked_ends_the_backing_off() -> None:
    bad: list[Sequence[Step]] = [[errors.Unavailable(0, "", "refused")] for _ in range(6)]
    source = Source(*bad, [bookmark(11), errors.Unavailable(0, "", "cut")], [1e6])
    async with following(source):
        await asyncio.sleep(120)
    (before, _, _), (after, _, _) = source.watched[6:8]
    assert after - before <= 0.5


async def test_a_missing_rule_is_named_once_a_minute_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusal = errors.Forbidden(403, "Forbidden", "list secrets: 403: no rule")
    source = Source(lists=[*[[refusal] for _ in range(9)], Listed((), "10")])
    async with following(source) as (informer, _):
        await asyncio.sleep(200)
        assert informer.synced.is_set()
    said = lines(caplog, "not allowed to follow this resource: a rule is missing")
    assert 2 <= len(said) <= 4
    assert said[0].levelno == logging.ERROR
    assert said[0].verb == "list"
    assert said[0].missing_rule == (
        'ClusterRole: apiGroups [""], resources ["secrets"], verbs ["list", "watch"]'
    )


async def test_a_resource_that_is_not_installed_is_said(caplog: pytest.LogCaptureFixture) -> None:
    missing = errors.NotFound(404, "NotFound", "the server could not find the requested resource")
    source = Source(lists=[[missing]])
    async with following(source):
        await asyncio.sleep(10)
    assert len(lines(caplog, "the cluster does not serve this resource: install it")) == 1


async def test_a_busy_server_is_left_alone_as_long_as_it_asks() -> None:
    source = Source(lists=[[errors.TooManyRequests(429, "", "m", retry_after=20)], Listed((), "1")])
    async with following(source):
        await asyncio.sleep(60)
    assert source.listed == [0, 20]


async def test_heard_at_follows_what_is_heard() -> None:
    source = Source([50.0, bookmark(11), 1e6])
    async with following(source) as (informer, _):
        await asyncio.sleep(40)
        assert informer.heard_at == 0
        await asyncio.sleep(20)
        assert informer.heard_at == 50


async def test_an_own_write_during_the_list_is_not_swept_away() -> None:
    source = Source(lists=[Listed((), "10")])
    cache: Cache[Secret] = Cache()
    cache.feed(a_secret("ours", version=11))
    informer = Informer(source, SECRET, cache, rng=chance())
    task = asyncio.create_task(informer.run())
    await asyncio.sleep(1)
    assert names(cache) == ["ours"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


NOT_THERE = errors.NotFound(404, "NotFound", "the server could not find the requested resource")
NOT_FOR_US = errors.Forbidden(403, "Forbidden", "list secrets: 403: no rule")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (NOT_THERE, "the cluster does not have this kind"),
        (NOT_FOR_US, "not allowed to follow this resource: a rule is missing"),
    ],
    ids=["not there", "not for us"],
)
async def test_what_is_optional_is_done_without(
    refusal: errors.ApiError, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Said once, and asked for once a minute."""
    caplog.set_level(logging.INFO)
    lists = [*[[refusal] for _ in range(5)], Listed((a_secret("a", version=3),), "10")]
    source = Source([1.0, refusal], lists=[*lists, [refusal]])
    async with following(source, optional=True) as (informer, cache):
        await asyncio.sleep(1)
        assert informer.synced.is_set()
        await asyncio.sleep(200)
        assert source.listed == [0, 60, 120, 180]
        assert informer.heard_at == 180
        assert len(lines(caplog, said)) == 1
        await asyncio.sleep(99.5)
        assert names(cache) == ["a"]
        await asyncio.sleep(200)
        assert len(lines(caplog, said)) == 2


async def test_a_missing_rule_of_what_is_optional_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with following(Source(lists=[[NOT_FOR_US]]), optional=True):
        await asyncio.sleep(1)
    (said,) = lines(caplog, "not allowed to follow this resource: a rule is missing")
    assert 'resources ["secrets"], verbs ["list", "watch"]' in said.missing_rule


@pytest.mark.parametrize(
    ("refusal", "kept"), [(NOT_THERE, []), (NOT_FOR_US, ["a", "b"])], ids=["gone", "not for us"]
)
async def test_a_kind_that_goes_takes_what_was_heard_of_it(
    refusal: errors.ApiError, kept: list[str]
) -> None:
    """And when it is back it is as it was, though no object has changed."""
    full = Listed((a_secret("a", version=3), a_secret("b", version=9)), "10")
    source = Source([1.0, refusal], lists=[full, [refusal], full])
    async with following(source, optional=True) as (_, cache):
        told: list[Any] = []
        await asyncio.sleep(0.5)
        cache.listen(lambda old, new: told.append((old and old.metadata.name, new)))
        await asyncio.sleep(30)
        assert names(cache) == kept
        assert told == [(name, None) for name in ("a", "b") if name not in kept]
        await asyncio.sleep(120)
        assert len(source.listed) == 3
        assert names(cache) == ["a", "b"]
