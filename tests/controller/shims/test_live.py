"""The shims against a real API server, under the rights of the controller's own ServiceAccount."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from controller.gatewayapi import GATEWAY
from controller.networking import (
    INGRESS,
    Ingress,
    IngressTls,
)
from controller.settings import Settings
from devcluster import controller, gatewayapi
from devcluster.cluster import Cluster
from orderapi import names
from orderapi.certificate import Certificate, CertificateSpec
from orderapi.meta import ObjectMeta
from orderapi.references import IssuerRef
from orderapi.resources import CERTIFICATE
from tests.controller.shims.build import a_gateway, a_listener
from tests.controller.shims.live import Live, running, until

SETTINGS = Settings(auto_certificate_annotations=("auto.example/tls",), default_issuer_name="usual")
RULE = {
    "host": "a.example",
    "http": {
        "paths": [
            {
                "path": "/",
                "pathType": "Prefix",
                "backend": {"service": {"name": "web", "port": {"number": 80}}},
            }
        ]
    },
}


@pytest.fixture(scope="module")
def plane(devcluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[Cluster, Path]:
    """The control plane with our kinds and those of the Gateway API; the controller's rights."""
    controller.install(devcluster.kubeconfig)
    gatewayapi.install(devcluster.kubeconfig)
    return devcluster, controller.token_kubeconfig(devcluster, tmp_path_factory.mktemp("token"))


@pytest.fixture
async def live(plane: tuple[Cluster, Path]) -> AsyncIterator[Live]:
    cluster, rights = plane
    async with running(cluster.kubeconfig, rights, SETTINGS) as started:
        yield started


def a_tls(name: str, *hosts: str) -> IngressTls:
    return IngressTls(hosts=hosts, secret_name=name)


async def make(live: Live, *blocks: IngressTls, **annotations: str) -> Ingress:
    """An annotated Ingress `web`."""
    given = annotations or {names.INGRESS_ISSUER: "acme"}
    meta = ObjectMeta(name="web", namespace=live.namespace, annotations=given)
    ingress = Ingress(metadata=meta)
    spec = msgspec.structs.replace(ingress.spec, tls=blocks, rules=(RULE,))
    return await live.kube.create(INGRESS, msgspec.structs.replace(ingress, spec=spec))


async def change(live: Live, **patch: Any) -> None:
    await live.kube.patch(INGRESS, live.namespace, "web", patch)


async def test_created_and_changed_and_an_edit_undone(live: Live) -> None:
    await make(live, a_tls("web-tls", "a.example"))
    made = await live.certificate("web-tls", lambda found: True)
    assert made.spec.dns_names == ("a.example",)
    assert made.spec.issuer_ref == IssuerRef(name="acme", kind="Issuer", group="cert-manager.io")
    await change(
        live, spec={"tls": [{"hosts": ["a.example", "b.example"], "secretName": "web-tls"}]}
    )
    await live.certificate(
        "web-tls", lambda found: found.spec.dns_names == ("a.example", "b.example")
    )
    annotations = {
        names.USAGES: "server auth",
        names.DURATION: "24h",
        names.SECRET_TEMPLATE: '{"labels": {"a": "b"}}',
        names.HTTP01_EDIT_IN_PLACE: "true",
    }
    await change(live, metadata={"annotations": annotations})
    changed = await live.certificate("web-tls", lambda found: found.spec.duration == "24h0m0s")
    assert changed.spec.usages == ("server auth",)
    assert changed.spec.secret_template is not None
    assert changed.metadata.annotations[names.HTTP01_OVERRIDE_INGRESS_NAME] == "web"
    await change(live, metadata={"annotations": dict.fromkeys(annotations)})
    cleared = await live.certificate("web-tls", lambda found: found.spec.duration is None)
    assert cleared.spec.secret_template is None
    assert cleared.metadata.annotations == {}
    edit = {"spec": {"dnsNames": ["evil.example"], "isCA": False}}
    await live.kube.patch(CERTIFICATE, live.namespace, "web-tls", edit)
    undone = await live.certificate(
        "web-tls", lambda found: found.spec.dns_names == ("a.example", "b.example")
    )
    assert undone.spec.is_ca is False
    await asyncio.sleep(0.5)
    assert live.writes() == 5
    told = [event.message for event in await live.events(names.EVENT_CREATE_CERTIFICATE)]
    assert told == ['Successfully created Certificate "web-tls"']


async def test_a_removed_block_takes_its_certificate_along(live: Live) -> None:
    await make(live, a_tls("a", "a.example"), a_tls("b", "b.example"))
    await live.certificate("b", lambda found: True)
    await change(live, spec={"tls": [{"hosts": ["a.example"], "secretName": "a"}]})

    async def gone() -> bool | None:
        return set(await live.certificates()) == {"a"} or None

    assert await until(gone)


async def test_a_strangers_certificate_is_left_and_told_once(live: Live) -> None:
    meta = ObjectMeta(name="web-tls", namespace=live.namespace)
    spec = CertificateSpec(
        secret_name="web-tls", issuer_ref=IssuerRef(name="other"), dns_names=("old.example",)
    )
    stranger = await live.kube.create(CERTIFICATE, Certificate(metadata=meta, spec=spec))
    await make(live, a_tls("web-tls", "a.example"), a_tls("b", "b.example"))
    await live.certificate("b", lambda found: True)

    async def told() -> list[Any] | None:
        return await live.events(names.EVENT_BAD_CONFIG) or None

    (event,) = await until(told)
    assert event.type == "Warning"
    assert event.message.startswith('Certificate "web-tls" is left as it is: nothing controls it')
    assert (await live.certificates())["web-tls"].metadata == stranger.metadata
    await live.kube.delete(CERTIFICATE, live.namespace, "web-tls")
    made = await live.certificate("web-tls", lambda found: found.spec.issuer_ref.name == "acme")
    assert made.metadata.owner_references[0].kind == "Ingress"


async def test_a_bad_annotation_is_told_and_its_correction_heard(live: Live) -> None:
    await make(
        live,
        a_tls("web-tls", "a.example"),
        **{"auto.example/tls": "true", names.DURATION: "30m"},
    )

    async def told() -> list[Any] | None:
        return await live.events(names.EVENT_BAD_CONFIG) or None

    (event,) = await until(told)
    assert f'{names.DURATION}: "30m" is less than 1h0m0s' in event.message
    assert await live.certificates() == {}
    await change(live, metadata={"annotations": {names.DURATION: "90m"}})
    made = await live.certificate("web-tls", lambda found: True)
    assert made.spec.duration == "1h30m0s"
    assert made.spec.issuer_ref.name == "usual"


async def test_a_deleted_ingress_takes_its_certificates_along(live: Live) -> None:
    await make(live, a_tls("web-tls", "a.example"))
    await live.certificate("web-tls", lambda found: True)
    await live.kube.delete(INGRESS, live.namespace, "web")

    async def gone() -> bool | None:
        return await live.certificates() == {} or None

    assert await until(gone, 30)


async def test_a_gateway_gets_its_certificates(live: Live) -> None:
    gateway = a_gateway(a_listener(), a_listener("bad", None))
    meta = ObjectMeta(
        name="web", namespace=live.namespace, annotations={names.INGRESS_ISSUER: "acme"}
    )
    listeners = tuple(
        msgspec.structs.replace(listener, port=port)
        for port, listener in enumerate(gateway.spec.listeners, start=8443)
    )
    spec = msgspec.structs.replace(gateway.spec, gateway_class_name="any", listeners=listeners)
    await live.kube.create(GATEWAY, GATEWAY.type(metadata=meta, spec=spec))
    made = await live.certificate("web-tls", lambda found: True)
    assert made.metadata.owner_references[0].kind == "Gateway"
    assert made.metadata.annotations == {
        names.HTTP01_PARENT_REF_KIND: "Gateway",
        names.HTTP01_PARENT_REF_NAME: "web",
    }

    async def told() -> list[Any] | None:
        return await live.events(names.EVENT_BAD_CONFIG) or None

    (event,) = await until(told)
    assert event.message == ('Skipped a listener block: spec.listeners[1] ("bad") has no hostname')
