"""A sign whenever a chain may have changed, so that whoever follows it reads it again.

One thread for each kind watches the namespace and tells what has changed by its metadata; all end
when the generator is closed. It promises no sign for each change, and that none is missed for long.
"""

import time
from collections.abc import Generator, Iterator
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Final

import msgspec

from kubectl_order.access.api import METADATA_LIST, Api, Watch
from kubectl_order.access.errors import ApiError, Forbidden, Gone, NotFound
from kubectl_order.facts import Chain
from kubectl_order.reading.kinds import place
from kubectl_order.rows import Meta, version_in
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, CHALLENGE, ORDER, Resource
from orderapi.wire import Wire

QUIET: Final = 30.0
"""Seconds after which a sign is given though nothing has changed: time may have moved something."""
BLIND: Final = 5.0
"""The same where nothing may be watched."""

_ONE_WATCH: Final = 300.0
_PAUSE: Final = 1.0
_LEAVE: Final = 2.0
_KINDS: Final[tuple[Resource[Any], ...]] = (CERTIFICATE, CERTIFICATE_REQUEST, ORDER, CHALLENGE)


class _Meta(Meta):
    resource_version: str = ""


class _Changed(Wire):
    kind: str = ""
    metadata: _Meta = _Meta()


class _Watcher(Thread):
    """Watches one kind until it is told to end, or may not."""

    def __init__(self, api: Api, path: str, version: str, changed: SimpleQueue[_Changed]) -> None:
        super().__init__(name=f"watch {path}", daemon=True)
        self._api, self._path, self._version = api, path, version
        self._changed = changed
        self._ending = Event()
        self._watch: Watch | None = None

    def end(self) -> None:
        """End it, whatever it waits for."""
        self._ending.set()
        if self._watch is not None:
            self._watch.close()

    def run(self) -> None:
        while not self._ending.is_set():
            try:
                self._follow()
            except (Forbidden, NotFound):
                return
            except Gone:
                # From the present on; what was missed is read by whoever gets the sign.
                self._version = ""
                self._changed.put(_Changed())
            except (ApiError, msgspec.DecodeError, UnicodeDecodeError):
                pass
            # Whatever ended it, neither we nor the server should be kept busy by it.
            self._ending.wait(_PAUSE)

    def _follow(self) -> None:
        query = {"resourceVersion": self._version} if self._version else {}
        self._watch = self._api.watch(self._path, query, timeout=_ONE_WATCH)
        if self._ending.is_set():
            return
        for kind_of_change, body in self._watch:
            change = msgspec.json.decode(body, type=_Changed)
            self._version = change.metadata.resource_version
            if kind_of_change != "BOOKMARK":
                self._changed.put(change)


def changes(api: Api, chain: Chain, *, timeout: float) -> Generator[str, None, None]:
    """`kind/name` of what has changed in the chain; empty at once and every 30 seconds.

    Ends after `timeout` seconds. Several changes at a time are one sign. Raises ApiError where the
    server is gone at the beginning.
    """
    deadline = time.monotonic() + timeout
    changed: SimpleQueue[_Changed] = SimpleQueue()
    watchers = [
        _Watcher(api, path, version, changed) for path, version in _beginnings(api, chain.namespace)
    ]
    kin = _Kin(chain)
    try:
        for watcher in watchers:
            watcher.start()
        yield ""
        while (left := deadline - time.monotonic()) > 0:
            quiet = QUIET if any(each.is_alive() for each in watchers) else BLIND
            sign = _next_sign(changed, kin, min(left, quiet))
            if sign or time.monotonic() < deadline:
                yield sign
    finally:
        for watcher in watchers:
            watcher.end()
        for watcher in watchers:
            watcher.join(_LEAVE)


class _Kin:
    """What belongs to the chain; grows with what is made for it."""

    def __init__(self, chain: Chain) -> None:
        objects = (chain.certificate, chain.request, chain.order, *chain.challenges)
        self._uids = {obj.metadata.uid for obj in objects if obj is not None}
        self._certificate = chain.certificate.metadata.name if chain.certificate else ""

    def has(self, change: _Changed) -> bool:
        """Whether the changed object belongs to the chain; one without a name stands for any."""
        meta = change.metadata
        related = (
            not meta.name
            or meta.uid in self._uids
            or any(owner.uid in self._uids for owner in meta.owner_references)
            or (self._certificate and meta.annotations.certificate_name == self._certificate)
        )
        if related and meta.uid:
            self._uids.add(meta.uid)
        return bool(related)


def _next_sign(changed: SimpleQueue[_Changed], kin: _Kin, seconds: float) -> str:
    """The first change of the chain within so many seconds; all others that wait go with it."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            change = changed.get(timeout=left)
        except Empty:
            break
        if kin.has(change):
            _drain(changed, kin)
            return f"{change.kind.lower()}/{change.metadata.name}"
    return ""


def _drain(changed: SimpleQueue[_Changed], kin: _Kin) -> None:
    while True:
        try:
            kin.has(changed.get_nowait())
        except Empty:
            return


def _beginnings(api: Api, namespace: str) -> Iterator[tuple[str, str]]:
    """The list of each kind that may be read, and its present version."""
    for resource in _KINDS:
        path = place(resource, namespace)
        try:
            page = api.get(path, {"limit": "1"}, accept=METADATA_LIST)
        except (Forbidden, NotFound):
            continue
        yield path, version_in(page)
