"""Watches over real sockets: lines, bookmarks, errors, and an informer on top."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from controller.runtime import errors
from controller.runtime.cache import Cache
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.objects import SECRET, Secret
from controller.runtime.transport import split
from tests.controller.runtime.apiserver import ApiServer, Fault
from tests.controller.runtime.build import chance


async def until(true: Callable[[], bool]) -> None:
    """Look every hundredth of a second; the test's own time-out bounds it."""
    while not true():  # noqa: ASYNC110  what is awaited has no event of its own
        await asyncio.sleep(0.01)


async def test_a_watch_tells_changes_and_bookmarks(server: ApiServer, kube: Kube) -> None:
    watch = kube.watch(SECRET, "default", resource_version="100", timeout=60)
    async with aclosing(watch), asyncio.timeout(10):
        server.put("secrets", "default", "a")
        server.put("secrets", "other", "b")
        first = await anext(watch)
        assert (first.type, first.object and first.object.metadata.name) == ("ADDED", "a")
        await server.bookmark()
        mark = await anext(watch)
        assert (mark.type, mark.object, mark.resource_version) == ("BOOKMARK", None, "102")
        server.remove("secrets", "default", "a")
        await server.settle()
        gone = await anext(watch)
        assert (gone.type, gone.object) == ("DELETED", None)
        assert gone.removed is not None
        assert gone.removed.metadata.name == "a"
    assert server.seen[0].query == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "100",
        "timeoutSeconds": "60",
    }


async def test_a_watch_ends_when_the_server_ends_it(server: ApiServer, kube: Kube) -> None:
    watch = kube.watch(SECRET, resource_version="100", timeout=1)
    assert [event async for event in watch] == []


async def test_a_watch_from_too_long_ago_is_expired(server: ApiServer, kube: Kube) -> None:
    server.put("secrets", "default", "a")
    server.forget_history()
    with pytest.raises(errors.Expired):
        await anext(kube.watch(SECRET, resource_version="100", timeout=60))


async def test_an_error_on_a_watch_is_raised(server: ApiServer, kube: Kube) -> None:
    watch = kube.watch(SECRET, resource_version="100", timeout=60)
    async with aclosing(watch), asyncio.timeout(10):
        server.put("secrets", "default", "a")
        await anext(watch)
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
        await server.say({"type": "ERROR", "object": status})
        with pytest.raises(errors.Expired, match="watch secrets: 410 Expired: too old"):
            await anext(watch)


async def test_a_page_of_html_on_a_watch_is_an_error(server: ApiServer, kube: Kube) -> None:
    server.faults.append(Fault("watch", 200, body=b"<html>\n</html>\n"))
    with pytest.raises(errors.Unavailable):
        await anext(kube.watch(SECRET, resource_version="100", timeout=60))


async def test_an_odd_object_on_a_watch_is_skipped_and_its_version_kept(
    server: ApiServer, kube: Kube
) -> None:
    watch = kube.watch(SECRET, resource_version="100", timeout=60)
    async with aclosing(watch), asyncio.timeout(10):
        server.put("secrets", "default", "odd", type=5)
        event = await anext(watch)
        assert (event.type, event.object, event.resource_version) == ("BOOKMARK", None, "101")


async def test_an_odd_object_that_is_deleted_is_gone_all_the_same(
    server: ApiServer, kube: Kube
) -> None:
    server.put("secrets", "default", "a")
    cache: Cache[Secret] = Cache()
    task = asyncio.create_task(Informer(kube, SECRET, cache, rng=chance()).run())
    async with asyncio.timeout(20):
        await until(lambda: len(cache) == 1 and bool(server._watchers))
        server.put("secrets", "default", "a", type=5)
        server.remove("secrets", "default", "a")
        await server.settle()
        await until(lambda: len(cache) == 0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_deleted_without_a_name_is_skipped(server: ApiServer, kube: Kube) -> None:
    watch = kube.watch(SECRET, resource_version="100", timeout=60)
    async with aclosing(watch), asyncio.timeout(10):
        server.put("secrets", "default", "a")
        await anext(watch)
        await server.say({"type": "DELETED", "object": {"metadata": 5}})
        mark = await anext(watch)
        assert (mark.type, mark.removed, mark.resource_version) == ("BOOKMARK", None, "")


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param([b"a\nb\n"], [b"a", b"b"], id="two in one"),
        pytest.param([b"a", b"b", b"\nc", b"\n"], [b"ab", b"c"], id="cut anywhere"),
        pytest.param([b"a\n", b"half"], [b"a"], id="half a line is none"),
        pytest.param([b"\n\n"], [b"", b""], id="empty lines"),
    ],
)
async def test_chunks_become_lines(chunks: list[bytes], expected: list[bytes]) -> None:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    assert [line async for line in split(source())] == expected


async def test_a_line_without_end_is_given_up() -> None:
    async def source() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 1024 * 1024

    with pytest.raises(ValueError, match="32 MiB"):
        _ = [line async for line in split(source())]


async def test_an_informer_over_sockets_follows_what_happens(server: ApiServer, kube: Kube) -> None:
    server.put("secrets", "default", "before", metadata={"labels": {"x": "y"}})
    server.put("secrets", "default", "foreign")
    cache: Cache[Secret] = Cache()
    informer = Informer(kube, SECRET, cache, rng=chance(), label_selector="x=y")
    task = asyncio.create_task(informer.run())
    async with asyncio.timeout(20):
        await informer.synced.wait()
        assert [obj.metadata.name for obj in cache.all()] == ["before"]
        await until(lambda: bool(server._watchers))
        server.put("secrets", "default", "after", metadata={"labels": {"x": "y"}})
        server.remove("secrets", "default", "before")
        await server.settle()
        await until(lambda: [obj.metadata.name for obj in cache.all()] == ["after"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
