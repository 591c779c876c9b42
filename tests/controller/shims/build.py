"""Ingresses, Gateways and what they lead to, with sensible defaults."""

from datetime import UTC, datetime
from typing import Any

from controller.gatewayapi import Gateway, GatewaySpec, Listener, ListenerTls, SecretRef
from controller.networking import (
    Ingress,
    IngressSpec,
    IngressTls,
)
from controller.settings import Settings
from controller.shims.ingress import INGRESSES
from controller.shims.wishes import Unclear, Wishes, read
from orderapi import names
from orderapi.certificate import Certificate, CertificateSpec
from orderapi.meta import Object, ObjectMeta, OwnerReference
from orderapi.references import IssuerRef

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SETTINGS = Settings()


def meta(annotations: dict[str, str] | None = None, **parts: Any) -> ObjectMeta:
    """The metadata of the source `web`, which names the issuer `acme` if it is not told else."""
    given = {names.INGRESS_ISSUER: "acme"} if annotations is None else annotations
    usual = {"name": "web", "namespace": "shop", "uid": "web-uid", "resource_version": "7"}
    return ObjectMeta(**{**usual, "generation": 1, "annotations": given, **parts})


def tls(name: str = "web-tls", *hosts: str) -> IngressTls:
    """A TLS block, by default for one host."""
    return IngressTls(hosts=hosts or ("web.example.com",), secret_name=name)


def an_ingress(
    *blocks: IngressTls,
    annotations: dict[str, str] | None = None,
    also: dict[str, str] | None = None,
    **parts: Any,
) -> Ingress:
    """An annotated Ingress; `also`: annotations besides that of the issuer."""
    if also is not None:
        annotations = {names.INGRESS_ISSUER: "acme"} | also
    return Ingress(metadata=meta(annotations, **parts), spec=IngressSpec(tls=blocks or (tls(),)))


def a_listener(
    name: str = "https",
    hostname: str | None = "web.example.com",
    *refs: SecretRef,
    protocol: str = "HTTPS",
    mode: str | None = None,
) -> Listener:
    """A listener that ends TLS with the Secret `web-tls`."""
    ended = ListenerTls(mode=mode, certificate_refs=refs or (SecretRef(name="web-tls"),))
    return Listener(name=name, hostname=hostname, port=443, protocol=protocol, tls=ended)


def a_gateway(*listeners: Listener, also: dict[str, str] | None = None, **parts: Any) -> Gateway:
    """An annotated Gateway."""
    return Gateway(
        metadata=meta({names.INGRESS_ISSUER: "acme"} | (also or {}), **parts),
        spec=GatewaySpec(listeners=listeners or (a_listener(),)),
    )


def a_stranger(
    name: str = "web-tls", *, owner: OwnerReference | None = None, **spec: Any
) -> Certificate:
    """A Certificate that no source of ours controls."""
    return Certificate(
        metadata=ObjectMeta(
            name=name,
            namespace="shop",
            uid=f"uid-of-{name}",
            resource_version="3",
            owner_references=(owner,) if owner is not None else (),
        ),
        spec=CertificateSpec(secret_name=name, issuer_ref=IssuerRef(name="other"), **spec),
    )


def an_owner(name: str = "other", kind: str = "Ingress", uid: str = "other-uid") -> OwnerReference:
    """A controlling owner."""
    return OwnerReference(
        api_version="networking.k8s.io/v1", kind=kind, name=name, uid=uid, controller=True
    )


def wishes(source: Object, settings: Settings = SETTINGS, kind: Any = INGRESSES) -> Wishes:
    """What the source asks for; it is clear."""
    reading = read(kind, source, settings)
    assert isinstance(reading, Wishes)
    return reading


def unclear(source: Object, settings: Settings = SETTINGS, kind: Any = INGRESSES) -> Unclear:
    """Why nothing is done for the source."""
    reading = read(kind, source, settings)
    assert isinstance(reading, Unclear)
    return reading
