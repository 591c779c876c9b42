"""The load's own way to the API server: many objects in little time, as the admin."""

import asyncio
import json
import ssl
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp

from devcluster.servers import ApiServer

Json = dict[str, Any]
PATHS = {
    "v1/Secret": "/api/v1/namespaces/{}/secrets",
    "v1/Namespace": "/api/v1/namespaces",
    "cert-manager.io/v1/Certificate": "/apis/cert-manager.io/v1/namespaces/{}/certificates",
    "cert-manager.io/v1/CertificateRequest": (
        "/apis/cert-manager.io/v1/namespaces/{}/certificaterequests"
    ),
    "acme.cert-manager.io/v1/Order": "/apis/acme.cert-manager.io/v1/namespaces/{}/orders",
    "acme.cert-manager.io/v1/Challenge": "/apis/acme.cert-manager.io/v1/namespaces/{}/challenges",
}
AT_ONCE = 32


class Api:
    """An async context manager around one HTTP session with the admin's client certificate."""

    def __init__(self, server: ApiServer) -> None:
        context = ssl.create_default_context(cafile=str(server.ca))
        context.load_cert_chain(server.admin.certificate, server.admin.key)
        self._url, self._context = server.url, context
        self.ready_so_far = 0

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._context, limit=2 * AT_ONCE)
        self._session = aiohttp.ClientSession(self._url, connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def create(self, objects: Iterable[Json]) -> list[Json]:
        """Create all of them, 32 at a time; a status in an object is written too."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(obj: Json) -> Json:
            async with gate:
                return await self._create(obj)

        return await asyncio.gather(*(one(obj) for obj in objects))

    async def _create(self, obj: Json) -> Json:
        path = PATHS[f"{obj['apiVersion']}/{obj['kind']}"].format(obj["metadata"].get("namespace"))
        async with self._session.post(path, json=obj) as answer:
            created: Json = await answer.json()
            if answer.status != 201:
                raise RuntimeError(f"POST {path}: {answer.status} {created.get('message')}")
        if "status" in obj and obj["kind"] != "Namespace":
            url = f"{path}/{obj['metadata']['name']}/status"
            headers = {"Content-Type": "application/merge-patch+json"}
            body = json.dumps({"status": obj["status"]})
            async with self._session.patch(url, data=body, headers=headers) as answer:
                answer.raise_for_status()
        return created

    async def ready_count(self, namespace: str) -> int:
        """How many Certificates of the namespace are Ready."""
        path = PATHS["cert-manager.io/v1/Certificate"].format(namespace)
        async with self._session.get(path) as answer:
            return sum(map(is_ready, (await answer.json())["items"]))

    async def ready_times(self, namespace: str, count: int, timeout: float) -> dict[str, float]:
        """When (monotonic seconds) each Certificate of the namespace was first seen to be Ready."""
        path = PATHS["cert-manager.io/v1/Certificate"].format(namespace)
        seen: dict[str, float] = {}
        params = {"watch": "1", "timeoutSeconds": str(int(timeout) + 1)}
        patience = aiohttp.ClientTimeout(total=timeout)
        try:
            async with self._session.get(path, params=params, timeout=patience) as answer:
                async for line in answer.content:
                    event = json.loads(line)
                    if is_ready(event["object"]):
                        seen.setdefault(event["object"]["metadata"]["name"], time.monotonic())
                    if len(seen) == count:
                        break
        except TimeoutError:
            pass
        return seen


def is_ready(certificate: Json) -> bool:
    """Whether its Ready condition is True."""
    conditions: Sequence[Json] = certificate.get("status", {}).get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
