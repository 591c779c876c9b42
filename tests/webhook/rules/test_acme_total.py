"""The rules of Orders and Challenges are total: any object is judged, or is Unreadable."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.rules import build
from tests.webhook.rules.acme_judging import JUDGES, SAMPLES
from tests.webhook.rules.build import CONTROLLER, CONTROLLERS, TENANT, Json
from webhook.questions import Answer, Unanswered
from webhook.request import Request, Unreadable, User
from webhook.verdict import Verdict

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@st.composite
def objects(draw: st.DrawFn, kind: str) -> Json:
    """A good object of which some parts are anything."""
    found: Any = msgspec.json.decode(msgspec.json.encode(SAMPLES[kind]))
    found["status"] = {"state": "pending", "url": "https://acme.example/1"}
    found["metadata"] |= {"labels": {"a": "b"}, "annotations": {"acme.cert-manager.io/x": "y"}}
    for _ in range(draw(st.integers(0, 3))):
        place: Any = found
        name = draw(st.sampled_from(sorted(place)))
        while draw(st.booleans()) and isinstance(place[name], dict | list) and place[name]:
            place = place[name]
            keys = sorted(place) if isinstance(place, dict) else range(len(place))
            name = draw(st.sampled_from(keys))
        place[name] = draw(anything)
    return found  # type: ignore[no-any-return]


def judged(kind: str, request: Request, answer: Answer) -> Verdict | None:
    """The verdict; None where the request cannot be read."""
    try:
        return build.settle(JUDGES[kind](request, CONTROLLERS), lambda question: answer)
    except Unreadable:
        return None


users = st.sampled_from([CONTROLLER, TENANT])
answers = st.sampled_from([None, Unanswered("so")])


@pytest.mark.parametrize("kind", sorted(JUDGES))
@given(st.data(), users, answers)
def test_any_object_is_judged(kind: str, data: st.DataObject, user: User, answer: Answer) -> None:
    """However little it looks like one; and none is made without an owner that was read."""
    old, new = data.draw(objects(kind)), data.draw(objects(kind))
    created = judged(kind, build.create(kind, new, user), answer)
    assert created is None or not created.allowed
    judged(kind, build.update(kind, old, new, user), answer)


@pytest.mark.parametrize("kind", sorted(JUDGES))
@pytest.mark.parametrize("part", ["spec", "status"])
@pytest.mark.parametrize(
    "text",
    [b"[" * 5_000 + b"]" * 5_000, b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"1e999", b"[]", b'""'],
)
def test_what_is_no_object_is_unreadable(kind: str, part: str, text: bytes) -> None:
    """Where it differs from what was there."""
    good = msgspec.json.encode(SAMPLES[kind])
    parts = msgspec.json.decode(good, type=dict[str, msgspec.Raw])
    bad = msgspec.json.encode({**parts, part: msgspec.Raw(text)})
    request = build.update(kind, SAMPLES[kind], SAMPLES[kind], TENANT)
    request = msgspec.structs.replace(request, object=msgspec.Raw(bad))
    with pytest.raises(Unreadable):
        build.settle(JUDGES[kind](request, CONTROLLERS))


@pytest.mark.parametrize("kind", sorted(JUDGES))
@pytest.mark.parametrize("text", [b"null", b"1", b"[]", b"{}", b'{"metadata":null}'])
@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
def test_a_request_without_an_object_is_unreadable(kind: str, text: bytes, operation: str) -> None:
    """So it is never allowed."""
    request = build.update(kind, SAMPLES[kind], SAMPLES[kind], CONTROLLER)
    request = msgspec.structs.replace(
        request, object=msgspec.Raw(text), old_object=msgspec.Raw(text), operation=operation
    )
    with pytest.raises(Unreadable):
        build.settle(JUDGES[kind](request, CONTROLLERS))
