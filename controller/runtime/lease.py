"""Leadership: one process at a time, by a coordination.k8s.io Lease.

The holder writes that it lives; the others take over when they have seen no such writing for the
lease's duration, by their own clock, so clocks of different computers need not agree. What is led
is cancelled well before others may take over. Leadership is no lock: what must not be done twice is
guarded by resourceVersions.
"""

import asyncio
import logging
import math
from collections.abc import Mapping
from random import Random
from types import TracebackType
from typing import Any, NamedTuple, Protocol

import msgspec

from controller.runtime.clock import Clock, micro_time
from controller.runtime.errors import AlreadyExists, ApiError, Conflict, NotFound
from controller.runtime.metrics import Metrics
from controller.runtime.objects import LEASE, LeaseSpec
from controller.runtime.objects import Lease as Record
from controller.runtime.schedule import Key
from orderapi.meta import ObjectMeta
from orderapi.resources import Resource

logger = logging.getLogger(__name__)

_EXPECTED = (ApiError, TimeoutError)


class LeaseLost(Exception):
    """Leadership could not be kept. What was led has been cancelled."""


class Times(NamedTuple):
    """In seconds: others wait `duration`; the holder gives up `renew` after its last renewal began.

    Holders renew, and others look, every `retry` seconds, by chance up to a fifth more.
    """

    duration: float = 15.0
    renew: float = 10.0
    retry: float = 2.0
    release: float = 2.0


class Store(Protocol):
    """The verbs of `Kube` that a lease needs."""

    async def get(self, resource: Resource[Record], namespace: str, name: str) -> Record:
        """Read it."""

    async def create(self, resource: Resource[Record], obj: Record) -> Record:
        """Make it."""

    async def patch(
        self, resource: Resource[Record], namespace: str, name: str, patch: Mapping[str, Any]
    ) -> Record:
        """Change it."""


class Lease:
    """`async with Lease(...)`: waits for leadership, then leads inside.

    If the lease cannot be kept, the body is cancelled and the exit raises LeaseLost. However the
    body ends, the lease is released, so that the next leader starts at once. `holder` must differ
    between processes.
    """

    def __init__(
        self,
        kube: Store,
        *,
        namespace: str,
        name: str,
        holder: str,
        clock: Clock,
        rng: Random,
        times: Times | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._kube = kube
        self._key = Key(namespace, name)
        self._holder = holder
        self._clock = clock
        self._rng = rng
        self._times = times or Times()
        if not self._times.retry < self._times.renew < self._times.duration:
            raise ValueError("a lease needs retry < renew < duration")
        self._gauge = metrics.leading.labels(name) if metrics is not None else None
        self._record = Record()
        self._seen_at = 0.0
        self._said = ""
        self._renewal: asyncio.Task[None] | None = None
        self._lost = ""
        self._cancels = 0

    async def __aenter__(self) -> "Lease":
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time()
            if await self._acquired():
                break
            await asyncio.sleep(self._pause())
        logger.info("leading", extra={"lease": str(self._key), "holder": self._holder})
        self._mark(leading=True)
        led = _this_task()
        self._cancels = led.cancelling()
        self._renewal = asyncio.create_task(self._keep(led, asked), name="lease")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._mark(leading=False)
        if self._renewal is not None:
            self._renewal.cancel()
            try:
                await asyncio.wait([self._renewal])
            except asyncio.CancelledError:
                # Our own cancellation may arrive only here, when the body had just ended.
                if not self._lost:
                    raise
        if not self._lost:
            await self._release()
        elif _this_task().uncancel() <= self._cancels:
            raise LeaseLost(self._lost) from error

    async def _acquired(self) -> bool:
        try:
            async with asyncio.timeout(self._times.renew):
                return await self._acquire()
        except (Conflict, AlreadyExists):
            return False  # somebody else was quicker
        except _EXPECTED as error:
            self._say("the lease cannot be taken; trying again", error=_text(error))
            return False

    async def _acquire(self) -> bool:
        namespace, name = self._key
        try:
            record = await self._kube.get(LEASE, namespace, name)
        except NotFound:
            new = Record(
                metadata=ObjectMeta(namespace=namespace, name=name), spec=self._spec(LeaseSpec())
            )
            self._record = await self._kube.create(LEASE, new)
            return True
        if record.spec != self._record.spec:
            self._seen_at = asyncio.get_running_loop().time()
        self._record = record
        if self._is_held():
            self._say("waiting for the lease", held_by=record.spec.holder_identity)
            return False
        await self._write(msgspec.to_builtins(self._spec(record.spec)))
        return True

    def _is_held(self) -> bool:
        spec = self._record.spec
        if spec.holder_identity in ("", self._holder):
            return False
        # Measured here since its last writing was seen: the times in it are another computer's.
        unheard = asyncio.get_running_loop().time() - self._seen_at
        return unheard < (spec.lease_duration_seconds or self._times.duration)

    def _spec(self, old: LeaseSpec) -> LeaseSpec:
        now = micro_time(self._clock.now())
        mine = old.holder_identity == self._holder
        taken = old.lease_transitions
        return LeaseSpec(
            holder_identity=self._holder,
            lease_duration_seconds=math.ceil(self._times.duration),
            acquire_time=old.acquire_time if mine else now,
            renew_time=now,
            lease_transitions=0 if taken is None else taken + (0 if mine else 1),
        )

    async def _write(self, spec: dict[str, Any]) -> None:
        """Compare and swap: Conflict if somebody wrote since the record was read."""
        guard = {"resourceVersion": self._record.metadata.resource_version}
        self._record = await self._kube.patch(LEASE, *self._key, {"metadata": guard, "spec": spec})

    async def _keep(self, led: asyncio.Task[Any], renewed: float) -> None:
        """Renew until cancelled; if that fails for too long, cancel what is led."""
        loop = asyncio.get_running_loop()
        deadline = renewed + self._times.renew
        problem = ""
        while not self._lost:
            await asyncio.sleep(min(self._pause(), deadline - loop.time()))
            asked = loop.time()
            try:
                async with asyncio.timeout_at(min(deadline, asked + self._times.renew / 2)):
                    await self._renew()
                deadline = asked + self._times.renew
            except Exception as error:  # whatever it is: who does not renew must stop in time
                problem = _text(error)
                logger.warning(
                    "lease not renewed; trying again",
                    exc_info=None if isinstance(error, _EXPECTED) else error,
                    extra={"error": problem},
                )
            if loop.time() >= deadline:
                self._lost = f"not renewed for {self._times.renew:.0f} s: {problem}"
        logger.error("lease lost; stopping", extra={"lease": str(self._key), "error": self._lost})
        self._mark(leading=False)
        led.cancel()

    async def _renew(self) -> None:
        await self._write_ours(msgspec.to_builtins(self._spec(self._record.spec)))

    async def _write_ours(self, spec: dict[str, Any]) -> None:
        try:
            await self._write(spec)
        except (Conflict, NotFound):
            # Somebody wrote. If it still names us, an answer was lost, or a label was set.
            self._record = await self._kube.get(LEASE, *self._key)
            holder = self._record.spec.holder_identity
            if holder == self._holder:
                await self._write(spec)
            else:
                self._lost = f"held by {holder or 'nobody'} now"

    async def _release(self) -> None:
        freed = {"holderIdentity": "", "leaseDurationSeconds": 1}
        try:
            async with asyncio.timeout(self._times.release):
                await self._write_ours(freed | {"renewTime": micro_time(self._clock.now())})
        except _EXPECTED as error:
            logger.warning("lease not released", extra={"error": _text(error)})
        else:
            logger.info("lease released", extra={"lease": str(self._key)})

    def _pause(self) -> float:
        return self._times.retry * (1.0 + self._rng.random() / 5)

    def _mark(self, *, leading: bool) -> None:
        if self._gauge is not None:
            self._gauge.set(1.0 if leading else 0.0)

    def _say(self, message: str, **details: str) -> None:
        """Once, until there is something else to say."""
        text = f"{message} {details}"
        if text != self._said:
            self._said = text
            logger.info(message, extra={"lease": str(self._key)} | details)


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a lease is held by a task")
    return task


def _text(error: Exception) -> str:
    if isinstance(error, _EXPECTED):
        return str(error) or "no answer in time"
    return f"{type(error).__name__}: {error}"
