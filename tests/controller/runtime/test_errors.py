import json
from typing import Any

import pytest

from controller.runtime import errors
from controller.runtime.errors import ApiError, from_answer


def body(reason: str, message: str = "m", **details: Any) -> bytes:
    return json.dumps(
        {"kind": "Status", "reason": reason, "message": message, "details": details}
    ).encode()


@pytest.mark.parametrize(
    ("code", "answer", "kind"),
    [
        pytest.param(400, body("BadRequest"), errors.Invalid, id="400"),
        pytest.param(401, body("Unauthorized"), errors.Unauthorized, id="401"),
        pytest.param(403, body("Forbidden"), errors.Forbidden, id="403"),
        pytest.param(
            403,
            body("Forbidden", causes=[{"reason": "NamespaceTerminating", "field": "x"}]),
            errors.NamespaceTerminating,
            id="403 where the namespace goes away",
        ),
        pytest.param(404, body("NotFound"), errors.NotFound, id="404"),
        pytest.param(405, body("MethodNotAllowed"), ApiError, id="405"),
        pytest.param(409, body("AlreadyExists"), errors.AlreadyExists, id="409 on create"),
        pytest.param(409, body("Conflict"), errors.Conflict, id="409 on patch"),
        pytest.param(410, body("Expired"), errors.Expired, id="410"),
        pytest.param(422, body("Invalid"), errors.Invalid, id="422"),
        pytest.param(
            422,
            body("Invalid", causes=[{"reason": "FieldValueInvalid", "field": "metadata.uid"}]),
            errors.Conflict,
            id="422 for another object of that name",
        ),
        pytest.param(429, body("TooManyRequests"), errors.TooManyRequests, id="429"),
        pytest.param(500, body("InternalError"), errors.Unavailable, id="500"),
        pytest.param(
            500,
            body("InternalError", 'failed calling webhook "a.example": refused'),
            errors.WebhookUnreachable,
            id="500 for a webhook that cannot be asked",
        ),
        pytest.param(504, body("Timeout"), errors.Unavailable, id="504"),
    ],
)
def test_each_answer_has_its_error(code: int, answer: bytes, kind: type[ApiError]) -> None:
    error = from_answer(code, answer, asked="patch orders a/b")
    assert type(error) is kind
    assert error.status == code
    assert str(error).startswith(f"patch orders a/b: {code} ")


def test_the_text_says_what_was_asked_and_what_was_answered() -> None:
    error = from_answer(409, body("Conflict", "the object has been modified"), asked="patch x a/b")
    assert str(error) == "patch x a/b: 409 Conflict: the object has been modified"


def test_the_page_of_a_proxy_is_not_repeated() -> None:
    error = from_answer(502, b"<html>internal-host</html>", asked="get x a/b")
    assert isinstance(error, errors.Unavailable)
    assert "internal-host" not in str(error)


def test_the_part_of_a_body_that_the_api_server_quotes_is_left_out() -> None:
    quoted = "json: cannot unmarshal, error found in #10 byte of ...|tls.key: c2VjcmV0|..., bigger"
    error = from_answer(400, body("BadRequest", quoted), asked="create secrets a/b")
    assert "c2VjcmV0" not in str(error)
    assert "cannot unmarshal" in str(error)


def test_the_object_that_a_patch_made_is_left_out() -> None:
    made = json.dumps({"data": {"tls.key": "c2VjcmV0"}, "metadata": {"name": "x" * 100}})
    message = f' "" is invalid: patch: Invalid value: {json.dumps(made)}: cannot unmarshal number'
    error = from_answer(422, body("Invalid", message), asked="patch secrets a/b")
    assert "c2VjcmV0" not in str(error)
    assert str(error).endswith('patch: Invalid value: "…": cannot unmarshal number')


def test_a_short_value_is_kept_for_the_reader() -> None:
    message = 'spec.dnsNames[0]: Invalid value: "bad name": must be a DNS name'
    assert message in str(from_answer(422, body("Invalid", message), asked="create x a/b"))


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [
        pytest.param(7.0, {}, 7.0, id="the header"),
        pytest.param(0.0, {"retryAfterSeconds": 3}, 3.0, id="the status"),
        pytest.param(0.0, {}, 0.0, id="neither"),
    ],
)
def test_how_long_to_wait(header: float, details: dict[str, Any], seconds: float) -> None:
    answer = body("TooManyRequests", **details)
    error = from_answer(429, answer, asked="get x a/b", retry_after=header)
    assert error.retry_after == seconds


def test_a_long_message_is_cut() -> None:
    error = from_answer(422, body("Invalid", "x" * 9000), asked="create x a/b")
    assert len(str(error)) < 2200
