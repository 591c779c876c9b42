"""Probes and numbers over real sockets."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest

from controller.runtime.cache import Cache
from controller.runtime.decoding import Listed
from controller.runtime.informer import Informer
from controller.runtime.metrics import Metrics
from controller.runtime.objects import SECRET, Secret
from controller.runtime.schedule import Again, Key, OnChange
from controller.runtime.serving import Health, serving
from controller.runtime.worker import Worker
from tests.controller.runtime.build import ARoom, LoopClock, chance


class Source:
    async def pages(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        yield Listed((), "10")

    async def watch(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        await asyncio.Event().wait()
        yield None


async def look(key: Key) -> Again:
    return OnChange()


def parts(quiet: float = 600.0) -> tuple[Informer[Secret], Worker, Health]:
    cache: Cache[Secret] = Cache()
    informer = Informer(Source(), SECRET, cache, rng=chance())
    worker = Worker(ARoom(look), clock=LoopClock(), workers=2, rng=chance())
    return informer, worker, Health(informers=[informer], workers=[worker], longest_quiet=quiet)


async def fetch(address: str, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}{path}") as answer:
        return answer.status, await answer.text()


async def test_ready_when_all_is_listed_although_not_leading() -> None:
    informer, _, health = parts()
    async with serving("127.0.0.1:0", metrics=Metrics(), health=health) as address:
        assert await fetch(address, "/readyz") == (503, "secrets are not listed yet\n")
        task = asyncio.create_task(informer.run())
        await informer.synced.wait()
        assert await fetch(address, "/readyz") == (200, "ok\n")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_sick_when_nothing_was_heard_for_too_long() -> None:
    informer, _, health = parts(quiet=0.05)
    async with serving("127.0.0.1:0", metrics=Metrics(), health=health) as address:
        assert (await fetch(address, "/healthz"))[0] == 200
        task = asyncio.create_task(informer.run())
        await asyncio.sleep(0.2)
        status, text = await fetch(address, "/healthz")
        assert status == 503
        assert text.startswith("nothing was heard of secrets for ")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("path", ["/healthz", "/livez"])
async def test_sick_when_a_worker_is_no_more(path: str) -> None:
    _, worker, health = parts()
    async with serving("127.0.0.1:0", metrics=Metrics(), health=health) as address:
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0.05)
        assert await fetch(address, path) == (200, "ok\n")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await fetch(address, path) == (503, "rooms does not work any more\n")


async def test_metrics_are_in_prometheus_text_form() -> None:
    metrics = Metrics()
    metrics.queue("orders").looked(0.02)
    async with serving("127.0.0.1:0", metrics=metrics, health=parts()[2]) as address:
        status, text = await fetch(address, "/metrics")
    assert status == 200
    assert '\ncertmanager_controller_sync_call_count{controller="orders"} 1.0\n' in text
    assert "# TYPE certmanager_controller_sync_call_count untyped" in text


@pytest.mark.parametrize("address", ["", "0"])
async def test_no_address_serves_nothing(address: str) -> None:
    async with serving(address, metrics=Metrics(), health=parts()[2]) as bound:
        assert bound == ""


async def test_without_a_host_both_kinds_of_address_are_served() -> None:
    async with serving(":0", metrics=Metrics(), health=parts()[2]) as bound:
        port = bound.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            assert await fetch(f"{host}:{port}", "/healthz") == (200, "ok\n")


async def test_not_ready_while_something_is_missing() -> None:
    informer, _, health = parts()
    informer.synced.set()
    health.missing.add("nobody answers yet")
    async with serving("127.0.0.1:0", metrics=Metrics(), health=health) as address:
        assert await fetch(address, "/readyz") == (503, "nobody answers yet\n")
        health.missing.discard("nobody answers yet")
        assert await fetch(address, "/readyz") == (200, "ok\n")


async def test_who_ends_is_not_ready_and_not_sick() -> None:
    informer, worker, health = parts()
    informer.synced.set()
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.05)
    health.end()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert health.unready() == ["this process was told to end"]
    assert health.sick() == []
