"""Against a real API server: the objects, the patch, the watch, and the rights that are needed."""

import asyncio
import base64
import json
import logging
from contextlib import aclosing
from typing import Any

import pytest

from devcluster.cluster import Cluster
from devcluster.controller import DEPLOY
from devcluster.kubectl import kubectl
from orderapi.names import (
    WEBHOOK_CA_SECRET,
    WEBHOOK_CONFIGURATION,
    WEBHOOK_NAMESPACE,
    WEBHOOK_SERVICE,
)
from tests.webhook.serving.build import SERVER_NAME
from webhook.credentials import Credentials, from_kubeconfig
from webhook.errors import NotFound
from webhook.kube import Kube
from webhook.serving.authority import SETTLE
from webhook.serving.cluster import CONFIGURATIONS, Named, configuration_named, secret_named
from webhook.serving.readiness import Readiness
from webhook.serving.roots import read_bundle
from webhook.serving.server import serve
from webhook.serving.serving import Serving
from webhook.serving.tls import HotContext

NAMESPACE = "serving-live"
NAME = "serving-live"
SECRET = secret_named(NAMESPACE, WEBHOOK_CA_SECRET.replace(WEBHOOK_SERVICE, NAME))
CONFIGURATION = configuration_named(NAME)


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def shipped(entries: int = 2) -> dict[str, Any]:
    """A configuration that no request matches, without caBundle."""
    rule = {"apiGroups": ["none.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": NAME},
        "webhooks": [
            {
                "name": f"w{number}.example.com",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "rules": [rule | {"resources": ["nones"]}],
                "clientConfig": {"service": {"namespace": NAMESPACE, "name": "order-webhook"}},
            }
            for number in range(entries)
        ],
    }


def rights() -> str:
    """Those that are shipped, for other names than a webhook has that runs here beside."""
    shipped = (DEPLOY / "webhook.yaml").read_text()
    for name, other in (
        (f"namespace: {WEBHOOK_NAMESPACE}", f"namespace: {NAMESPACE}"),
        (WEBHOOK_SERVICE, NAME),  # begins the name of the Secret too
        (WEBHOOK_CONFIGURATION, NAME),
    ):
        assert name in shipped
        shipped = shipped.replace(name, other)
    return shipped


async def bundles(kube: Kube) -> set[bytes]:
    found = json.loads(await kube.get(CONFIGURATION.path))
    return {base64.b64decode(e["clientConfig"].get("caBundle", "")) for e in found["webhooks"]}


async def data(kube: Kube) -> dict[str, bytes]:
    found = json.loads(await kube.get(SECRET.path))["data"]
    return {key: base64.b64decode(value) for key, value in found.items()}


async def until(condition: Any, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the API server tells nobody here
            await asyncio.sleep(0.05)


async def test_the_whole_life(devcluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    admin = from_kubeconfig(str(devcluster.kubeconfig))
    kubectl(devcluster.kubeconfig, "create", "namespace", NAMESPACE)
    kubectl(devcluster.kubeconfig, "create", "serviceaccount", NAME, "-n", NAMESPACE)
    token = kubectl(devcluster.kubeconfig, "create", "token", NAME, "-n", NAMESPACE).strip()
    own = Credentials(server=admin.server, ca=admin.ca, token=token)
    async with (
        Kube(admin, user_agent="tests") as kube,
        Kube(own, user_agent="order-webhook") as limited,
    ):
        replicas = [
            Serving(
                limited,
                secret=SECRET,
                configuration=CONFIGURATION,
                names=(SERVER_NAME,),
                context=HotContext(),
                settle=SETTLE / 60,
            )
            for _ in range(3)
        ]
        tasks = [asyncio.create_task(replica.run()) for replica in replicas]
        async with serve(app, "127.0.0.1:0", replicas[0].context) as address:
            ready = Readiness(replicas[0], address, SERVER_NAME, known=0.2)
            await until(lambda: _says(ready, "no certificate yet: get /apis/admissionreg"))
            kubectl(devcluster.kubeconfig, "apply", "--server-side", "-f", "-", stdin=rights())
            await until(lambda: _says(ready, f"the configuration {NAME} is not installed"))
            await kube.create(CONFIGURATIONS, shipped())
            await until(lambda: _is_ready(ready))
            assert await _change(limited, SECRET) == "ADDED"
            assert await _change(limited, CONFIGURATION) == "ADDED"
            first = (await data(kube))["ca.crt"]
            assert await bundles(kube) == {first}

            # Someone applies the manifest again, with another entry.
            kubectl(devcluster.kubeconfig, "replace", "-f", "-", stdin=json.dumps(shipped(3)))
            await until(lambda: _holds(kube, first), 5)

            await until(lambda: _signs(kube, first))
            await kube.patch(SECRET.path, [{"op": "remove", "path": "/data/tls.key"}])
            await until(lambda: _differs(kube, first))
            both = (await data(kube))["ca.crt"]
            assert first in both
            assert len(read_bundle(both)) == 2
            await until(lambda: _holds(kube, both))
            await until(lambda: _signs(kube, both))
            await until(lambda: _is_ready(ready))
        assert not [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    kubectl(devcluster.kubeconfig, "delete", "-f", "-", stdin=json.dumps(shipped()))
    assert "PRIVATE" not in caplog.text
    assert "cannot be used: the key is not readable" in caplog.text


async def _change(kube: Kube, named: Named) -> str:
    """The first thing that a watch tells."""
    async with aclosing(kube.watch(named.collection, name=named.name, timeout=5)) as events:
        return await anext(events)


async def _says(ready: Readiness, text: str) -> bool:
    return text in await ready.trouble()


async def _is_ready(ready: Readiness) -> bool:
    return not await ready.trouble()


async def _holds(kube: Kube, bundle: bytes) -> bool:
    return await bundles(kube) == {bundle}


async def _differs(kube: Kube, bundle: bytes) -> bool:
    return (await data(kube))["ca.crt"] != bundle


async def _signs(kube: Kube, bundle: bytes) -> bool:
    """Whether the newest CA of the bundle has taken over."""
    try:
        return (await data(kube)).get("tls.crt", b"?") == bundle[: bundle.index(b"-----END") + 26]
    except NotFound:
        return False
