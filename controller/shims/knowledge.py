"""What was told and tried of each source, in memory alone; and which Secrets it names.

What is told once is not told again while the source's spec and annotations of ours are the same.
What was written and did not last is written again ever more seldom. A source that is gone, or asks
for nothing, is forgotten.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from controller.runtime.schedule import Key, key_of
from controller.settings import Settings
from controller.shims.observed import Attempt
from orderapi.meta import Object, ObjectMeta
from orderapi.names import ACME_GROUP, GROUP

AGAIN: Final = timedelta(seconds=10)
"""How long until the same is written a second time; each further time twice as long."""

REFUSED_AGAIN: Final = timedelta(minutes=1)
"""The same, where the API server refused it."""

SELDOM: Final = timedelta(minutes=10)
"""The longest of these waits; what lasted longer than this is forgotten."""


@dataclass(slots=True)
class _Page:
    state: object
    told: set[str] = field(default_factory=set)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    certificates: tuple[Key, ...] = ()


class Notebook:
    """Knowledge of each source that asks for Certificates."""

    def __init__(self, settings: Settings) -> None:
        self._automatic = settings.auto_certificate_annotations
        self._pages: dict[Key, _Page] = {}
        self._waiting: dict[Key, dict[Key, None]] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def told(self, source: Object) -> frozenset[str]:
        """What was told of the source as it is now."""
        return frozenset(self._page(source).told)

    def tell(self, source: Object, note: str) -> bool:
        """Whether this is news; from here on it is told."""
        told = self._page(source).told
        if note in told:
            return False
        told.add(note)
        return True

    def attempts(self, source: Object) -> dict[str, Attempt]:
        """The last thing that was tried with each Certificate, by name."""
        return dict(self._page(source).attempts)

    def tried(
        self, source: Object, name: str, what: object, now: datetime, *, refused: bool = False
    ) -> Attempt:
        """Remember what was tried with a Certificate; until when it is not tried again."""
        attempts = self._page(source).attempts
        last = attempts.get(name)
        repeated = last is not None and last.what == what and now < last.until + SELDOM
        count = last.count + 1 if last is not None and repeated else 1
        first = REFUSED_AGAIN if refused else AGAIN
        wait = min(first * (1 << min(count - 1, 8)), SELDOM)
        attempts[name] = Attempt(what, now + wait, count)
        return attempts[name]

    def names(self, source: Object, certificates: Iterable[Key]) -> None:
        """Which Certificates the source names."""
        page = self._page(source)
        self._unlink(key_of(source), page)
        page.certificates = tuple(certificates)
        for certificate in page.certificates:
            self._waiting.setdefault(certificate, {})[key_of(source)] = None

    def naming(self, certificate: Key) -> tuple[Key, ...]:
        """The sources that name this Certificate."""
        return tuple(self._waiting.get(certificate, ()))

    def forget(self, key: Key) -> None:
        """Drop what is known of a source."""
        page = self._pages.pop(key, None)
        if page is not None:
            self._unlink(key, page)

    def _page(self, source: Object) -> _Page:
        key, state = key_of(source), self._state(source.metadata)
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = _Page(state)
        elif page.state != state:
            page.state = state
            page.told.clear()
        return page

    def _state(self, meta: ObjectMeta) -> object:
        ours = (f"{GROUP}/", f"{ACME_GROUP}/", *self._automatic)
        annotations = {key: text for key, text in meta.annotations.items() if key.startswith(ours)}
        return meta.uid, meta.generation, annotations

    def _unlink(self, key: Key, page: _Page) -> None:
        for certificate in page.certificates:
            sources = self._waiting.get(certificate, {})
            sources.pop(key, None)
            if not sources:
                self._waiting.pop(certificate, None)
