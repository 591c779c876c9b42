"""What an HTTP answer says, read without trust."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from controller.acme.answers import (
    Answer,
    absolute,
    document,
    failure,
    https,
    is_bad_nonce,
    links,
    location,
    nonce,
)
from controller.acme.problem import AcmeError, Misconfigured, Problem, Unreachable, Violation
from tests.controller.acme.build import NOW, a_problem, an_answer

HTML = b"<html><head><title>429 Too Many Requests</title></head><body>tok3n nginx</body></html>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("abc-_09", "abc-_09", id="base64url"),
        pytest.param("a" * 3000, "a" * 3000, id="very long"),
        pytest.param("", None, id="empty"),
        pytest.param("a b", None, id="with a blank"),
        pytest.param("a+b=", None, id="standard base64"),
    ],
)
def test_nonce(value: str, expected: str | None) -> None:
    assert nonce(an_answer(replay_nonce=value)) == expected


def test_an_answer_without_a_nonce_is_fine() -> None:
    assert nonce(an_answer()) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", HTML, b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_object_is_a_violation_that_does_not_repeat_it(body: bytes) -> None:
    with pytest.raises(Violation) as caught:
        document(an_answer(200, body, content_type="text/html; charset=utf-8"))
    assert "200 OK with text/html" in str(caught.value)
    assert "tok3n" not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param("https://other.test/x", "https://other.test/x", id="absolute"),
        pytest.param("/acme/acct/7", "https://acme.test/acme/acct/7", id="path"),
        pytest.param("2", "https://acme.test/acme/order/2", id="relative"),
        pytest.param("//cdn.test/x", "https://cdn.test/x", id="no scheme"),
        pytest.param("https://acme.test/?q=a%2Fb", "https://acme.test/?q=a%2Fb", id="escapes stay"),
    ],
)
def test_urls_become_absolute(reference: str, expected: str) -> None:
    assert absolute(an_answer(), reference) == expected


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param("http://acme.test/x", id="http"),
        pytest.param("ftp://acme.test/x", id="ftp"),
        pytest.param("https://user:pw@acme.test/", id="a password"),
        pytest.param("https://:443/x", id="no host"),
        pytest.param("https://[::1/", id="broken"),
        pytest.param("https://acme.test/a b", id="a blank"),
        pytest.param("https://acme.test/\r\nX: y", id="a line break"),
        pytest.param("https://acme.test/ü", id="not ASCII"),
        pytest.param("https://acme.test:99999/", id="no such port"),
        pytest.param("https://acme.test/" + "a" * 3000, id="too long"),
    ],
)
def test_urls_that_are_not_used(reference: str) -> None:
    with pytest.raises(Violation) as caught:
        absolute(an_answer(), reference)
    assert "pw" not in str(caught.value)
    with pytest.raises(Misconfigured):
        https(reference)


def test_an_http_server_is_refused_with_a_sentence_that_helps() -> None:
    with pytest.raises(
        Misconfigured, match=r'"http://acme\.test" is not used: .* over https alone'
    ):
        https("http://acme.test/dir?token=secret")


def test_location() -> None:
    assert location(an_answer()) == ""
    assert location(an_answer(location="../acct/1")) == "https://acme.test/acme/acct/1"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param([], (), id="none"),
        pytest.param(["</c/1>;rel=alternate"], ("https://acme.test/c/1",), id="unquoted"),
        pytest.param(['</c/1>; rel="alternate"'], ("https://acme.test/c/1",), id="quoted"),
        pytest.param(['</c/1> ; REL="ALTERNATE"'], ("https://acme.test/c/1",), id="capitals"),
        pytest.param(
            ['</dir>;rel="index"', '</c/1>;rel="alternate"', '</c/2>;rel="alternate"'],
            ("https://acme.test/c/1", "https://acme.test/c/2"),
            id="several headers",
        ),
        pytest.param(
            ['</dir>;rel="index", </c/1>;rel="alternate";title="a, b", </c/2>;rel="up alternate"'],
            ("https://acme.test/c/1", "https://acme.test/c/2"),
            id="one header",
        ),
        pytest.param(["</c/1>", "junk", "<;rel=alternate"], (), id="junk"),
    ],
)
def test_links(headers: list[str], expected: tuple[str, ...]) -> None:
    named = CIMultiDictProxy(CIMultiDict([("Link", value) for value in headers]))
    answer = Answer(200, "POST acme.test", "https://acme.test/acme/cert/1", named)
    assert links(answer, "alternate") == expected


def test_a_success_is_no_failure() -> None:
    assert failure(an_answer(201, {}), NOW) is None


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        pytest.param(a_problem(400, "malformed"), "malformed", 400, id="a problem"),
        pytest.param(
            an_answer(
                400,
                {"type": "urn:ietf:params:acme:error:dns", "detail": "x"},
                content_type="application/problem+json; charset=utf-8",
            ),
            "dns",
            400,
            id="with a charset and without a status",
        ),
        pytest.param(
            an_answer(400, {"type": "urn:ietf:params:acme:error:dns"}), "dns", 400, id="as JSON"
        ),
        pytest.param(a_problem(503, "rateLimited"), "rateLimited", 503, id="a 503 that explains"),
        pytest.param(a_problem(500, "serverInternal"), "serverInternal", 500, id="a 500 likewise"),
        pytest.param(an_answer(404), "", 404, id="nothing"),
        pytest.param(an_answer(429), "rateLimited", 429, id="429 with nothing"),
        pytest.param(
            an_answer(429, HTML, content_type="text/html"), "rateLimited", 429, id="429 with HTML"
        ),
        pytest.param(
            an_answer(429, {"detail": "slow"}, content_type="application/problem+json"),
            "rateLimited",
            429,
            id="429 without a type",
        ),
        pytest.param(
            an_answer(403, {"detail": "internal"}, content_type="application/json"),
            "",
            403,
            id="JSON that is no problem document",
        ),
    ],
)
def test_a_refusal_is_a_problem(answer: Answer, kind: str, status: int) -> None:
    error = failure(answer, NOW)
    assert isinstance(error, Problem)
    assert (error.kind, error.status) == (kind, status)
    assert "tok3n" not in error.sentence()
    assert "internal" not in error.sentence()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521])
def test_a_5xx_that_explains_nothing_is_unreachable(status: int) -> None:
    error = failure(an_answer(status, HTML, content_type="text/html", retry_after="60"), NOW)
    assert isinstance(error, Unreachable)
    assert error.status == status
    assert error.retry_at is not None
    assert str(status) in error.sentence()
    assert "text/html" in error.sentence()
    assert "tok3n" not in error.sentence()


def test_a_redirect_is_a_violation() -> None:
    assert isinstance(failure(an_answer(302, location="/x"), NOW), Violation)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(a_problem(400, "badNonce", "JWS has no anti-replay nonce"), True, id="type"),
        pytest.param(a_problem(400, "malformed", "badNonce: bad nonce"), False, id="words alone"),
        pytest.param(a_problem(403, "badNonce"), True, id="another status"),
        pytest.param(
            an_answer(200, {"type": "urn:ietf:params:acme:error:badNonce"}), False, id="200"
        ),
        pytest.param(an_answer(400, HTML, content_type="text/html"), False, id="HTML"),
    ],
)
def test_a_bad_nonce_is_told_by_its_type(answer: Answer, expected: bool) -> None:
    assert is_bad_nonce(answer) is expected


@given(
    st.integers(100, 599),
    st.binary(max_size=200),
    st.sampled_from(["application/problem+json", "text/html", "", "application/json"]),
)
def test_no_answer_breaks_anything(status: int, body: bytes, content_type: str) -> None:
    error = failure(an_answer(status, body, content_type=content_type), NOW)
    assert (error is None) == (200 <= status < 300)
    if isinstance(error, AcmeError):
        assert 0 < len(error.sentence()) <= 1000
