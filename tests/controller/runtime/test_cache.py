from collections.abc import Iterable

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controller.runtime.cache import Cache
from controller.runtime.objects import Secret
from controller.runtime.schedule import HasMetadata, Key
from orderapi.meta import Object, controller_of
from tests.controller.runtime.build import a_secret


def owners(obj: Object) -> Iterable[str]:
    owner = controller_of(obj)
    return (owner.uid,) if owner else ()


def a_cache() -> tuple[Cache[Secret], list[tuple[Secret | None, Secret | None]]]:
    cache: Cache[Secret] = Cache({"owner": owners})
    told: list[tuple[Secret | None, Secret | None]] = []
    cache.listen(lambda old, new: told.append((old, new)))
    return cache, told


def test_the_newer_version_wins_and_the_older_is_not_told() -> None:
    cache, told = a_cache()
    new, old = a_secret(version=10), a_secret(version=9)
    cache.feed(new)
    cache.feed(old)
    cache.feed(a_secret(version=10))
    assert cache.get("default", "a") is new
    assert told == [(None, new)]


def test_versions_are_numbers() -> None:
    cache, _ = a_cache()
    cache.feed(a_secret(version=9))
    cache.feed(a_secret(version=10))
    found = cache.get("default", "a")
    assert found is not None
    assert found.metadata.resource_version == "10"


def test_an_own_delete_is_not_undone_by_a_late_event() -> None:
    cache, told = a_cache()
    cache.feed(a_secret(version=5))
    cache.drop(a_secret(version=5))
    cache.feed(a_secret(version=6))
    assert cache.get("default", "a") is None
    assert len(told) == 2


def test_a_new_object_of_the_same_name_comes_in_after_an_own_delete() -> None:
    cache, _ = a_cache()
    cache.feed(a_secret(version=5))
    cache.drop(a_secret(version=5))
    cache.feed(a_secret(version=8, uid="another"))
    assert cache.get("default", "a") is not None


def test_an_own_delete_of_the_former_object_leaves_the_new_one() -> None:
    cache, _ = a_cache()
    cache.feed(a_secret(version=8, uid="another"))
    cache.drop(a_secret(version=5))
    assert cache.get("default", "a") is not None


def test_an_object_that_left_the_selection_comes_back_when_it_matches_again() -> None:
    cache, _ = a_cache()
    cache.feed(a_secret(version=5))
    cache.gone(a_secret(version=6))
    cache.feed(a_secret(version=5))
    assert cache.get("default", "a") is None
    cache.feed(a_secret(version=7))
    assert cache.get("default", "a") is not None


def test_a_deletion_of_the_former_object_leaves_the_new_one() -> None:
    cache, _ = a_cache()
    cache.feed(a_secret(version=8, uid="another"))
    cache.gone(a_secret(version=7))
    assert cache.get("default", "a") is not None


def test_a_sweep_tells_what_vanished_and_keeps_what_is_newer() -> None:
    cache, told = a_cache()
    for name, version in (("kept", 3), ("vanished", 4), ("ours", 9)):
        cache.feed(a_secret(name, version=version))
    told.clear()
    cache.sweep({Key("default", "kept")}, 8)
    assert [obj.metadata.name for obj in cache.all()] == ["kept", "ours"]
    assert [(old and old.metadata.name, new) for old, new in told] == [("vanished", None)]


def test_an_index_follows_its_objects() -> None:
    cache, _ = a_cache()
    cache.feed(a_secret("a", version=1, owner="x"))
    cache.feed(a_secret("b", version=2, owner="x"))
    cache.feed(a_secret("a", version=3, owner="y"))
    assert [obj.metadata.name for obj in cache.by("owner", "x")] == ["b"]
    assert [obj.metadata.name for obj in cache.by("owner", "y")] == ["a"]
    cache.drop(a_secret("b", version=2))
    assert cache.by("owner", "x") == ()


def test_what_is_stored_indexed_and_told_is_slim() -> None:
    class Note(msgspec.Struct, frozen=True):
        metadata: object
        size: int

    def slim(obj: Secret) -> Object:
        return Object(metadata=obj.metadata)

    cache: Cache[Object] = Cache({"owner": owners}, slim)
    told: list[Object | None] = []
    cache.listen(lambda _old, new: told.append(new))
    cache.feed(a_secret(owner="x", key=b"secret"))
    assert type(cache.get("default", "a")) is Object
    assert [type(obj) for obj in told] == [Object]
    assert len(cache.by("owner", "x")) == 1


def test_the_tombstones_are_bounded() -> None:
    cache, _ = a_cache()
    for number in range(5000):
        cache.drop(a_secret(uid=f"uid-{number}"))
    cache.feed(a_secret(uid="uid-0", version=1))
    assert cache.get("default", "a") is not None  # the oldest was forgotten
    cache.feed(a_secret("b", uid="uid-4999"))
    assert cache.get("default", "b") is None


class History(RuleBasedStateMachine):
    """One object's true history, told to a cache out of order, and never believed backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: Cache[Secret] = Cache({"owner": owners})
        self.version = 0
        self.live: Secret | None = None
        self.past: list[Secret] = []
        self.told: dict[Key, HasMetadata] = {}
        self.cache.listen(self.hear)

    def hear(self, old: Secret | None, new: Secret | None) -> None:
        key = Key("default", "a")
        assert self.told.get(key) is old
        if new is None:
            del self.told[key]
        else:
            self.told[key] = new

    @rule(owner=st.sampled_from("xy"))
    def write(self, owner: str) -> None:
        self.version += 1
        uid = self.live.metadata.uid if self.live else f"uid-{self.version}"
        self.live = a_secret(version=self.version, uid=uid, owner=owner)
        self.past.append(self.live)
        self.cache.feed(self.live)

    @rule(own=st.booleans())
    def delete(self, own: bool) -> None:
        if self.live is None:
            return
        self.version += 1
        last, self.live = self.live, None
        if own:
            self.cache.drop(last)
        else:
            self.cache.gone(a_secret(version=self.version, uid=last.metadata.uid))

    @rule(data=st.data())
    def late(self, data: st.DataObject) -> None:
        if self.past:
            self.cache.feed(data.draw(st.sampled_from(self.past)))

    @rule()
    def relist(self) -> None:
        seen = {Key("default", "a")} if self.live else set()
        self.cache.sweep(seen, self.version)

    @invariant()
    def holds_the_truth(self) -> None:
        assert self.cache.get("default", "a") is self.live
        for owner in "xy":
            found = self.cache.by("owner", owner)
            assert found == ((self.live,) if self.live and owners(self.live) == (owner,) else ())


TestHistory = History.TestCase


def test_a_listener_sees_the_cache_after_the_change() -> None:
    cache, _ = a_cache()
    seen: list[bool] = []
    cache.listen(lambda old, new: seen.append(cache.get("default", "a") is new))
    cache.feed(a_secret())
    assert seen == [True]


def test_unknown_index_is_a_bug() -> None:
    cache, _ = a_cache()
    with pytest.raises(KeyError):
        cache.by("owners", "x")
