"""What these tests are made of: objects, a clock that follows the loop, a room of one function."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from controller.runtime.objects import Secret
from controller.runtime.schedule import Again, Key
from controller.runtime.worker import Watches
from orderapi.meta import ObjectMeta, OwnerReference

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def chance(seed: int | str = 1) -> Random:
    """The same chance in every run."""
    return Random(seed)  # noqa: S311  nothing here is secret


class LoopClock:
    """Wall time that passes as the event loop's does, and can be set."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        try:
            seconds = asyncio.get_running_loop().time()
        except RuntimeError:
            seconds = 0.0
        return START + timedelta(seconds=seconds) + self.offset


def a_secret(
    name: str = "a",
    *,
    version: int = 1,
    uid: str = "",
    namespace: str = "default",
    owner: str = "",
    **data: bytes,
) -> Secret:
    """A Secret of that version; its uid is its name, if not given."""
    owners = (
        (OwnerReference(api_version="v1", kind="X", name="x", uid=owner, controller=True),)
        if owner
        else ()
    )
    meta = ObjectMeta(
        name=name,
        namespace=namespace,
        uid=uid or name,
        resource_version=str(version),
        owner_references=owners,
    )
    return Secret(metadata=meta, data=data)


class ARoom:
    """A room that does what the function says."""

    def __init__(
        self,
        reconcile: Callable[[Key], Awaitable[Again]],
        watches: Watches = (),
        name: str = "rooms",
    ) -> None:
        self.name = name
        self._reconcile = reconcile
        self._watches = watches

    async def reconcile(self, key: Key) -> Again:
        return await self._reconcile(key)

    def watches(self) -> Watches:
        return self._watches


async def elapsed(start: float) -> float:
    """Seconds since `start` by the loop's clock, rounded."""
    return round(asyncio.get_running_loop().time() - start, 3)


def lines(caplog: Any, message: str = "") -> list[Any]:
    """The log records with this message."""
    return [r for r in caplog.records if message in ("", r.getMessage())]
