"""What every room is given: the API server, what is known of its objects, time, events."""

from dataclasses import dataclass, field

from controller.gatewayapi import Gateway, HTTPRoute, ReferenceGrant
from controller.networking import (
    EndpointSlice,
    Ingress,
    IngressClass,
    Service,
    keep_ingress,
)
from controller.runtime.cache import Cache
from controller.runtime.clock import Clock
from controller.runtime.kube import Kube
from controller.runtime.named import NamedWatches
from controller.runtime.recorder import Recorder
from controller.secretnote import SecretNote
from orderapi.certificate import Certificate
from orderapi.certificaterequest import CertificateRequest
from orderapi.challenge import Challenge
from orderapi.issuer import ClusterIssuer, Issuer
from orderapi.order import Order


@dataclass(frozen=True, slots=True)
class Network:
    """Routers and what leads to the HTTP-01 responder, as one process sees them.

    `ingresses` knows of those that have nothing to do with certificates the name alone. `services`,
    `slices`, `routes` and `grants` are our own, by their label; `responders` are the slices of the
    responder's Service.
    """

    ingresses: Cache[Ingress] = field(default_factory=lambda: Cache(slim=keep_ingress))
    classes: Cache[IngressClass] = field(default_factory=Cache)
    gateways: Cache[Gateway] = field(default_factory=Cache)
    routes: Cache[HTTPRoute] = field(default_factory=Cache)
    services: Cache[Service] = field(default_factory=Cache)
    slices: Cache[EndpointSlice] = field(default_factory=Cache)
    responders: Cache[EndpointSlice] = field(default_factory=Cache)
    grants: Cache[ReferenceGrant] = field(default_factory=Cache)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The cluster as one process sees it. Caches hold what watches and own writes told.

    `secrets` knows the labelled Secrets alone, and of those no key bytes. `named` waits for one
    Secret by name, for whoever found it missing.
    """

    kube: Kube
    clock: Clock
    recorder: Recorder
    named: NamedWatches
    certificates: Cache[Certificate]
    requests: Cache[CertificateRequest]
    orders: Cache[Order]
    challenges: Cache[Challenge]
    issuers: Cache[Issuer]
    cluster_issuers: Cache[ClusterIssuer]
    secrets: Cache[SecretNote]
    network: Network = field(default_factory=Network)
