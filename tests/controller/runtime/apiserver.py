"""A small API server on loopback: resource versions, conflicts, watches, 410, pages, 429.

What it does not do: schemas, defaults, admission, RBAC, field managers, garbage collection, label
selectors beyond `key=value`, field selectors beyond `metadata.name`. Those are the real control
plane's.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from controller.runtime.credentials import Credentials
from tests.controller.runtime.patching import merged

Json = dict[str, Any]

_PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>v[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/))?/(?P<plural>[^/]+)"
    r"(?:/(?P<name>[^/]+))?(?:/(?P<subresource>status))?$"
)
_KINDS = {
    "secrets": "Secret",
    "leases": "Lease",
    "events": "Event",
    "orders": "Order",
    "namespaces": "Namespace",
}


class Refusal(Exception):
    """An answer that is not 2xx."""

    def __init__(self, code: int, reason: str, message: str = "", **details: Any) -> None:
        super().__init__(reason)
        self.code = code
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": code,
            "reason": reason,
            "message": message or reason,
            "details": details,
        }


@dataclass
class Fault:
    """What happens to the next request whose `verb resource` begins with `match`."""

    match: str
    code: int = 0
    reason: str = ""
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    details: Json = field(default_factory=dict)
    hang: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    verb: str
    resource: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class _Change:
    version: int
    type: str
    plural: str
    obj: Json


class ApiServer:
    """Its objects by (plural, namespace, name), and every request it got."""

    def __init__(self) -> None:
        self.url = ""
        self.version = 100
        self.oldest = 0
        self.objects: dict[tuple[str, str, str], Json] = {}
        self.seen: list[Seen] = []
        self.faults: deque[Fault] = deque()
        self.token = ""
        self._changes: list[_Change] = []
        self._changed = asyncio.Condition()
        self._watchers: set[web.StreamResponse] = set()

    @property
    def credentials(self) -> Credentials:
        """How to reach it."""
        return Credentials(server=self.url)

    def asked(self, verb: str, resource: str = "") -> list[Seen]:
        """The requests with this verb."""
        return [s for s in self.seen if s.verb == verb and resource in ("", s.resource)]

    def put(self, plural: str, namespace: str, name: str, **parts: Any) -> Json:
        """Create or change an object behind everybody's back."""
        old = self.objects.get((plural, namespace, name))
        meta = dict(old["metadata"]) if old else self._fresh(namespace, name)
        meta |= parts.pop("metadata", {})
        obj = (old or {}) | {"kind": _KINDS[plural]} | parts | {"metadata": meta}
        return self._store("MODIFIED" if old else "ADDED", plural, obj)

    def remove(self, plural: str, namespace: str, name: str) -> None:
        """Delete an object behind everybody's back."""
        self._store("DELETED", plural, self.objects[plural, namespace, name])

    def forget_history(self) -> None:
        """Versions up to now are too old to go on from."""
        self.oldest = self.version

    async def bookmark(self) -> None:
        """Tell every watch how far time has come, as `metadata.resourceVersion` alone."""
        obj = {"metadata": {"resourceVersion": str(self.version)}, "spec": {}}
        await self.say({"type": "BOOKMARK", "object": obj})

    async def say(self, line: Json | bytes) -> None:
        """Write one line on every watch."""
        data = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
        for watcher in list(self._watchers):
            await watcher.write(data)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request."""
        found = _PATH.fullmatch(request.path)
        if found is None:
            return web.json_response(Refusal(404, "NotFound").status, status=404)
        parts = {name: value or "" for name, value in found.groupdict().items()}
        verb = _verb(request, parts["name"])
        text = await request.text()
        self.seen.append(
            Seen(
                verb,
                parts["plural"],
                request.path,
                dict(request.query),
                dict(request.headers),
                json.loads(text) if text else None,
            )
        )
        try:
            fault = await self._fault(request, f"{verb} {parts['plural']}")
            if fault is not None:
                return fault
            self._authorize(request)
            if verb == "watch":
                return await self._watch(request, parts)
            answer = self._answer(verb, request, parts, self.seen[-1].body)
        except Refusal as refusal:
            return web.json_response(refusal.status, status=refusal.code)
        async with self._changed:
            self._changed.notify_all()
        return web.json_response(answer, status=201 if verb == "create" else 200)

    def _authorize(self, request: web.Request) -> None:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, "Unauthorized")

    async def _fault(self, request: web.Request, asked: str) -> web.Response | None:
        for fault in list(self.faults):
            if asked.startswith(fault.match):
                self.faults.remove(fault)
                break
        else:
            return None
        if fault.hang:
            await asyncio.sleep(3600)
        if fault.cut and request.transport is not None:
            request.transport.close()
        if fault.body is not None:
            return web.Response(status=fault.code, body=fault.body, headers=fault.headers)
        status = Refusal(fault.code, fault.reason, **fault.details).status
        return web.json_response(status, status=fault.code, headers=fault.headers)

    def _answer(self, verb: str, request: web.Request, parts: dict[str, str], body: Any) -> Json:
        match verb:
            case "list":
                return self._list(request, parts)
            case "create":
                return self._create(parts, body)
        key = (parts["plural"], parts["namespace"], parts["name"])
        old = self.objects.get(key)
        if old is None and verb == "patch" and "apply" in request.content_type:
            return self._create(parts, body)
        if old is None:
            raise Refusal(404, "NotFound", f'{parts["plural"]} "{parts["name"]}" not found')
        if verb == "patch":
            return self._patch(parts, old, body)
        if verb == "delete":
            return self._delete(parts["plural"], old, body or {})
        return old

    def _list(self, request: web.Request, parts: dict[str, str]) -> Json:
        chosen = _chosen(request, parts)
        items = [obj for key, obj in sorted(self.objects.items()) if chosen(key[0], obj)]
        start = int(request.query.get("continue", "0"))
        end = start + int(request.query.get("limit", "500"))
        meta = {"resourceVersion": str(self.version)}
        if end < len(items):
            meta["continue"] = str(end)
        return {"kind": "List", "metadata": meta, "items": items[start:end]}

    def _create(self, parts: dict[str, str], body: Json) -> Json:
        name = body["metadata"]["name"]
        if (parts["plural"], parts["namespace"], name) in self.objects:
            raise Refusal(409, "AlreadyExists", f'"{name}" already exists')
        meta = self._fresh(parts["namespace"], name) | body["metadata"]
        return self._store("ADDED", parts["plural"], body | {"metadata": meta})

    def _patch(self, parts: dict[str, str], old: Json, body: Any) -> Json:
        _guard(old["metadata"], body.get("metadata", {}))
        new = merged(old, {"status": body["status"]} if parts["subresource"] else body)
        if new == old:
            return old
        meta = new["metadata"]
        gone = meta.get("deletionTimestamp") and not meta.get("finalizers")
        return self._store("DELETED" if gone else "MODIFIED", parts["plural"], new)

    def _delete(self, plural: str, old: Json, options: Json) -> Json:
        meta = old["metadata"]
        if options.get("preconditions", {}).get("uid", meta["uid"]) != meta["uid"]:
            raise Refusal(409, "Conflict", "the uid in the precondition does not match")
        if meta.get("finalizers"):
            new = merged(old, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
            return self._store("MODIFIED", plural, new)
        self._store("DELETED", plural, old)
        return {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    async def _watch(self, request: web.Request, parts: dict[str, str]) -> web.StreamResponse:
        asked = int(request.query["resourceVersion"])
        if asked < self.oldest:
            raise Refusal(410, "Expired", "too old resource version")
        chosen = _chosen(request, parts)
        response = web.StreamResponse()
        await response.prepare(request)
        self._watchers.add(response)
        try:
            async with asyncio.timeout(float(request.query["timeoutSeconds"])):
                await self._pour(response, chosen, asked)
        except TimeoutError:
            await response.write_eof()
        finally:
            self._watchers.discard(response)
        return response

    async def _pour(
        self, response: web.StreamResponse, chosen: Callable[[str, Json], bool], version: int
    ) -> None:
        while True:
            news = [change for change in self._changes if change.version > version]
            version = self.version
            for change in news:
                if chosen(change.plural, change.obj):
                    line = {"type": change.type, "object": change.obj}
                    await response.write(json.dumps(line).encode() + b"\n")
            async with self._changed:
                seen = version
                await self._changed.wait_for(lambda: self.version > seen)  # noqa: B023  awaited here

    def _fresh(self, namespace: str, name: str) -> Json:
        meta = {"name": name, "uid": f"uid-{self.version + 1}"}
        return meta | ({"namespace": namespace} if namespace else {})

    def _store(self, kind: str, plural: str, obj: Json) -> Json:
        self.version += 1
        obj = obj | {"metadata": obj["metadata"] | {"resourceVersion": str(self.version)}}
        key = (plural, obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
        if kind == "DELETED":
            self.objects.pop(key, None)
        else:
            self.objects[key] = obj
        self._changes.append(_Change(self.version, kind, plural, obj))
        return obj

    async def settle(self) -> None:
        """Let the watches see what `put` and `remove` did."""
        async with self._changed:
            self._changed.notify_all()


def _guard(old: Json, new: Json) -> None:
    if new.get("resourceVersion", old["resourceVersion"]) != old["resourceVersion"]:
        raise Refusal(409, "Conflict", "the object has been modified")
    if new.get("uid", old["uid"]) != old["uid"]:
        causes = [{"reason": "FieldValueInvalid", "field": "metadata.uid"}]
        raise Refusal(422, "Invalid", "metadata.uid: field is immutable", causes=causes)


def _verb(request: web.Request, name: str) -> str:
    if request.method == "GET":
        return "watch" if "watch" in request.query else "get" if name else "list"
    return {"POST": "create", "PATCH": "patch", "DELETE": "delete"}[request.method]


def _chosen(request: web.Request, parts: dict[str, str]) -> Callable[[str, Json], bool]:
    labels = dict(
        pair.split("=") for pair in request.query.get("labelSelector", "").split(",") if pair
    )
    name = request.query.get("fieldSelector", "").removeprefix("metadata.name=")

    def chosen(plural: str, obj: Json) -> bool:
        meta = obj["metadata"]
        return (
            plural == parts["plural"]
            and parts["namespace"] in ("", meta.get("namespace", ""))
            and name in ("", meta["name"])
            and labels.items() <= meta.get("labels", {}).items()
        )

    return chosen


@asynccontextmanager
async def running() -> AsyncIterator[ApiServer]:
    """A server on a free port of loopback."""
    server = ApiServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()
