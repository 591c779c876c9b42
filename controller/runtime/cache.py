"""What the cluster holds, as far as this process has heard.

The newer resourceVersion wins, whatever the source: a watch, a list, or the answer to an own write.
What was removed is remembered by uid, so that no late answer brings it back. A cache asks nobody;
an informer keeps it current.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

from controller.runtime.schedule import HasMetadata, Key, key_of

T = TypeVar("T", bound=HasMetadata)
Listener = Callable[[T | None, T | None], None]

_TOMBSTONES = 4096
_FOR_EVER = 1 << 63


class Cache(Generic[T]):
    """Objects of one kind by name, and by the keys that `indexes` compute from each.

    `slim` projects an object to what is worth keeping, before it is stored, indexed or told to a
    listener; it must keep the metadata's name, namespace, uid and resourceVersion.
    """

    def __init__(
        self,
        indexes: Mapping[str, Callable[[T], Iterable[str]]] | None = None,
        slim: Callable[[Any], T] | None = None,
    ) -> None:
        self._objects: dict[Key, T] = {}
        self._index_of = dict(indexes or {})
        self._indexed: dict[str, dict[str, dict[Key, None]]] = {name: {} for name in self._index_of}
        self._slim = slim
        self._tombstones: dict[str, int] = {}  # uid: last version that is not believed
        self._listeners: list[Listener[T]] = []

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, namespace: str, name: str) -> T | None:
        """The object of this name, or None."""
        return self._objects.get(Key(namespace, name))

    def by(self, index: str, key: str) -> tuple[T, ...]:
        """The objects for which the index computed this key, longest known first."""
        return tuple(self._objects[name] for name in self._indexed[index].get(key, ()))

    def all(self) -> tuple[T, ...]:
        """Every object, in no promised order."""
        return tuple(self._objects.values())

    def listen(self, listener: Listener[T]) -> None:
        """Call `listener(old, new)` after each change; None stands for "was not" and "is not"."""
        self._listeners.append(listener)

    def feed(self, obj: Any) -> None:
        """Take in an object: the answer to an own write, or what a watch or list says."""
        meta = obj.metadata
        version = int(meta.resource_version)
        if version <= self._tombstones.get(meta.uid, 0):
            return
        key = Key(meta.namespace, meta.name)
        old = self._objects.get(key)
        if old is not None and version_of(old) >= version:
            return
        new: T = obj if self._slim is None else self._slim(obj)
        if old is not None and old.metadata.uid != meta.uid:
            self._bury(old.metadata.uid, _FOR_EVER)
        self._objects[key] = new
        self._index(key, old, new)
        self._tell(old, new)

    def drop(self, obj: HasMetadata) -> None:
        """Forget an object for ever: the API server said, to our delete, that it is gone.

        Not for an object that a finalizer still holds: that one is only being deleted.
        """
        self._bury(obj.metadata.uid, _FOR_EVER)
        held = self._objects.get(key_of(obj))
        if held is not None and held.metadata.uid == obj.metadata.uid:
            self._remove(key_of(obj), held)

    def gone(self, obj: HasMetadata) -> None:
        """Take in a DELETED event: of that version, the object is not, or does not match the watch.

        It comes back when it is heard of in a newer version, as one does that gets its label again.
        """
        self._bury(obj.metadata.uid, version_of(obj))
        held = self._objects.get(key_of(obj))
        if held is not None and (
            held.metadata.uid == obj.metadata.uid or version_of(held) <= version_of(obj)
        ):
            self._remove(key_of(obj), held)

    def sweep(self, seen: Collection[Key], resource_version: int) -> None:
        """After a list of that version: whatever it did not contain, and is not newer, is gone."""
        for key, held in list(self._objects.items()):
            if key not in seen and version_of(held) <= resource_version:
                self._bury(held.metadata.uid, resource_version)
                self._remove(key, held)

    def _remove(self, key: Key, held: T) -> None:
        del self._objects[key]
        self._index(key, held, None)
        self._tell(held, None)

    def _bury(self, uid: str, version: int) -> None:
        if len(self._tombstones) >= _TOMBSTONES:
            del self._tombstones[next(iter(self._tombstones))]
        self._tombstones[uid] = max(version, self._tombstones.get(uid, 0))

    def _index(self, key: Key, old: T | None, new: T | None) -> None:
        for name, compute in self._index_of.items():
            before = set(compute(old)) if old is not None else set()
            after = set(compute(new)) if new is not None else set()
            entries = self._indexed[name]
            for gone in before - after:
                entries[gone].pop(key, None)
                if not entries[gone]:
                    del entries[gone]
            for added in after - before:
                entries.setdefault(added, {})[key] = None

    def _tell(self, old: T | None, new: T | None) -> None:
        for listener in self._listeners:
            listener(old, new)


def version_of(obj: HasMetadata) -> int:
    """The resourceVersion as the number it is: the newer state of an object has the greater."""
    return int(obj.metadata.resource_version)
