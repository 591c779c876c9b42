"""The API server over connections that stay open, as whichever user: kubectl would take a process
each time."""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from devcluster.cluster import Cluster
from orderapi.names import CONTROLLER_USER
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ORDER

Json: TypeAlias = dict[str, Any]

Query: TypeAlias = Mapping[str, str]

Asked = TypeVar("Asked")
Found = TypeVar("Found")

NO: Final[Query] = {}
DRY: Final[Query] = {"dryRun": "All"}

AT_ONCE: Final = 4
IDLE: Final = 30.0
"""Seconds after which a connection is opened anew: the server ends those that nobody uses."""

EDITORS: Final = "admission-editors"
"""A group that may do everything with our objects in every namespace, but approve."""


@dataclass(frozen=True)
class Who:
    """A user to act as."""

    name: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def headers(self) -> list[tuple[str, str]]:
        """The headers of a request as that user; none for the admin."""
        if not self.name:
            return []
        lines = [("Impersonate-User", self.name)]
        lines += [("Impersonate-Group", group) for group in self.groups]
        lines += [("Impersonate-Uid", self.uid)] if self.uid else []
        for key, values in self.extra.items():
            lines += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for value in values]
        return lines


ADMIN: Final = Who()
TENANT: Final = Who("tenant", (EDITORS, "system:authenticated"))
CONTROLLER: Final = Who(
    CONTROLLER_USER, (EDITORS, "system:serviceaccounts", "system:authenticated")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server answered."""

    status: int
    body: Json

    @property
    def passed(self) -> bool:
        """Whether it did what was asked."""
        return self.status < 300

    @property
    def message(self) -> str:
        """Why it did not."""
        return str(self.body.get("message", ""))

    def result(self) -> Json:
        """The object; AssertionError with the message where there is none."""
        assert self.passed, self.message
        return self.body


class Api:
    """The admin, who may act as others. Each thread that asks has a connection of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self._tls = ssl.create_default_context(cafile=str(cluster.api.ca))
        self._tls.load_cert_chain(cluster.api.admin.certificate, cluster.api.admin.key)
        self._address = urlsplit(cluster.api.url)
        self._own = threading.local()
        self._opened: list[http.client.HTTPSConnection] = []
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def close(self) -> None:
        """End every connection."""
        self._pool.shutdown()
        for connection in self._opened:
            connection.close()

    def each(self, ask: Callable[[Asked], Found], about: Iterable[Asked]) -> list[Found]:
        """What comes of each, in their order; several are asked at once."""
        return list(self._pool.map(ask, about))

    def _connection(self) -> http.client.HTTPSConnection:
        found: http.client.HTTPSConnection | None = getattr(self._own, "connection", None)
        if found is None:
            host, port = str(self._address.hostname), self._address.port
            found = http.client.HTTPSConnection(host, port, context=self._tls, timeout=60)
            self._own.connection = found
            self._opened.append(found)
        elif time.monotonic() - self._own.used > IDLE:
            found.close()  # the next request opens it
        self._own.used = time.monotonic()
        return found

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        who: Who = ADMIN,
        content: str = "application/json",
        query: Query = NO,
    ) -> Answer:
        """One request; the answer, whatever its status."""
        connection = self._connection()
        connection.putrequest(method, f"{path}?{urlencode(query)}")
        data = b"" if body is None else json.dumps(body).encode()
        for name, value in (
            ("Content-Type", content),
            ("Content-Length", str(len(data))),
            *who.headers(),
        ):
            connection.putheader(name, value)
        connection.endheaders(data)
        answer = connection.getresponse()
        text = answer.read()
        found = json.loads(text) if text.startswith(b"{") else {"message": text.decode()}
        return Answer(answer.status, found)

    def create(self, obj: Json, who: Who = ADMIN, query: Query = NO) -> Answer:
        """Create one of our objects."""
        return self.call("POST", collection(obj), obj, who=who, query=query)

    def replace(
        self, obj: Json, who: Who = ADMIN, subresource: str = "", query: Query = NO
    ) -> Answer:
        """Replace one of our objects, or its status."""
        return self.call("PUT", location(obj, subresource), obj, who=who, query=query)

    def read(self, obj: Json) -> Answer:
        """One of our objects as it is now."""
        return self.call("GET", location(obj))

    def delete(self, obj: Json, query: Query = NO) -> Answer:
        """Delete one of our objects."""
        return self.call("DELETE", location(obj), query=query)

    def apply(self, path: str, obj: Mapping[str, Any]) -> Answer:
        """Server-side apply of anything."""
        return self.call(
            "PATCH",
            path,
            obj,
            content="application/apply-patch+yaml",
            query={"fieldManager": "tests", "force": "true"},
        )


PLURALS: Final = {
    resource.kind: resource.plural
    for resource in (CERTIFICATE, CERTIFICATE_REQUEST, ORDER, CHALLENGE)
}


def collection(obj: Json) -> str:
    """The path of the objects of that kind and namespace."""
    namespace = obj["metadata"]["namespace"]
    return f"/apis/{obj['apiVersion']}/namespaces/{namespace}/{PLURALS[obj['kind']]}"


def location(obj: Json, subresource: str = "") -> str:
    """The path of the object, or of a subresource of it."""
    whole = f"{collection(obj)}/{obj['metadata']['name']}"
    return f"{whole}/{subresource}" if subresource else whole


def users() -> Sequence[tuple[str, Json]]:
    """The role and binding of EDITORS, with their paths."""
    name = {"metadata": {"name": EDITORS}}
    rules = [
        {
            "apiGroups": ["cert-manager.io", "acme.cert-manager.io"],
            "resources": [
                *(f"{plural}{part}" for plural in PLURALS.values() for part in ("", "/status"))
            ],
            "verbs": ["*"],
        },
        {
            "apiGroups": ["cert-manager.io", "acme.cert-manager.io"],
            "resources": [f"{plural}/finalizers" for plural in PLURALS.values()],
            "verbs": ["update"],
        },
    ]
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    role = {**rbac, "kind": "ClusterRole", **name, "rules": rules}
    binding = {
        **rbac,
        "kind": "ClusterRoleBinding",
        **name,
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": EDITORS,
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": EDITORS}],
    }
    path = "/apis/rbac.authorization.k8s.io/v1"
    return [
        (f"{path}/clusterroles/{EDITORS}", role),
        (f"{path}/clusterrolebindings/{EDITORS}", binding),
    ]
