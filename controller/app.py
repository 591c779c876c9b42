"""The composition root: from the settings to objects that run, in one task group.

    informers, events, watches by name     run at once, in every replica
    the responder to HTTP-01 challenges    listens once Challenges are known, in every replica
    the rooms' workers                     run while the Lease is held

When it is told to end, the last of these end first, and the responder after its grace.

Nothing is decided here about any object.
"""

import asyncio
import logging
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, field
from functools import partial
from random import Random, SystemRandom
from typing import Any

from controller.accounts import Accounts
from controller.acme import Proxies
from controller.backends.room import Backends
from controller.certificates.indexes import CERTIFICATE_INDEXES, ISSUER_INDEXES
from controller.certificates.room import Certificates
from controller.challenges.indexes import CHALLENGE_INDEXES
from controller.challenges.room import Challenges
from controller.cluster import Cluster, Network
from controller.issuers.room import ClusterIssuers, Issuers
from controller.metrics import AcmeMetrics, ObjectMetrics, ResponderMetrics
from controller.networking import keep_ingress
from controller.orders.room import Orders
from controller.requests.room import Requests
from controller.runtime.cache import Cache
from controller.runtime.clock import SystemClock
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.lease import Lease
from controller.runtime.metrics import Metrics
from controller.runtime.named import NamedWatches
from controller.runtime.recorder import Recorder
from controller.runtime.running import running
from controller.runtime.schedule import HasMetadata
from controller.runtime.serving import Health, serving
from controller.runtime.worker import Room, Worker
from controller.secretnote import note
from controller.settings import Settings
from controller.shims.room import GatewayShim, IngressShim
from controller.solvers.http01 import responder
from controller.solvers.http01.answers import Answers
from controller.watched import Watched, informer_of, watched_by
from orderapi import resources
from orderapi.challenge import Challenge

logger = logging.getLogger(__name__)

LEASE = "cert-manager-controller"
"""cert-manager takes a Lease of this name too: the two never lead at the same time."""
USER_AGENT = "kubectl-order"
NOT_LISTENING = "the responder to HTTP-01 challenges does not listen yet"


def _identity() -> str:
    # The pid alone is 1 in every pod, and pods of one node may share a host name.
    return f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class _Process:
    """What everything in one process shares."""

    settings: Settings
    identity: str = field(default_factory=_identity)
    metrics: Metrics = field(default_factory=Metrics)
    rng: Random = field(default_factory=SystemRandom)

    async def connect(self, stack: AsyncExitStack) -> Kube:
        """The connection to the API server, for as long as the stack is open."""
        kube = await Kube.connect(
            self.settings.kubeconfig, user_agent=USER_AGENT, observe=self.metrics.requested
        )
        stack.push_async_callback(kube.close)
        return kube

    async def serve(self, stack: AsyncExitStack, health: Health) -> None:
        """Serve probes and metrics for as long as the stack is open."""
        address = self.settings.metrics_listen_address
        serves = serving(address, metrics=self.metrics, health=health)
        logger.info("serving", extra={"address": await stack.enter_async_context(serves)})

    def informer(self, kube: Kube, watched: Watched) -> Informer[Any]:
        """What keeps that cache current."""
        return informer_of(kube, watched, self.rng, self.metrics)

    @asynccontextmanager
    async def responding(
        self, answers: Answers, known: asyncio.Event, health: Health
    ) -> AsyncIterator[None]:
        """Answer HTTP-01 challenges, from when the Challenges are known; after an end in peace for
        the grace of the settings."""
        health.missing.add(NOT_LISTENING)
        address = self.settings.http01_listen_address
        async with running(self._respond(address, answers, known, health)):
            yield
            if address not in ("", "0"):
                await asyncio.sleep(self.settings.shutdown_grace.total_seconds())

    async def _respond(
        self, address: str, answers: Answers, known: asyncio.Event, health: Health
    ) -> None:
        # A 404 costs an order, but a router tries again where nobody listens.
        await known.wait()
        counted = ResponderMetrics(self.metrics.registry).answered
        async with responder.serving(address, answers, on_request=counted) as bound:
            logger.info("responding to HTTP-01 challenges", extra={"address": bound})
            health.missing.discard(NOT_LISTENING)
            await asyncio.Event().wait()


async def run(settings: Settings, proxies: Proxies, told: asyncio.Event) -> None:
    """Work until told to end, or cancelled, which ends it at once.

    Raises NoCredentials or CannotListen, and LeaseLost when leadership cannot be kept, in groups.
    """
    process = _Process(settings)
    async with AsyncExitStack() as stack:
        cluster = _cluster(await process.connect(stack), process)
        # First of all listeners: who learns that an answer was published can have it.
        answers = _answers_of(cluster.challenges)
        accounts = _accounts(stack, cluster, process, proxies)
        workers = [_worker(room, cluster, process) for room in _rooms(cluster, settings, accounts)]
        informers = _informers(cluster, process)
        health = Health(informers=[*informers.values()], workers=workers)
        await process.serve(stack, health)
        async with (
            running(*(one.run() for one in informers.values())),
            running(cluster.recorder.run(), cluster.named.run()),
            process.responding(answers, informers[cluster.challenges].synced, health),
            running(_lead(_lease(cluster, process), informers.values(), workers)),
        ):
            await told.wait()
            health.end()


async def respond(settings: Settings, told: asyncio.Event) -> None:
    """Answer HTTP-01 challenges, and do nothing else, until told to end, or cancelled.

    Reads Challenges, and needs no other right. Raises NoCredentials or CannotListen, in groups.
    """
    process, challenges = _Process(settings), Cache[Challenge]()
    async with AsyncExitStack() as stack:
        kube = await process.connect(stack)
        answers = _answers_of(challenges)
        watched = Watched(resources.CHALLENGE, challenges, settings.namespace)
        informer = process.informer(kube, watched)
        health = Health(informers=[informer], workers=[])
        await process.serve(stack, health)
        async with (
            running(informer.run()),
            process.responding(answers, informer.synced, health),
        ):
            await told.wait()
            health.end()


def _answers_of(challenges: Cache[Challenge]) -> Answers:
    answers = Answers()
    challenges.listen(answers.heard)
    return answers


def _accounts(
    stack: AsyncExitStack, cluster: Cluster, process: _Process, proxies: Proxies
) -> Accounts:
    made = AcmeMetrics(process.metrics.registry).made
    accounts = Accounts(cluster, process.settings, proxies=proxies, on_request=made)
    stack.push_async_callback(accounts.close)
    return accounts


def _informers(cluster: Cluster, process: _Process) -> dict[Cache[Any], Informer[Any]]:
    watched = watched_by(cluster, process.settings)
    return {each.cache: process.informer(cluster.kube, each) for each in watched}


def _worker(room: Room, cluster: Cluster, process: _Process) -> Worker:
    return Worker(
        room,
        clock=cluster.clock,
        workers=process.settings.concurrent_workers,
        rng=process.rng,
        metrics=process.metrics,
        named=cluster.named,
    )


async def _lead(
    lease: AbstractAsyncContextManager[Any],
    informers: Iterable[Informer[Any]],
    workers: list[Worker],
) -> None:
    """Once all is listed, run the workers while the Lease is held."""
    for informer in informers:
        await informer.synced.wait()
    async with lease, asyncio.TaskGroup() as leading:
        for worker in workers:
            leading.create_task(worker.run())


def _lease(cluster: Cluster, process: _Process) -> AbstractAsyncContextManager[Any]:
    if not process.settings.leader_elect:
        return nullcontext()
    return Lease(
        cluster.kube,
        namespace=process.settings.leader_election_namespace,
        name=LEASE,
        holder=process.identity,
        clock=cluster.clock,
        rng=process.rng,
        metrics=process.metrics,
    )


def _cluster(kube: Kube, process: _Process) -> Cluster:
    clock, rng, metrics = SystemClock(), process.rng, process.metrics
    slim = partial(keep_ingress, asking=process.settings.auto_certificate_annotations)
    owned = {"owner": _owners}
    cluster = Cluster(
        kube=kube,
        clock=clock,
        recorder=Recorder(kube, clock=clock, rng=rng, instance=process.identity, metrics=metrics),
        named=NamedWatches(kube, rng=rng),
        certificates=Cache({**CERTIFICATE_INDEXES, **owned}),
        requests=Cache(owned),
        orders=Cache(owned),
        challenges=Cache({**owned, **CHALLENGE_INDEXES}),
        issuers=Cache(ISSUER_INDEXES),
        cluster_issuers=Cache(ISSUER_INDEXES),
        secrets=Cache(owned, slim=note),
        network=Network(ingresses=Cache(slim=slim)),
    )
    metrics.registry.register(ObjectMetrics(cluster))
    return cluster


def _owners(obj: HasMetadata) -> Iterable[str]:
    """The uid of the object that controls it, for the index "owner"."""
    return (owner.uid for owner in obj.metadata.owner_references if owner.controller)


def _rooms(cluster: Cluster, settings: Settings, accounts: Accounts) -> list[Room]:
    rooms: dict[str, Callable[[], Room]] = {
        "issuers": lambda: Issuers(cluster, settings, accounts),
        "clusterissuers": lambda: ClusterIssuers(cluster, settings, accounts),
        "certificates": lambda: Certificates(cluster, settings),
        "certificaterequests": lambda: Requests(cluster, settings),
        "orders": lambda: Orders(cluster, accounts),
        "challenges": lambda: Challenges(cluster, settings, accounts),
        "ingress-shim": lambda: IngressShim(cluster, settings),
        "gateway-shim": lambda: GatewayShim(cluster, settings),
    }
    running = [make() for name, make in rooms.items() if settings.runs(name)]
    return [*running, Backends(cluster, settings)] if settings.runs("challenges") else running
