"""One Lease in memory, whose verbs can fail and hang; and ways to lead by it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any

import msgspec

from controller.runtime import errors
from controller.runtime.clock import Clock
from controller.runtime.lease import Lease
from controller.runtime.objects import Lease as Record
from controller.runtime.objects import LeaseSpec
from orderapi.meta import ObjectMeta
from tests.controller.runtime.build import LoopClock, chance
from tests.controller.runtime.patching import merged


class Store:
    """One Lease with a version; `trouble`, if set, is asked before each verb."""

    def __init__(self, record: Record | None = None) -> None:
        self.record = record
        self.version = 1
        self.writes: list[LeaseSpec] = []
        self.calls: list[tuple[float, str]] = []
        self.trouble: Callable[[str], Exception | None] = lambda _verb: None
        self.hangs: Callable[[str], bool] = lambda _verb: False

    async def _meet(self, verb: str) -> None:
        self.calls.append((asyncio.get_running_loop().time(), verb))
        if self.hangs(verb):
            await asyncio.sleep(1e9)
        problem = self.trouble(verb)
        if problem is not None:
            raise problem

    def write(self, spec: LeaseSpec) -> Record:
        self.version += 1
        meta = ObjectMeta(name="l", namespace="n", resource_version=str(self.version))
        self.record = Record(metadata=meta, spec=spec)
        self.writes.append(spec)
        return self.record

    async def get(self, resource: Any, namespace: str, name: str) -> Record:
        await self._meet("get")
        if self.record is None:
            raise errors.NotFound(404, "NotFound", "no lease")
        return self.record

    async def create(self, resource: Any, obj: Record) -> Record:
        await self._meet("create")
        if self.record is not None:
            raise errors.AlreadyExists(409, "AlreadyExists", "taken")
        return self.write(obj.spec)

    async def patch(
        self, resource: Any, namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Record:
        await self._meet("patch")
        if self.record is None:
            raise errors.NotFound(404, "NotFound", "no lease")
        if patch["metadata"]["resourceVersion"] != self.record.metadata.resource_version:
            raise errors.Conflict(409, "Conflict", "changed")
        old = msgspec.to_builtins(self.record.spec)
        return self.write(msgspec.convert(merged(old, patch["spec"]), LeaseSpec))

    @property
    def holder(self) -> str:
        return self.record.spec.holder_identity if self.record else ""


def a_lease(
    store: Store,
    holder: str = "me",
    *,
    clock: Clock | None = None,
    rng: Random | None = None,
    **options: Any,
) -> Lease:
    return Lease(
        store,
        namespace="n",
        name="l",
        holder=holder,
        clock=clock or LoopClock(),
        rng=rng or chance(holder),
        **options,
    )


async def lead(store: Store, *, until: Callable[[], Awaitable[object]], holder: str = "me") -> None:
    """Lead for as long as `until` takes."""
    async with a_lease(store, holder):
        await until()


async def for_ever() -> None:
    await asyncio.sleep(1e9)


def held(by: str = "other", *, duration: int = 15, transitions: int | None = 3) -> Record:
    spec = LeaseSpec(
        holder_identity=by,
        lease_duration_seconds=duration,
        acquire_time="2026-03-01T11:00:00.000000Z",
        renew_time="2026-03-01T11:59:59.000000Z",
        lease_transitions=transitions,
    )
    meta = ObjectMeta(name="l", namespace="n", resource_version="1")
    return Record(metadata=meta, spec=spec)
