"""Names as the API server takes them."""

import pytest

from orderapi.validation.objectnames import is_key, is_label_value, is_object_name


@pytest.mark.parametrize("name", ["a", "a-b.c", "0", "a" * 253, "a.b-c.d"])
def test_names_of_objects(name: str) -> None:
    assert is_object_name(name)


@pytest.mark.parametrize(
    "name", ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "../a", "a" * 254, "a\n", "ü"]
)
def test_no_names_of_objects(name: str) -> None:
    assert not is_object_name(name)


@pytest.mark.parametrize("key", ["a", "A_b.c-d", "example.com/a", "a" * 63, "x/" + "a" * 63])
def test_keys(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize(
    "key",
    ["", "/", "a/", "/a", "A/b", "a/b/c", "-a", "a.", "a b", "a" * 64, "a\n", "x" * 254 + "/a"],
)
def test_no_keys(key: str) -> None:
    assert not is_key(key)


def test_values_of_labels() -> None:
    assert all(map(is_label_value, ["", "a", "A_b.c", "1"]))
    assert not any(map(is_label_value, ["-", "a b", "a/b", "a" * 64, "ü"]))
