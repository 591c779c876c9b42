"""What counts as a change of a frozen spec."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.frozen import changed_fields

REF = {"name": "le", "kind": "Issuer", "group": "cert-manager.io"}

EMPTY: st.SearchStrategy[object] = st.sampled_from([None, "", False, [], {}])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(["a", "b", "duration", "issuerRef", "request"])
SPECS = st.dictionaries(NAMES, JSON | st.sampled_from([REF, {"name": "le"}, "1h", "60m"]))


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ({}, {}, ()),
        ({"a": "x"}, {"a": "y"}, ("a",)),
        ({"b": 1, "a": 1}, {}, ("a", "b")),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, ("a",)),
        ({"a": ["x"]}, {"a": ["x", "x"]}, ("a",)),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}, ("a",)),
        ({"a": {"b": None}}, {"a": {}}, ("a",)),
        ({"a": {"b": True}}, {"a": {"b": 1}}, ("a",)),
        ({"a": 1}, {"a": True}, ("a",)),
        ({"a": 0}, {"a": False}, ("a",)),
        ({"a": 0}, {}, ("a",)),
        ({"a": "0"}, {"a": 0}, ("a",)),
        ({"later": 1}, {"later": 2}, ("later",)),
        ({"duration": "60m"}, {"duration": "1h"}, ()),
        ({"duration": "1h"}, {"duration": "1h1s"}, ("duration",)),
        ({"duration": "1h"}, {}, ("duration",)),
        ({"duration": "0s"}, {}, ("duration",)),
        ({"duration": "ever"}, {"duration": "never"}, ("duration",)),
        ({"duration": "ever"}, {"duration": "ever"}, ()),
        ({"duration": 3600}, {"duration": "1h"}, ("duration",)),
        ({"a": "60m"}, {"a": "1h"}, ("a",)),
        ({"request": "YQ=="}, {"request": "YR=="}, ("request",)),
    ],
)
def test_a_change(old: dict[str, Any], new: dict[str, Any], changed: tuple[str, ...]) -> None:
    assert changed_fields(old, new) == changed
    assert changed_fields(new, old) == changed


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ({"name": "le"}, REF, ()),
        ({"name": "le", "kind": "", "group": None}, REF, ()),
        ({"name": "le"}, {**REF, "name": "other"}, ("issuerRef.name",)),
        ({"name": "le"}, {**REF, "kind": "ClusterIssuer"}, ("issuerRef.kind",)),
        ({"name": "le"}, {"name": "a", "group": "b"}, ("issuerRef.group", "issuerRef.name")),
        ({}, {"name": "le"}, ("issuerRef.name",)),
        (None, {"name": "le"}, ("issuerRef.name",)),
        (None, {"kind": "Issuer"}, ()),
        ({"name": "le"}, {"name": "le", "later": 1}, ("issuerRef.later",)),
        ({"name": "le"}, "le", ("issuerRef",)),
    ],
)
def test_an_issuer_is_compared_with_its_defaults(
    old: object, new: object, changed: tuple[str, ...]
) -> None:
    assert changed_fields({"issuerRef": old}, {"issuerRef": new}) == changed
    assert changed_fields({"issuerRef": new}, {"issuerRef": old}) == changed


@given(EMPTY, EMPTY, NAMES)
def test_left_out_and_empty_are_the_same(one: object, other: object, name: str) -> None:
    assert changed_fields({name: one}, {name: other}) == ()
    assert changed_fields({name: one}, {}) == ()


@given(SPECS)
def test_nothing_differs_from_itself(spec: dict[str, Any]) -> None:
    assert changed_fields(spec, copy.deepcopy(spec)) == ()


@given(SPECS, SPECS)
def test_the_order_of_the_two_says_nothing(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = changed_fields(one, other)
    assert found == changed_fields(other, one)
    assert list(found) == sorted(found)
    assert {path.partition(".")[0] for path in found} <= one.keys() | other.keys()


@given(SPECS, NAMES, JSON.filter(bool))
def test_one_change_is_told_as_one(spec: dict[str, Any], name: str, value: object) -> None:
    spec = {key: part for key, part in spec.items() if key != name}
    told = {path.partition(".")[0] for path in changed_fields(spec, {**spec, name: value})}
    # Where all parts of a reference mean what they mean when they are left out, nothing changed.
    assert told == {name} or (name == "issuerRef" and not told)


def test_deep_nesting_is_compared_to_the_bottom() -> None:
    one: Any = 1
    other: Any = 2
    for _ in range(100_000):
        one, other = [one], [other]
    assert changed_fields({"a": one}, {"a": other}) == ("a",)
    # Python itself takes such values apart by recursion, unless someone does it bit by bit.
    for value in (one, other):
        while isinstance(value, list):
            value = value.pop()
