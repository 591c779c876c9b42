from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.runtime.patches import difference, merge_patch, status_patch
from orderapi.meta import ObjectMeta
from orderapi.order import Order, OrderSpec, OrderStatus
from orderapi.references import IssuerRef
from tests.controller.runtime.patching import merged

JSON = st.recursive(
    st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=1), inner),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text("abc", max_size=1), JSON)

ORDER = Order(
    metadata=ObjectMeta(name="a", namespace="b", uid="u1", resource_version="7"),
    spec=OrderSpec(request=b"csr", issuer_ref=IssuerRef(name="le"), dns_names=("example.com",)),
    status=OrderStatus(state="pending", url="https://ca/1"),
)


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        pytest.param({"a": 1}, {"a": 1}, {}, id="equal"),
        pytest.param({"a": 1}, {}, {"a": None}, id="gone becomes null"),
        pytest.param({}, {"a": {}}, {"a": {}}, id="an empty object is something"),
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"a": {"c": None}}, id="nested"),
        pytest.param({"a": [1, 2]}, {"a": [1]}, {"a": [1]}, id="lists are replaced"),
        pytest.param({"a": [1]}, {"a": {"b": 1}}, {"a": {"b": 1}}, id="a list becomes an object"),
        pytest.param({"a": 1}, {"a": True}, {"a": True}, id="one is not true"),
    ],
)
def test_difference(old: dict[str, Any], new: dict[str, Any], patch: dict[str, Any]) -> None:
    assert difference(old, new) == patch


@given(OBJECTS, OBJECTS)
def test_a_difference_applied_to_the_old_gives_the_new(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert repr(_sorted(merged(old, difference(old, new)))) == repr(_sorted(new))


@given(OBJECTS)
def test_there_is_no_difference_between_equals(obj: dict[str, Any]) -> None:
    assert difference(obj, obj) == {}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_a_merge_patch_speaks_the_wire_names() -> None:
    new = msgspec.structs.replace(ORDER.status, finalize_url="https://ca/1/f", url="")
    assert merge_patch(ORDER.status, new) == {"finalizeURL": "https://ca/1/f", "url": None}


def test_a_status_patch_is_guarded_by_version_and_uid() -> None:
    new = msgspec.structs.replace(ORDER.status, state="valid", certificate=b"pem")
    assert status_patch(ORDER, new) == {
        "metadata": {"resourceVersion": "7", "uid": "u1"},
        "status": {"state": "valid", "certificate": "cGVt"},
    }


def test_a_status_patch_of_nothing_is_empty() -> None:
    assert status_patch(ORDER, msgspec.structs.replace(ORDER.status)) == {}
