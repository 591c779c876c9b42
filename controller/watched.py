"""What is watched: each kind, where, by which labels, and the cache that it is kept in."""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from controller.backing import home
from controller.cluster import Cluster
from controller.gatewayapi import GATEWAY, HTTP_ROUTE, REFERENCE_GRANT
from controller.networking import (
    ENDPOINT_SLICE,
    INGRESS,
    INGRESS_CLASS,
    SERVICE,
    SERVICE_OF_SLICE,
)
from controller.runtime.cache import Cache
from controller.runtime.informer import Informer
from controller.runtime.kube import Kube
from controller.runtime.metrics import Metrics
from controller.runtime.objects import SECRET
from controller.settings import Settings
from orderapi import names, resources
from orderapi.resources import Resource

_SOLVER = f"{names.HTTP01_SOLVER}=true"


class Watched(NamedTuple):
    """One kind in one place. Of what is optional there may be none, or no right to it."""

    resource: Resource[Any]
    cache: Cache[Any]
    namespace: str = ""
    labels: str = ""
    optional: bool = False


def informer_of(kube: Kube, watched: Watched, rng: Random, metrics: Metrics) -> Informer[Any]:
    """What keeps that cache current."""
    return Informer(
        kube,
        watched.resource,
        watched.cache,
        rng=rng,
        namespace=watched.namespace,
        label_selector=watched.labels,
        optional=watched.optional,
        metrics=metrics,
    )


def watched_by(cluster: Cluster, settings: Settings) -> Iterator[Watched]:
    """One for each cache. With --namespace that namespace alone, and no cluster-scoped kind."""
    where, network = settings.namespace, cluster.network
    yield Watched(resources.CERTIFICATE, cluster.certificates, where)
    yield Watched(resources.CERTIFICATE_REQUEST, cluster.requests, where)
    yield Watched(resources.ISSUER, cluster.issuers, where)
    yield Watched(resources.ORDER, cluster.orders, where)
    yield Watched(resources.CHALLENGE, cluster.challenges, where)
    yield Watched(SECRET, cluster.secrets, where, f"{names.WATCHED_SECRET}=true")
    yield Watched(INGRESS, network.ingresses, where)
    yield Watched(SERVICE, network.services, where, _SOLVER)
    yield Watched(ENDPOINT_SLICE, network.slices, where, _SOLVER)
    if not where:
        yield Watched(resources.CLUSTER_ISSUER, cluster.cluster_issuers)
        yield Watched(INGRESS_CLASS, network.classes)
    if settings.enable_gateway_api:
        yield Watched(GATEWAY, network.gateways, where, optional=True)
        yield Watched(HTTP_ROUTE, network.routes, where, _SOLVER, optional=True)
    if not settings.http01_responder_address:
        yield from _at_home(cluster, settings)


def _at_home(cluster: Cluster, settings: Settings) -> Iterator[Watched]:
    """What is watched in the one namespace of the responder's Service; with --namespace there may
    be no right to."""
    place, network = home(settings), cluster.network
    ours = f"{SERVICE_OF_SLICE}={place.name}"
    yield Watched(ENDPOINT_SLICE, network.responders, place.namespace, ours, optional=True)
    if settings.enable_gateway_api:
        yield Watched(REFERENCE_GRANT, network.grants, place.namespace, _SOLVER, optional=True)
