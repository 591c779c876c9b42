"""Both shims at work on a real API server, as their informers tell them what is there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any, TypeVar

from controller.cluster import Cluster, Network
from controller.gatewayapi import GATEWAY
from controller.networking import (
    INGRESS,
    keep_ingress,
)
from controller.runtime.cache import Cache
from controller.runtime.clock import SystemClock
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.named import NamedWatches
from controller.runtime.objects import EVENT, NAMESPACE, Event, Namespace
from controller.runtime.recorder import Recorder
from controller.runtime.worker import Room, Worker
from controller.settings import Settings
from controller.shims.room import GatewayShim, IngressShim
from orderapi.certificate import Certificate
from orderapi.meta import ObjectMeta, controller_of
from orderapi.resources import CERTIFICATE

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Live:
    """A namespace in which the shims are at work. `kube` is the test's connection.

    `calls` are those of the shims: the verb and the resource.
    """

    kube: Kube
    namespace: str
    calls: list[tuple[str, str]]

    async def certificates(self) -> dict[str, Certificate]:
        """The Certificates, by name."""
        found = (await self.kube.list(CERTIFICATE, self.namespace)).items
        return {each.metadata.name: each for each in found}

    async def certificate(self, name: str, true: Callable[[Certificate], bool]) -> Certificate:
        """The Certificate, once that is true of it."""

        async def look() -> Certificate | None:
            found = (await self.certificates()).get(name)
            return found if found is not None and true(found) else None

        return await until(look)

    async def events(self, reason: str) -> list[Event]:
        """The events with this reason."""
        found = (await self.kube.list(EVENT, self.namespace)).items
        return [event for event in found if event.reason == reason]

    def writes(self) -> int:
        """How often the shims have written a Certificate."""
        return sum(
            verb in ("create", "patch", "delete") and resource.startswith("certificates")
            for verb, resource in self.calls
        )


async def until(what: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
    """What `what` gives once it gives something."""
    async with asyncio.timeout(seconds):
        while True:
            found = await what()
            if found is not None:
                return found
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(admin: Path, rights: Path, settings: Settings) -> AsyncIterator[Live]:
    """The shims at work in a new namespace, with the rights of the second kubeconfig alone."""
    calls: list[tuple[str, str]] = []

    def observe(verb: str, resource: str, code: int, seconds: float) -> None:
        calls.append((verb, resource))

    kube = await Kube.connect(str(admin), user_agent="shim-tests")
    work = await Kube.connect(str(rights), user_agent="shims", observe=observe)
    meta = ObjectMeta(generate_name="shims-")
    namespace = (await kube.create(NAMESPACE, Namespace(metadata=meta))).metadata.name
    task = asyncio.create_task(_work(work, settings, namespace))
    try:
        yield Live(kube, namespace, calls)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await kube.delete(NAMESPACE, "", namespace)
        await work.close()
        await kube.close()


async def _work(kube: Kube, settings: Settings, namespace: str) -> None:
    rng, cluster = SystemRandom(), _cluster(kube, settings)
    rooms: list[Room] = [IngressShim(cluster, settings), GatewayShim(cluster, settings)]
    workers = [Worker(room, clock=cluster.clock, workers=2, rng=rng) for room in rooms]
    network = cluster.network
    informers: list[Informer[Any]] = [
        Informer(kube, CERTIFICATE, cluster.certificates, rng=rng, namespace=namespace),
        Informer(kube, INGRESS, network.ingresses, rng=rng, namespace=namespace),
        Informer(kube, GATEWAY, network.gateways, rng=rng, namespace=namespace, optional=True),
    ]
    async with asyncio.TaskGroup() as group:
        for run in (*(one.run for one in informers), cluster.recorder.run):
            group.create_task(run())
        for informer in informers:
            await informer.synced.wait()
        for worker in workers:
            group.create_task(worker.run())


def _cluster(kube: Kube, settings: Settings) -> Cluster:
    rng, clock = SystemRandom(), SystemClock()
    slim = partial(keep_ingress, asking=settings.auto_certificate_annotations)
    return Cluster(
        kube=kube,
        clock=clock,
        recorder=Recorder(kube, clock=clock, rng=rng, instance="test"),
        named=NamedWatches(kube, rng=rng),
        certificates=Cache({"owner": _owner}),
        requests=Cache(),
        orders=Cache(),
        challenges=Cache(),
        issuers=Cache(),
        cluster_issuers=Cache(),
        secrets=Cache(),
        network=Network(ingresses=Cache(slim=slim)),
    )


def _owner(obj: Any) -> tuple[str, ...]:
    owner = controller_of(obj)
    return (owner.uid,) if owner else ()
