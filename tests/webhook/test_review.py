"""Reviews as bytes: what is read, what is refused, what is answered."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.asgi import UID, encoded, review
from webhook.request import Unreadable
from webhook.review import (
    LONGEST_FAULT,
    LONGEST_PATH,
    LONGEST_WARNING,
    MOST_FAULTS,
    MOST_WARNINGS,
    Malformed,
    check_content_type,
    decode,
    encode,
)
from webhook.rules.undecoded import fields
from webhook.verdict import ALLOWED, Fault, Rule, Verdict


def _response(*faults: Fault, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    answer = msgspec.json.decode(encode(UID, Verdict(faults, warnings)))
    assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    found: dict[str, Any] = answer["response"]
    return found


def _status(*faults: Fault) -> dict[str, Any]:
    found: dict[str, Any] = _response(*faults)["status"]
    return found


def test_a_request_is_read() -> None:
    """With user, names and both objects."""
    request = decode(encoded(review(subResource="status")))
    assert request.uid == UID
    assert request.resource.resource == "orders"
    assert request.sub_resource == "status"
    assert request.user_info.username == "tenant"
    assert request.user_info.extra == {"a": ("b",)}
    assert msgspec.json.decode(request.object) == {"spec": {}}


def test_escapes_and_spaces_are_read() -> None:
    """A review need not be written as we would write it."""
    body = json.dumps(review(object={"metadata": {"name": "<&> \u2028"}}), indent=2).encode()
    assert msgspec.json.decode(decode(body).object) == {"metadata": {"name": "<&> \u2028"}}


DEEP = 100_000
ODD = {
    "empty": b"",
    "text": b"hello",
    "null": b"null",
    "list": b"[]",
    "cut off": encoded(review())[:-2],
    "followed by more": encoded(review()) + b"{}",
    "byte order mark": b"\xef\xbb\xbf" + encoded(review()),
    "UTF-16": encoded(review()).decode().encode("utf-16"),
    "not UTF-8 in the request": encoded(review()).replace(b"tenant", b"ten\xffnt"),
    "not UTF-8 in the object": encoded(review()).replace(b'"spec"', b'"sp\xffc"'),
    "NaN": encoded(review(object={"a": 17})).replace(b"17", b"NaN"),
    "half a surrogate": encoded(review()).replace(b"tenant", b"\\ud800"),
    "deep list": encoded(review(object=17)).replace(b"17", b"[" * DEEP + b"]" * DEEP),
    "deep object": encoded(review(object=17)).replace(b"17", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "deep and cut off": encoded(review(object=17)).replace(b"17", b"[" * DEEP),
    "deep old object": encoded(review(oldObject=17)).replace(b"17", b"[" * DEEP + b"]" * DEEP),
    "deep and unknown": encoded(review(options=17)).replace(b"17", b"[" * DEEP + b"]" * DEEP),
    "deep from the start": b"[" * DEEP,
    "another version": encoded(review() | {"apiVersion": "admission.k8s.io/v1beta1"}),
    "another kind": encoded(review() | {"kind": "ConversionReview"}),
    "no kind": encoded({"request": review()["request"]}),
    "no request": encoded(review() | {"request": None}),
    "a list as request": encoded(review() | {"request": []}),
    "no uid": encoded(review(uid=...)),
    "empty uid": encoded(review(uid="")),
    "a number as uid": encoded(review(uid=1)),
    "no resource": encoded(review(resource=...)),
    "no operation": encoded(review(operation=...)),
    "no user": encoded(review(userInfo=...)),
    "groups as text": encoded(review(userInfo={"groups": "a"})),
    "a number as subresource": encoded(review(subResource=1)),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_what_is_no_review_is_refused(body: bytes) -> None:
    """With a reason that shows nothing of it."""
    with pytest.raises(Malformed) as caught:
        decode(body)
    assert caught.value.code == 400
    assert str(caught.value).isprintable()
    assert "tenant" not in str(caught.value)


def test_of_a_name_that_comes_twice_the_last_counts() -> None:
    """As for the API server; nothing that is judged differs from what is stored."""
    body = encoded(review(object={"spec": 1})).replace(b'{"spec":1}', b'{"spec":1,"sp\\u0065c":2}')
    assert fields(decode(body).object) == {"spec": 2}
    twice = encoded(review())[:-1] + b"," + encoded(review(name="last"))[1:]
    assert decode(twice).name == "last"


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 5000])
def test_numbers_out_of_range_cannot_be_read(number: bytes) -> None:
    """By any rule; who does not look at them is not troubled."""
    request = decode(encoded(review(object={"a": 17})).replace(b"17", number))
    with pytest.raises(Unreadable):
        fields(request.object)


def test_deep_nesting_is_refused_by_a_review() -> None:
    """4xx would let it pass where the webhook may fail."""
    for name in ("deep list", "deep object", "deep old object"):
        with pytest.raises(Malformed) as caught:
            decode(ODD[name])
        assert caught.value.uid == UID


def test_what_is_nested_as_deep_as_people_do_is_read() -> None:
    """A hundred levels."""
    body = encoded(review(object=17)).replace(b"17", b'{"a":' * 100 + b"1" + b"}" * 100)
    assert decode(body).uid == UID


@pytest.mark.parametrize(
    "value",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"Application/JSON ;a=b",
        b" application/json",
    ],
)
def test_json_is_taken(value: bytes) -> None:
    """With parameters, too."""
    check_content_type(value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"text/plain",
        b"application/jsonl",
        b"application/json-patch+json",
        b"application/yaml",
        b"\xff",
    ],
)
def test_other_content_types_are_refused(value: bytes) -> None:
    """With 415."""
    with pytest.raises(Malformed, match="application/json") as caught:
        check_content_type(value)
    assert caught.value.code == 415


def test_allowed() -> None:
    """Nothing but that."""
    assert msgspec.json.decode(encode(UID, ALLOWED)) == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": UID, "allowed": True},
    }


def test_denied() -> None:
    """All faults at once, in the message and as causes."""
    response = _response(
        Fault("spec.dnsNames", "never changes", "spec"), Fault("status.url", "is set", "transition")
    )
    assert response["allowed"] is False
    assert response["status"] == {
        "status": "Failure",
        "code": 403,
        "reason": "Forbidden",
        "message": "spec.dnsNames: never changes; status.url: is set",
        "details": {
            "causes": [
                {
                    "reason": "FieldValueForbidden",
                    "field": "spec.dnsNames",
                    "message": "never changes",
                },
                {"reason": "FieldValueForbidden", "field": "status.url", "message": "is set"},
            ]
        },
    }


@pytest.mark.parametrize(
    ("rules", "code", "reason"),
    [
        (("spec",), 403, "Forbidden"),
        (("validation",), 422, "Invalid"),
        (("validation", "conditions", "request-fields"), 422, "Invalid"),
        (("validation", "spec"), 403, "Forbidden"),
        (("unanswered", "spec"), 403, "Forbidden"),
        (("unanswered", "validation"), 422, "Invalid"),
        (("unanswered",), 503, "ServiceUnavailable"),
        (("error",), 500, "InternalError"),
        (("unreadable",), 400, "BadRequest"),
    ],
)
def test_the_code_says_who_can_do_something(
    rules: tuple[Rule, ...], code: int, reason: str
) -> None:
    """403 nobody, 422 who wrote it, 503 and 500 time."""
    status = _status(*(Fault("spec.a", "is wrong", rule) for rule in rules))
    assert (status["code"], status["reason"]) == (code, reason)


def test_a_fault_of_validation_is_a_value_that_is_invalid() -> None:
    """Clients show it so."""
    (cause,) = _status(Fault("spec.a", "is wrong", "validation"))["details"]["causes"]
    assert cause["reason"] == "FieldValueInvalid"


def test_a_fault_without_a_field_is_never_hidden() -> None:
    """Of 422 clients show the causes alone, and a cause has a field."""
    status = _status(Fault("", "no object", "validation"), Fault("spec.a", "x", "validation"))
    assert status["code"] == 400
    assert status["message"] == "no object; spec.a: x"
    assert len(status["details"]["causes"]) == 1
    assert "details" not in _status(Fault("", "no object", "validation"))


def test_what_is_said_of_several_fields_is_said_once() -> None:
    """In the message; each field is a cause of its own."""
    status = _status(
        Fault("spec.dnsNames", "never changes", "spec"),
        Fault("status.url", "is set", "transition"),
        Fault("", "never changes", "spec"),
        Fault("spec.profile", "never changes", "spec"),
    )
    assert status["message"] == (
        "spec.dnsNames, spec.profile: never changes; status.url: is set; never changes"
    )
    assert [cause["field"] for cause in status["details"]["causes"]] == [
        "spec.dnsNames",
        "status.url",
        "spec.profile",
    ]


def test_many_faults_are_counted() -> None:
    """Ten are told."""
    status = _status(*(Fault(f"spec.a[{n}]", "x", "validation") for n in range(1000)))
    assert status["message"].endswith("spec.a[9]: x; and 990 more")
    assert len(status["details"]["causes"]) == MOST_FAULTS


def test_warnings_are_bounded() -> None:
    """In number and length, and go with verdicts of both kinds; the last line counts the rest."""
    response = _response(warnings=("w" * 1000,) * 50)
    assert response["allowed"] is True
    *told, last = response["warnings"]
    assert len(told) == MOST_WARNINGS - 1
    assert {len(warning) for warning in told} == {LONGEST_WARNING}
    assert last == "and 41 more warnings"
    assert _response(warnings=("w",) * MOST_WARNINGS)["warnings"] == ["w"] * MOST_WARNINGS
    assert _response(Fault("", "x", "spec"), warnings=("a",))["warnings"] == ["a"]


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_an_answer_is_bounded_and_fit_for_a_terminal(path: str, text: str) -> None:
    """Whatever a rule says."""
    status = _status(*(Fault(path, text, "spec"),) * 20)
    assert status["message"].isprintable()
    assert len(status["message"]) <= MOST_FAULTS * (LONGEST_PATH + LONGEST_FAULT + 4) + 20


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing else comes out."""
    with pytest.raises(Malformed):
        decode(body)
