"""A small API server on loopback that serves the objects it is given, at a time that stands still.

It is for what the plugin prints and in which order it asks; what a real API server does is tested
against one. Objects may be put, taken and forbidden while it runs; watches are told of it.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from kubectl_order.reading.kinds import place
from orderapi.meta import Object, owner_reference
from orderapi.resources import Resource
from tests.kubectl_order import build

Json = dict[str, Any]


@dataclass
class Recorded:
    """What is served. `asked` are the requests so far: method and target."""

    now: datetime = build.NOW
    objects: dict[str, Json] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    down: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    written: list[Json] = field(default_factory=list)
    url: str = ""
    _changes: list[tuple[str, str, Json]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, resource: Resource[Any], *objects: Object, owner: Object | None = None) -> None:
        """Serve these, in place of those of the same name; `owner` owns them."""
        for obj in objects:
            meta = obj.metadata
            owners = (owner_reference(owner, owner),) if owner is not None else ()
            meta = msgspec.structs.replace(
                meta, resource_version=str(self._version + 1), owner_references=owners
            )
            content = resource.typed(msgspec.structs.replace(obj, metadata=meta))
            path = place(resource, meta.namespace, meta.name)
            kind = "MODIFIED" if path in self.objects else "ADDED"
            self._tell(kind, path, msgspec.to_builtins(content))

    def take(self, resource: Resource[Any], name: str, namespace: str = build.NAMESPACE) -> None:
        """Serve it no more."""
        path = place(resource, namespace, name)
        self._tell("DELETED", path, self.objects[path])

    def kubeconfig(self, folder: Path, namespace: str = build.NAMESPACE) -> Path:
        """A kubeconfig for this server."""
        context = {"cluster": "here", "user": "me", "namespace": namespace}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": {"server": self.url}}],
            "users": [{"name": "me", "user": {}}],
            "contexts": [{"name": "here", "context": context}],
            "current-context": "here",
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(content))
        return path

    @property
    def _version(self) -> int:
        return len(self._changes)

    def _is_after(self, version: int) -> bool:
        return self._version > version

    def _tell(self, kind: str, path: str, content: Json) -> None:
        with self._changed:
            self._changes.append((kind, path, content))
            if kind == "DELETED":
                del self.objects[path]
            else:
                self.objects[path] = content
            self._changed.notify_all()

    def changes(self, path: str, since: int, seconds: float) -> Iterator[tuple[str, Json]]:
        """What is put and taken below a path after that version, until nothing is for a while."""
        while True:
            with self._changed:
                if not self._changed.wait_for(partial(self._is_after, since), seconds):
                    return
                kind, at, content = self._changes[since]
                since += 1
            if _is_below(at, path):
                yield kind, content


class _Place(NamedTuple):
    """What a path means; the name is empty for a list, the namespace for one of all."""

    root: str
    namespace: str
    plural: str
    name: str


def _place(path: str) -> _Place:
    parts = path.split("/")
    at = 3 if parts[1] == "api" else 4
    root, rest = "/".join(parts[:at]), parts[at:]
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        return _Place(root, rest[1], rest[2], "/".join(rest[3:]))
    return _Place(root, "", "/".join(rest[:1]), "/".join(rest[1:]))


def _is_below(path: str, where: str) -> bool:
    """Whether an object's path is in the list at `where`, of one namespace or of all."""
    one, listed = _place(path), _place(where)
    same = (one.root, one.plural) == (listed.root, listed.plural)
    return same and listed.namespace in ("", one.namespace)


@contextmanager
def serving(recorded: Recorded) -> Iterator[Recorded]:
    """Serve it until the end."""

    class Handler(_Handler):
        served = recorded

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    recorded.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield recorded
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: Recorded
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.served.now.astimezone(UTC), usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if self._refused(url.path):
            return
        if query.get("watch") in ("1", "true"):
            self._stream(url.path, query)
            return
        found = self.served.objects.get(url.path)
        if found is not None:
            self._answer(200, self._shown(found))
        elif _place(url.path).plural and not _place(url.path).name:
            self._answer(200, self._list(url.path, query))
        else:
            name = url.path.rpartition("/")[2]
            self._status(404, "NotFound", f'"{name}" not found')

    def do_PATCH(self) -> None:
        path, _, subresource = urlsplit(self.path).path.rpartition("/")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._refused(urlsplit(self.path).path):
            return
        old = self.served.objects[path]
        assert subresource == "status"
        new = old | {"status": old.get("status", {}) | body["status"]}
        if "dryRun" not in self.path:
            self.served.written.append(body)
            self.served.objects[path] = new
        self._answer(200, new)

    def _refused(self, path: str) -> bool:
        self.served.asked.append((self.command, self.path))
        if self.served.down:
            self._status(503, "ServiceUnavailable", "the server is going down")
            return True
        verb, parts = self.command.lower(), path.split("/")
        what = "certificates/status" if verb == "patch" else ""
        what = what or next((part for part in parts if part in self.served.forbidden), "")
        if what in self.served.forbidden:
            told = f'User "me" cannot {verb} resource "{what}" in API group ""'
            self._status(403, "Forbidden", f"{what} is forbidden: {told}")
            return True
        return False

    def _list(self, path: str, query: Mapping[str, str]) -> Json:
        items = [
            self._shown(content)
            for at, content in sorted(self.served.objects.items())
            if _is_below(at, path) and _is_selected(content, query)
        ]
        version = str(self.served._version)
        return {"kind": "List", "metadata": {"resourceVersion": version}, "items": items}

    def _shown(self, content: Json) -> Json:
        if "PartialObjectMetadata" in self.headers.get("Accept", ""):
            return {key: content[key] for key in ("apiVersion", "kind", "metadata")}
        return content

    def _stream(self, path: str, query: Mapping[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        since = int(query.get("resourceVersion") or self.served._version)
        seconds = float(query["timeoutSeconds"])
        try:
            for kind, content in self.served.changes(path, since, seconds):
                line = {"type": kind, "object": content}
                self.wfile.write(json.dumps(line).encode() + b"\n")
                self.wfile.flush()
        except OSError:
            return

    def _status(self, code: int, reason: str, message: str) -> None:
        content = {"kind": "Status", "code": code, "reason": reason, "message": message}
        self._answer(code, content)

    def _answer(self, code: int, content: Json) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _is_selected(content: Json, query: Mapping[str, str]) -> bool:
    labels: Sequence[str] = [part for part in query.get("labelSelector", "").split(",") if part]
    has = content["metadata"].get("labels", {})
    if any(has.get(part.partition("=")[0]) != part.partition("=")[2] for part in labels):
        return False
    for part in filter(None, query.get("fieldSelector", "").split(",")):
        name, _, value = part.partition("=")
        found: Any = content
        for step in name.split("."):
            found = found.get(step, "") if isinstance(found, dict) else ""
        if found != value:
            return False
    return True
