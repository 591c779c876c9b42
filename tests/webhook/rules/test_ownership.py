"""The owners of Orders and Challenges: nobody else than the controller gives them one."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderapi.refusals import OWNERS
from tests.webhook.rules.acme_judging import SAMPLES, edited
from tests.webhook.rules.build import ADMIN, CONTROLLER, TENANT, Json, changed, places
from webhook.request import User
from webhook.verdict import Verdict

FIRST: Json = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "CertificateRequest",
    "name": "web-1",
    "uid": "1",
    "controller": True,
    "blockOwnerDeletion": True,
}
SECOND: Json = {"apiVersion": "v1", "kind": "ConfigMap", "name": "web", "uid": "2"}


def owned(old: Any, new: Any, user: User = TENANT, kind: str = "Order") -> Verdict:
    """The verdict on owners `new` in place of `old`; `...` stands for none."""
    before, after = (
        changed(SAMPLES[kind], "metadata.ownerReferences", owners) for owners in (old, new)
    )
    return edited(kind, before, after, user)


REFUSED = {
    "added to none": (..., [FIRST], [0]),
    "added": ([FIRST], [FIRST, SECOND], [1]),
    "added twice": ([FIRST], [FIRST, FIRST], [1]),
    "all new": ([], [SECOND, FIRST], [0, 1]),
    "uid": ([FIRST], [{**FIRST, "uid": "3"}], [0]),
    "controller set": ([SECOND], [{**SECOND, "controller": True}], [0]),
    "controller cleared": ([FIRST], [{**FIRST, "controller": False}], [0]),
    "name": ([FIRST], [{**FIRST, "name": "other"}], [0]),
    "kind": ([FIRST], [{**FIRST, "kind": "Order"}], [0]),
    "apiVersion": ([FIRST], [{**FIRST, "apiVersion": "v1"}], [0]),
    "holds": ([SECOND], [{**SECOND, "blockOwnerDeletion": True}], [0]),
    "lets go and changes": (
        [FIRST],
        [{**FIRST, "blockOwnerDeletion": False, "controller": False}],
        [0],
    ),
    "one lets go twice": ([FIRST], [{**FIRST, "blockOwnerDeletion": False}] * 2, [1]),
    "swapped": ([FIRST, SECOND], [{**FIRST, "uid": "2"}, {**SECOND, "uid": "1"}], [0, 1]),
}
FREE = {
    "removed": ([FIRST, SECOND], [SECOND]),
    "all removed": ([FIRST, SECOND], []),
    "dropped": ([FIRST], ...),
    "null": ([FIRST], None),
    "reordered": ([FIRST, SECOND], [SECOND, FIRST]),
    "lets go": ([FIRST], [{**FIRST, "blockOwnerDeletion": False}]),
    "lets go, absent": ([FIRST], [changed(FIRST, "blockOwnerDeletion", ...)]),
    "false for absent": ([SECOND], [{**SECOND, "controller": False, "blockOwnerDeletion": False}]),
    "one lets go, one is removed": (
        [FIRST, SECOND],
        [{**FIRST, "blockOwnerDeletion": False}],
    ),
    "of two the other way round": (
        [FIRST, {**FIRST, "blockOwnerDeletion": False}],
        [{**FIRST, "blockOwnerDeletion": False}, FIRST],
    ),
}


@pytest.mark.parametrize("kind", ["Order", "Challenge"])
@pytest.mark.parametrize("user", [ADMIN, TENANT])
@pytest.mark.parametrize("case", REFUSED)
def test_an_owner_is_neither_added_nor_changed(case: str, user: User, kind: str) -> None:
    """It decides whose the object is; each is told at its place."""
    old, new, expected = REFUSED[case]
    assert places(owned(old, new, user, kind)) == [
        (f"metadata.ownerReferences[{index}]", "ownership") for index in expected
    ]


@pytest.mark.parametrize("kind", ["Order", "Challenge"])
@pytest.mark.parametrize("case", REFUSED)
def test_the_controller_may(case: str, kind: str) -> None:
    """Both."""
    old, new, _ = REFUSED[case]
    assert owned(old, new, CONTROLLER, kind).allowed


@pytest.mark.parametrize("kind", ["Order", "Challenge"])
@pytest.mark.parametrize("case", FREE)
def test_the_garbage_collector_is_free(case: str, kind: str) -> None:
    """It is like anybody: it removes owners, and has them let go."""
    old, new = FREE[case]
    assert owned(old, new, kind=kind).allowed


def test_the_message_tells_new_from_changed() -> None:
    """With the name of the owner."""
    [fault] = owned([FIRST], [FIRST, SECOND]).faults
    assert fault.text == f'ConfigMap "web" is new; {OWNERS}'
    [fault] = owned([FIRST], [{**FIRST, "controller": False}]).faults
    assert fault.text == f'CertificateRequest "web-1" is changed; {OWNERS}'
    [fault] = owned([], [{**SECOND, "kind": "a\nb"}]).faults
    assert fault.text.startswith('"a\\nb" "web" is new')


references = st.fixed_dictionaries(
    {
        "apiVersion": st.just("v1"),
        "kind": st.just("ConfigMap"),
        "name": st.sampled_from("ab"),
        "uid": st.sampled_from("12"),
        "controller": st.booleans(),
        "blockOwnerDeletion": st.booleans(),
    }
)


@given(st.lists(references, max_size=4), st.lists(references, max_size=4))
def test_each_owner_stands_for_one_that_was_there(old: list[Json], new: list[Json]) -> None:
    """Allowed where the new owners can be paired with different old ones, each the same but for
    letting its owner go."""

    def fits(before: Json, after: Json) -> bool:
        kept = after["blockOwnerDeletion"] <= before["blockOwnerDeletion"]
        return kept and {**before, "blockOwnerDeletion": 0} == {**after, "blockOwnerDeletion": 0}

    paired = any(all(map(fits, chosen, new)) for chosen in itertools.permutations(old, len(new)))
    assert owned(old, new).allowed is paired


def test_many_owners_take_no_long_time() -> None:
    """An object of a megabyte may have ten thousand."""
    many = [{**SECOND, "uid": str(number)} for number in range(10_000)]
    assert owned(many, many[::-1]).allowed
