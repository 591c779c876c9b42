"""The room at work on a real API server, with the rights of its own ServiceAccount alone."""

import asyncio
import random
import string
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Any, TypeVar

import msgspec

from controller.backends.room import Backends
from controller.cluster import Cluster
from controller.gatewayapi import GATEWAY_GROUP, REFERENCE_GRANT, ReferenceGrant
from controller.networking import (
    ENDPOINT_SLICE,
    SERVICE,
    SERVICE_OF_SLICE,
    EndpointSlice,
    Service,
)
from controller.runtime.cache import Cache
from controller.runtime.clock import SystemClock
from controller.runtime.errors import NotFound
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.named import NamedWatches
from controller.runtime.objects import NAMESPACE, Namespace
from controller.runtime.recorder import Recorder
from controller.runtime.schedule import Key
from controller.runtime.worker import Worker
from controller.settings import Settings
from orderapi.challenge import Challenge
from orderapi.meta import Object, ObjectMeta
from orderapi.names import HTTP01_SOLVER
from orderapi.resources import CHALLENGE, Resource
from orderapi.solver import Solver
from tests.controller.backends.build import INGRESS, a_challenge, a_slice

T = TypeVar("T")
O = TypeVar("O", bound=Object)  # noqa: E741  an object

HOME = "cert-manager"
NAME = "cm-acme-http-solver"


@dataclass
class Live:
    """A namespace, a responder of its own, and the room at work on them.

    `kube` is the test's connection, as admin; `work` that of the room; `asked` counts what the
    room asks the API server for, but for lists and watches.
    """

    kube: Kube
    work: Kube
    namespace: str
    settings: Settings
    asked: Counter[str] = field(default_factory=Counter)
    running: asyncio.Task[None] | None = None

    @property
    def home(self) -> Key:
        return Key(HOME, self.namespace)

    async def start(self) -> None:
        """Start the room, knowing nothing, as after a crash; returns when it works."""
        ready = asyncio.Event()
        self.running = asyncio.create_task(self._work(ready))
        await asyncio.wait_for(ready.wait(), 20)

    async def crash(self) -> None:
        """End it without a word."""
        if self.running is not None:
            self.running.cancel()
            with suppress(asyncio.CancelledError):
                await self.running
        self.running = None

    async def _work(self, ready: asyncio.Event) -> None:
        cluster = _cluster(self.work)
        room = Backends(cluster, self.settings)
        worker = Worker(room, clock=cluster.clock, workers=3, rng=SystemRandom())
        informers = self._informers(cluster)
        async with asyncio.TaskGroup() as group:
            for informer in informers:
                group.create_task(informer.run())
            for informer in informers:
                await informer.synced.wait()
            group.create_task(worker.run())
            ready.set()

    def _informers(self, cluster: Cluster) -> list[Informer[Any]]:
        network, ours = cluster.network, f"{HTTP01_SOLVER}=true"
        responder = f"{SERVICE_OF_SLICE}={self.home.name}"
        watched: list[tuple[Resource[Any], Cache[Any], str, str]] = [
            (CHALLENGE, cluster.challenges, self.namespace, ""),
            (SERVICE, network.services, self.namespace, ours),
            (ENDPOINT_SLICE, network.slices, self.namespace, ours),
            (ENDPOINT_SLICE, network.responders, HOME, responder),
            (REFERENCE_GRANT, network.grants, HOME, ours),
        ]
        return [
            Informer(
                self.work,
                resource,
                cache,
                rng=SystemRandom(),
                namespace=namespace,
                label_selector=labels,
                optional=resource.group == GATEWAY_GROUP,
            )
            for resource, cache, namespace, labels in watched
        ]

    async def challenge(self, solver: Solver = INGRESS, name: str = "web-0") -> Challenge:
        """Make a Challenge in work."""
        wanted = a_challenge(solver, name=name, namespace=self.namespace)
        made = await self.kube.create(CHALLENGE, CHALLENGE.typed(wanted))
        return await self.ended(made, "pending")

    async def ended(self, challenge: Challenge, state: str = "valid") -> Challenge:
        """Write its state."""
        meta, patch = challenge.metadata, {"status": {"state": state}}
        return await self.kube.patch(
            CHALLENGE, meta.namespace, meta.name, patch, subresource="status"
        )

    async def responder(self, *addresses: str, port: int = 8089) -> None:
        """Have the responder's replicas be there."""
        wanted = a_slice(*addresses, home=self.home, name=f"{self.home.name}-x")
        wire = msgspec.to_builtins(wanted)
        wire["ports"] = [{"name": "http", "port": port, "protocol": "TCP"}]
        wire["endpoints"] = wire.get("endpoints", [])
        await self.kube.apply(ENDPOINT_SLICE, wire, manager="test")

    async def service(self) -> Service | None:
        """The Service of the namespace."""
        return await self._get(SERVICE, self.namespace, NAME)

    async def slice(self, family: str = "ipv4") -> EndpointSlice | None:
        """Its slice of that family."""
        return await self._get(ENDPOINT_SLICE, self.namespace, f"{NAME}-{family}")

    async def grant(self) -> ReferenceGrant | None:
        """The grant for the namespace."""
        return await self._get(REFERENCE_GRANT, HOME, f"{NAME}-{self.namespace}")

    async def addresses(self, family: str = "ipv4") -> list[str]:
        """Where the slice leads to, as address:port."""
        found = await self.slice(family)
        if found is None:
            return []
        (port,) = found.ports or ()
        endpoints = found.endpoints or ()
        return [f"{one}:{port.port}" for each in endpoints for one in each.addresses]

    async def until(self, what: Callable[[], Awaitable[T | None]], seconds: float = 10) -> T:
        """What `what` gives once it gives something."""
        deadline = time.monotonic() + seconds
        while not (found := await what()):
            assert time.monotonic() < deadline, "it does not come about"
            await asyncio.sleep(0.02)
        return found

    async def gone(self, seconds: float = 10) -> None:
        """Wait until nothing of ours is left."""

        async def nothing() -> bool:
            found = (await self.service(), await self.slice(), await self.slice("ipv6"))
            return not any(found) and await self.grant() is None

        await self.until(nothing, seconds)

    async def _get(self, resource: Resource[O], namespace: str, name: str) -> O | None:
        with suppress(NotFound):
            return await self.kube.get(resource, namespace, name)
        return None


@asynccontextmanager
async def running(admin: Path, own: Path, **flags: Any) -> AsyncIterator[Live]:
    """A Live in a namespace of its own, its room not yet started."""
    asked: Counter[str] = Counter()

    def observe(verb: str, resource: str, code: int, seconds: float) -> None:
        if verb not in ("list", "watch"):
            asked[f"{verb} {resource}"] += 1

    kube = await Kube.connect(str(admin), user_agent="test")
    work = await Kube.connect(str(own), user_agent="room", observe=observe)
    word = "".join(random.choices(string.ascii_lowercase, k=10))  # noqa: S311
    settings = Settings(http01_responder_service=f"{HOME}/{word}", **flags)
    await kube.create(NAMESPACE, Namespace(metadata=ObjectMeta(name=word)))
    live = Live(kube, work, word, settings, asked)
    try:
        yield live
    finally:
        await live.crash()
        with suppress(NotFound):
            await kube.delete(ENDPOINT_SLICE, HOME, f"{word}-x")
        with suppress(NotFound):
            await kube.delete(REFERENCE_GRANT, HOME, f"{NAME}-{word}")
        await kube.delete(NAMESPACE, "", word)
        await kube.close()
        await work.close()


def _cluster(kube: Kube) -> Cluster:
    rng, clock = SystemRandom(), SystemClock()
    return Cluster(
        kube=kube,
        clock=clock,
        recorder=Recorder(kube, clock=clock, rng=rng, instance="test"),
        named=NamedWatches(kube, rng=rng),
        certificates=Cache(),
        requests=Cache(),
        orders=Cache(),
        challenges=Cache(),
        issuers=Cache(),
        cluster_issuers=Cache(),
        secrets=Cache(),
    )
