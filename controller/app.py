"""The composition root: from the settings to objects that run, in one task group.

    informers, events, watches by name     run at once, in every replica
    the responder to HTTP-01 challenges    listens at once, in every replica
    the rooms' workers                     run while the Lease is held

Nothing is decided here about any object.
"""

import asyncio
import logging
import socket
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
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
from controller.networking import (
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_GROUP,
    HTTP_ROUTE,
    INGRESS,
    INGRESS_CLASS,
    REFERENCE_GRANT,
    SERVICE,
    SERVICE_NAME,
    keep_ingress,
)
from controller.orders.room import Orders
from controller.requests.room import Requests
from controller.runtime.cache import Cache
from controller.runtime.clock import SystemClock
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.lease import Lease
from controller.runtime.metrics import Metrics
from controller.runtime.named import NamedWatches
from controller.runtime.objects import SECRET
from controller.runtime.recorder import Recorder
from controller.runtime.schedule import HasMetadata
from controller.runtime.serving import Health, serving
from controller.runtime.worker import Room, Worker
from controller.secretnote import note
from controller.settings import Settings
from controller.shims.room import GatewayShim, IngressShim
from controller.solvers.http01 import responder
from controller.solvers.http01.answers import Answers
from orderapi import names, resources
from orderapi.challenge import Challenge
from orderapi.resources import Resource

logger = logging.getLogger(__name__)

LEASE = "cert-manager-controller"
"""cert-manager takes a Lease of this name too: the two never lead at the same time."""
USER_AGENT = "kubectl-order"


async def run(settings: Settings, proxies: Proxies) -> None:
    """Work until cancelled. Raises LeaseLost when leadership cannot be kept, or NoCredentials."""
    metrics, rng = Metrics(), SystemRandom()
    # The pid alone is 1 in every pod, and pods of one node may share a host name.
    identity = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
    async with AsyncExitStack() as stack:
        kube = await Kube.connect(
            settings.kubeconfig, user_agent=USER_AGENT, observe=metrics.requested
        )
        stack.push_async_callback(kube.close)
        cluster = _cluster(kube, settings, metrics, rng, identity)
        metrics.registry.register(ObjectMetrics(cluster))
        accounts = Accounts(
            cluster, settings, proxies=proxies, on_request=AcmeMetrics(metrics.registry).made
        )
        stack.push_async_callback(accounts.close)
        workers = [
            Worker(
                room,
                clock=cluster.clock,
                workers=settings.concurrent_workers,
                rng=rng,
                metrics=metrics,
                named=cluster.named,
            )
            for room in _rooms(cluster, settings, accounts)
        ]
        informers = _informers(cluster, settings, rng, metrics)
        await _serve(stack, settings, metrics, Health(informers=informers, workers=workers))
        await _respond(stack, settings, metrics, cluster.challenges)
        async with asyncio.TaskGroup() as always:
            for informer in informers:
                always.create_task(informer.run())
            always.create_task(cluster.recorder.run())
            always.create_task(cluster.named.run())
            lease = _lease(cluster, settings, rng, identity, metrics)
            await _lead(lease, informers, workers)


async def respond(settings: Settings) -> None:
    """Answer HTTP-01 challenges until cancelled, and do nothing else. Raises NoCredentials.

    Reads Challenges, and needs no other right.
    """
    metrics, challenges = Metrics(), Cache[Challenge]()
    async with AsyncExitStack() as stack:
        kube = await Kube.connect(
            settings.kubeconfig, user_agent=USER_AGENT, observe=metrics.requested
        )
        stack.push_async_callback(kube.close)
        informer = Informer(
            kube,
            resources.CHALLENGE,
            challenges,
            rng=SystemRandom(),
            namespace=settings.namespace,
            metrics=metrics,
        )
        await _serve(stack, settings, metrics, Health(informers=[informer], workers=[]))
        await _respond(stack, settings, metrics, challenges)
        await informer.run()


async def _serve(
    stack: AsyncExitStack, settings: Settings, metrics: Metrics, health: Health
) -> None:
    """Serve probes and metrics for as long as the stack is open."""
    address = settings.metrics_listen_address
    bound = await stack.enter_async_context(serving(address, metrics=metrics, health=health))
    logger.info("serving", extra={"address": bound})


async def _respond(
    stack: AsyncExitStack, settings: Settings, metrics: Metrics, challenges: Cache[Challenge]
) -> None:
    """Answer HTTP-01 challenges for as long as the stack is open."""
    answers = Answers()
    challenges.listen(answers.heard)
    counted = ResponderMetrics(metrics.registry).answered
    address = settings.http01_listen_address
    bound = await stack.enter_async_context(responder.serving(address, answers, on_request=counted))
    logger.info("responding to HTTP-01 challenges", extra={"address": bound})


async def _lead(
    lease: AbstractAsyncContextManager[Any], informers: list[Informer[Any]], workers: list[Worker]
) -> None:
    """Once all is listed, run the workers while the Lease is held."""
    for informer in informers:
        await informer.synced.wait()
    async with lease, asyncio.TaskGroup() as leading:
        for worker in workers:
            leading.create_task(worker.run())


def _lease(
    cluster: Cluster, settings: Settings, rng: Random, identity: str, metrics: Metrics
) -> AbstractAsyncContextManager[Any]:
    if not settings.leader_elect:
        return nullcontext()
    return Lease(
        cluster.kube,
        namespace=settings.leader_election_namespace,
        name=LEASE,
        holder=identity,
        clock=cluster.clock,
        rng=rng,
        metrics=metrics,
    )


def _cluster(
    kube: Kube, settings: Settings, metrics: Metrics, rng: Random, identity: str
) -> Cluster:
    clock = SystemClock()
    slim = partial(keep_ingress, asking=settings.auto_certificate_annotations)
    owned = {"owner": _owners}
    return Cluster(
        kube=kube,
        clock=clock,
        recorder=Recorder(kube, clock=clock, rng=rng, instance=identity, metrics=metrics),
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


def _informers(
    cluster: Cluster, settings: Settings, rng: Random, metrics: Metrics
) -> list[Informer[Any]]:
    """One per cache. With --namespace that namespace alone, and no cluster-scoped kind."""
    namespace = settings.namespace
    solver = f"{names.HTTP01_SOLVER}=true"
    network = cluster.network
    watched: list[tuple[Resource[Any], Cache[Any], str]] = [
        (resources.CERTIFICATE, cluster.certificates, ""),
        (resources.CERTIFICATE_REQUEST, cluster.requests, ""),
        (resources.ISSUER, cluster.issuers, ""),
        (resources.ORDER, cluster.orders, ""),
        (resources.CHALLENGE, cluster.challenges, ""),
        (SECRET, cluster.secrets, f"{names.WATCHED_SECRET}=true"),
        (INGRESS, network.ingresses, ""),
        (SERVICE, network.services, solver),
        (ENDPOINT_SLICE, network.slices, solver),
    ]
    if not namespace:
        watched.append((resources.CLUSTER_ISSUER, cluster.cluster_issuers, ""))
        watched.append((INGRESS_CLASS, network.classes, ""))
    if settings.enable_gateway_api:
        watched += [(GATEWAY, network.gateways, ""), (HTTP_ROUTE, network.routes, solver)]
    return [
        Informer(
            cluster.kube,
            resource,
            cache,
            rng=rng,
            namespace=namespace,
            label_selector=labels,
            optional=resource.group == GATEWAY_GROUP,
            metrics=metrics,
        )
        for resource, cache, labels in watched
    ] + _responders_home(cluster, settings, rng, metrics)


def _responders_home(
    cluster: Cluster, settings: Settings, rng: Random, metrics: Metrics
) -> list[Informer[Any]]:
    """What is watched in the one namespace of the responder's Service."""
    if settings.http01_responder_address:
        return []
    namespace, _, service = settings.http01_responder_service.partition("/")
    solver = f"{names.HTTP01_SOLVER}=true"
    watched: list[tuple[Resource[Any], Cache[Any], str]] = [
        (ENDPOINT_SLICE, cluster.network.responders, f"{SERVICE_NAME}={service}"),
    ]
    if settings.enable_gateway_api:
        watched.append((REFERENCE_GRANT, cluster.network.grants, solver))
    return [
        Informer(
            cluster.kube,
            resource,
            cache,
            rng=rng,
            namespace=namespace,
            label_selector=labels,
            optional=resource.group == GATEWAY_GROUP,
            metrics=metrics,
        )
        for resource, cache, labels in watched
    ]
