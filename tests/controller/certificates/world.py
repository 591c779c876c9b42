"""A small API server in memory, and a whole room on top of it, for laws that need hundreds of runs.

It keeps versions, uids, label watches, guards, generations and owner references, and can die right
after any write. What it lacks: admission, schemas and pruning, field managers (an apply replaces
what it names and keeps the rest), garbage collection, and being asked by anybody else.
What only the real one can show is tested against that one.
"""

from collections.abc import Coroutine, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

from controller.certificates.damping import Memory
from controller.certificates.decide import decide
from controller.certificates.indexes import CERTIFICATE_INDEXES, ISSUER_INDEXES
from controller.certificates.observe import Observer
from controller.certificates.observed import Wishes
from controller.certificates.perform import Performer
from controller.cluster import Cluster
from controller.runtime.cache import Cache
from controller.runtime.errors import AlreadyExists, ApiError, Conflict, Invalid, NotFound
from controller.runtime.kube import Kube
from controller.runtime.named import NamedWatches
from controller.runtime.objects import SECRET, Secret
from controller.runtime.recorder import EventType, Recorder
from controller.runtime.schedule import Again, At, Key, Now, key_of
from controller.runtime.steps import walk
from controller.secretnote import note
from orderapi.certificate import Certificate
from orderapi.meta import Object, controller_of
from orderapi.names import WATCHED_SECRET
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, ISSUER, Resource

T = TypeVar("T", bound=Object)
R = TypeVar("R")


class Killed(BaseException):
    """The process died: what it wrote last is written, and nobody heard the answer."""


class Call(NamedTuple):
    """One request to the API server."""

    verb: str
    kind: str
    name: str


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


class ApiServer(Kube):
    """The objects, the log of calls, and a fuse: after `fuse` more writes the caller dies."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.fuse: int | None = None
        self.refusals: dict[tuple[str, str], ApiError] = {}
        """(verb, kind): the answer to such calls, until somebody takes it away."""
        self._objects: dict[str, dict[Key, Any]] = {}
        self._version = 100
        self._born = 0

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.verb != "get"]

    def all(self, resource: Resource[T]) -> list[T]:
        return list(self._of(resource).values())

    def put(self, resource: Resource[T], obj: T) -> T:
        """What somebody else creates or changes; no call of ours."""
        old = self._of(resource).get(key_of(obj))
        changed = old is None or getattr(old, "spec", None) != getattr(obj, "spec", None)
        return self._store(resource, obj, old, generation=changed)

    async def get(self, resource: Resource[T], namespace: str, name: str) -> T:
        self.calls.append(Call("get", resource.kind, name))
        return self._found(resource, namespace, name)

    async def create(self, resource: Resource[T], obj: T) -> T:
        self._called("create", resource, obj.metadata.name)
        if key_of(obj) in self._of(resource):
            raise AlreadyExists(409, "AlreadyExists", obj.metadata.name)
        return self._done(self._store(resource, obj, None, generation=True))

    async def patch(
        self,
        resource: Resource[T],
        namespace: str,
        name: str,
        patch: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> T:
        self._called("patch", resource, name)
        old = self._found(resource, namespace, name)
        guard = patch.get("metadata", {})
        if (
            guard.get("resourceVersion", old.metadata.resource_version)
            != (old.metadata.resource_version)
            or guard.get("uid", old.metadata.uid) != old.metadata.uid
        ):
            raise Conflict(409, "Conflict", name)
        wire = msgspec.to_builtins(old)
        wire["status"] = _merged(wire.get("status", {}), patch.get("status", {}))
        return self._done(
            self._store(resource, msgspec.convert(wire, resource.type), old, generation=False)
        )

    async def apply(
        self,
        resource: Resource[T],
        obj: Mapping[str, Any],
        *,
        manager: str,
        force: bool = True,
        subresource: str = "",
    ) -> T:
        new = msgspec.convert(obj, Secret)
        self._called("apply", resource, new.metadata.name)
        old: Any = self._of(resource).get(key_of(new))
        if old is not None:
            if old.type != new.type:
                raise Invalid(422, "Invalid", "type: field is immutable")
            if new.metadata.uid not in ("", old.metadata.uid):
                raise Conflict(409, "Conflict", new.metadata.name)
            meta = msgspec.structs.replace(
                old.metadata,
                labels=old.metadata.labels | new.metadata.labels,
                annotations=old.metadata.annotations | new.metadata.annotations,
                owner_references=new.metadata.owner_references or old.metadata.owner_references,
            )
            new = msgspec.structs.replace(new, metadata=meta, data=old.data | new.data)
        stored: Any = self._store(resource, new, old, generation=False)
        found: T = self._done(stored)
        return found

    async def delete(
        self,
        resource: Resource[T],
        namespace: str,
        name: str,
        *,
        uid: str = "",
        propagation: Literal["Background", "Foreground", "Orphan"] = "Background",
    ) -> T | None:
        self._called("delete", resource, name)
        old = self._found(resource, namespace, name)
        if uid and old.metadata.uid != uid:
            raise Conflict(409, "Conflict", name)
        if old.metadata.finalizers:
            meta = msgspec.structs.replace(old.metadata, deletion_timestamp=self.clock.now())
            dying = msgspec.structs.replace(old, metadata=meta)
            return self._done(self._store(resource, dying, old, generation=False))
        self.remove(resource, old)
        self._done(old)
        return None

    def remove(self, resource: Resource[T], obj: T) -> None:
        """What somebody else deletes."""
        del self._of(resource)[key_of(obj)]

    def _of(self, resource: Resource[T]) -> dict[Key, T]:
        return self._objects.setdefault(resource.plural, {})

    def _found(self, resource: Resource[T], namespace: str, name: str) -> T:
        found = self._of(resource).get(Key(namespace, name))
        if found is None:
            raise NotFound(404, "NotFound", name)
        return found

    def _store(self, resource: Resource[T], obj: T, old: T | None, *, generation: bool) -> T:
        self._version += 1
        self._born += old is None
        before = old.metadata.generation if old is not None else 0
        meta = msgspec.structs.replace(
            obj.metadata,
            resource_version=str(self._version),
            uid=old.metadata.uid if old is not None else f"{self._born:08x}-uid",
            creation_timestamp=(
                old.metadata.creation_timestamp if old is not None else self.clock.now()
            ),
            generation=before + generation,
        )
        stored = resource.typed(msgspec.structs.replace(obj, metadata=meta))
        self._of(resource)[key_of(stored)] = stored
        return stored

    def _called(self, verb: str, resource: Resource[Any], name: str) -> None:
        self.calls.append(Call(verb, resource.kind, name))
        if (verb, resource.kind) in self.refusals:
            raise self.refusals[verb, resource.kind]

    def _done(self, obj: T) -> T:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse <= 0:
                self.fuse = None
                raise Killed
        return obj


class Ear(Recorder):
    """Keeps what people are told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str]] = []

    def event(
        self,
        resource: Resource[Any],
        obj: Object,
        type: EventType,  # noqa: A002
        reason: str,
        note: str,
    ) -> None:
        self.heard.append((type, reason, note))


class Waits(NamedWatches):
    """Keeps which Secrets are waited for."""

    def __init__(self) -> None:
        self.wanted: set[tuple[str, Key]] = set()

    def want(
        self, resource: Resource[Any], namespace: str, name: str, *, room: str, key: Key
    ) -> None:
        self.wanted.add((f"{namespace}/{name}", key))


class Process:
    """One life of the controller: its caches are listed at the start and kept current after."""

    def __init__(self, server: ApiServer, wishes: Wishes | None = None) -> None:
        self.server = server
        self.ear = Ear()
        self.waits = Waits()
        self.cluster = _cluster(server, self.ear, self.waits)
        memory = Memory()
        wishes = wishes or Wishes()
        self._observer = Observer(self.cluster, shared="kube-system", wishes=wishes, memory=memory)
        self._performer = Performer(self.cluster, wishes=wishes, memory=memory)
        self.hear()

    def hear(self) -> None:
        """Let every watch catch up."""
        _catch_up(self.cluster.certificates, self.server.all(CERTIFICATE))
        _catch_up(self.cluster.requests, self.server.all(CERTIFICATE_REQUEST))
        _catch_up(self.cluster.issuers, self.server.all(ISSUER))
        secrets = self.server.all(SECRET)
        watched = [each for each in secrets if each.metadata.labels.get(WATCHED_SECRET) == "true"]
        _catch_up(self.cluster.secrets, watched)

    async def look(self, name: str = "web", *, namespace: str = "shop") -> Again:
        """One look at a Certificate, with caches that are current; conflicts and Now look again."""
        for _ in range(20):
            self.hear()
            try:
                again = await walk(
                    Key(namespace, name), self._observer.observe, decide, self._performer.perform
                )
            except Conflict:
                continue
            if not isinstance(again, Now):
                return again
        raise AssertionError("it never comes to rest")


def certificate(server: ApiServer, name: str = "web") -> Certificate:
    """The Certificate as it is now."""
    return next(each for each in server.all(CERTIFICATE) if each.metadata.name == name)


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    """What it comes to. Needs no event loop: nothing waits for an API server in memory."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    raise AssertionError("it waited for something")


def wake_time(again: Again) -> datetime | None:
    """When a look wants to be followed by another."""
    return again.time if isinstance(again, At) else None


def _cluster(server: ApiServer, ear: Ear, waits: Waits) -> Cluster:
    return Cluster(
        kube=server,
        clock=server.clock,
        recorder=ear,
        named=waits,
        certificates=Cache(CERTIFICATE_INDEXES),
        requests=Cache({"owner": _owner}),
        orders=Cache(),
        challenges=Cache(),
        issuers=Cache(ISSUER_INDEXES),
        cluster_issuers=Cache(ISSUER_INDEXES),
        secrets=Cache({"owner": _owner}, slim=note),
    )


def _owner(obj: Any) -> tuple[str, ...]:
    owner = controller_of(obj)
    return (owner.uid,) if owner else ()


def _catch_up(cache: Cache[Any], objects: list[Any]) -> None:
    for obj in objects:
        cache.feed(obj)
    names = {key_of(obj) for obj in objects}
    for held in cache.all():
        if key_of(held) not in names:
            cache.gone(held)


def _merged(old: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged
