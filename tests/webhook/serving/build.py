"""An API server with two objects, in memory."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from webhook.errors import ApiError, Conflict, NotFound, Unavailable
from webhook.serving.cluster import Named, configuration_named, secret_named

SECRET = secret_named("cert-manager", "order-webhook-ca")
CONFIGURATION = configuration_named("kubectl-order")
SERVER_NAME = "order-webhook.cert-manager.svc"
NAMES = ("order-webhook", "order-webhook.cert-manager", SERVER_NAME)


async def _at_once() -> None:
    return None


class Plane:
    """Gets, creates, JSON patches with tests, and watches by name. Keeps what it was asked."""

    def __init__(self, pause: Callable[[], Awaitable[None]] = _at_once) -> None:
        self._pause = pause
        self._version = 0
        self._watches: list[tuple[Named, asyncio.Queue[str]]] = []
        self.objects: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.down: ApiError | None = None
        self.changed: Callable[[], None] = lambda: None

    async def get(self, path: str) -> bytes:
        await self._begin("get", path)
        return json.dumps(self._present(path)).encode()

    async def create(self, path: str, body: Mapping[str, Any]) -> bytes:
        await self._begin("create", path)
        named = Named(path, body["metadata"]["name"])
        if named.path in self.objects:
            raise Conflict(409, "AlreadyExists", f"create {path}: it exists")
        self.put(named, deepcopy(dict(body)))
        return b"{}"

    async def patch(self, path: str, patch: Sequence[Mapping[str, Any]]) -> bytes:
        await self._begin("patch", path)
        changed = deepcopy(self._present(path))
        for operation in patch:
            apply(changed, operation)
        collection, _, name = path.rpartition("/")
        self.put(Named(collection, name), changed)
        return b"{}"

    async def watch(self, path: str, *, name: str, timeout: float) -> AsyncGenerator[str, None]:
        await self._begin("watch", path)
        named, queue = Named(path, name), asyncio.Queue[str]()
        if named.path in self.objects:
            queue.put_nowait("ADDED")
        self._watches.append((named, queue))
        try:
            async with asyncio.timeout(timeout):
                while True:
                    yield await queue.get()
        except TimeoutError:
            return
        finally:
            self._watches.remove((named, queue))

    def put(self, named: Named, found: dict[str, Any]) -> None:
        """Write it whole, as somebody else might."""
        self._version += 1
        found["metadata"]["resourceVersion"] = str(self._version)
        self.objects[named.path] = found
        self._tell(named, "MODIFIED")

    def delete(self, named: Named) -> None:
        """Remove it."""
        self._tell(named, "DELETED")
        del self.objects[named.path]
        self.changed()

    def install(self, bundle: bytes | None = None, entries: int = 3) -> None:
        """The webhook configuration; without a bundle as it is shipped."""
        config = {} if bundle is None else {"caBundle": base64.b64encode(bundle).decode()}
        webhooks = [
            {"name": f"e{n}.example.com", "clientConfig": dict(config)} for n in range(entries)
        ]
        self.put(CONFIGURATION, {"metadata": {"name": "kubectl-order"}, "webhooks": webhooks})

    def bundles(self) -> list[bytes]:
        """The caBundle of each entry; empty where there is none."""
        entries = self.objects.get(CONFIGURATION.path, {}).get("webhooks", [])
        return [base64.b64decode(e["clientConfig"].get("caBundle", "")) for e in entries]

    def data(self) -> dict[str, bytes]:
        """The Secret's."""
        found = self.objects[SECRET.path]["data"]
        return {key: base64.b64decode(value) for key, value in found.items()}

    def put_data(self, data: Mapping[str, bytes]) -> None:
        """Give the Secret this data, as somebody else might."""
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        self.put(SECRET, {"metadata": {"name": SECRET.name}, "data": encoded})

    def writes(self) -> list[tuple[str, str]]:
        """Calls that wrote or tried to."""
        return [call for call in self.calls if call[0] in ("create", "patch")]

    async def _begin(self, verb: str, path: str) -> None:
        await self._pause()
        self.calls.append((verb, path))
        if self.down is not None:
            raise self.down

    def _present(self, path: str) -> dict[str, Any]:
        if path not in self.objects:
            raise NotFound(404, "NotFound", f"{path} is not there")
        return self.objects[path]

    def _tell(self, named: Named, kind: str) -> None:
        for watched, queue in self._watches:
            if watched == named:
                queue.put_nowait(kind)
        self.changed()


def apply(found: dict[str, Any], operation: Mapping[str, Any]) -> None:
    """One operation of a JSON patch: test, or add to an object."""
    *steps, last = operation["path"].strip("/").split("/")
    target: Any = found
    for one in steps:
        target = target[int(one)] if isinstance(target, list) else target[one]
    if operation["op"] == "add":
        target[last] = operation["value"]
    elif target.get(last) != operation["value"]:
        raise Conflict(422, "Invalid", "a test failed")


def unreachable() -> ApiError:
    """What a request meets when the API server is away."""
    return Unavailable(0, "Away", "get: no usable answer in time")
