"""Problems as values and as sentences: what is kept, what is cut, what never appears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.keys import AccountKey
from controller.acme.problem import (
    AcmeError,
    Misconfigured,
    Problem,
    Subproblem,
    Unreachable,
    Violation,
    clean,
    read_problem,
)
from tests.controller.acme.build import NOW

URN = "urn:ietf:params:acme:error:"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "detail", "status", "subproblems", "identifier", "value", "x"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("document", "status", "sentence"),
    [
        pytest.param(
            {"type": URN + "rejectedIdentifier", "detail": "Policy forbids it", "status": 400},
            0,
            f"400 {URN}rejectedIdentifier: Policy forbids it",
            id="whole",
        ),
        pytest.param(
            {"type": URN + "dns", "detail": "no TXT"}, 403, f"403 {URN}dns: no TXT", id="no status"
        ),
        pytest.param(
            {"type": URN + "dns", "detail": "x"}, 0, f"{URN}dns: x", id="no status at all"
        ),
        pytest.param({"detail": "You shall not"}, 403, "403: You shall not", id="no type"),
        pytest.param({"type": "about:blank", "title": "No"}, 404, "404: No", id="blank type"),
        pytest.param({"type": URN + "caa"}, 403, f"403 {URN}caa", id="no detail"),
        pytest.param(
            {"type": "https://ca.test/quota", "detail": "x"},
            400,
            "400 https://ca.test/quota: x",
            id="a type of its own",
        ),
        pytest.param(
            {
                "type": URN + "malformed",
                "detail": "Some names",
                "subproblems": [
                    {
                        "type": URN + "rejectedIdentifier",
                        "detail": "Policy",
                        "identifier": {"type": "dns", "value": "bad.example"},
                    },
                    {"type": URN + "dns", "detail": "Gone"},
                    "junk",
                ],
            },
            400,
            f"400 {URN}malformed: Some names [bad.example: rejectedIdentifier: Policy; dns: Gone]",
            id="subproblems",
        ),
        pytest.param(
            {
                "type": URN + "userActionRequired",
                "detail": "Agree anew",
                "instance": "https://ca.test/agree",
            },
            403,
            f"403 {URN}userActionRequired: Agree anew (see https://ca.test/agree)",
            id="instance",
        ),
        pytest.param("just words", 0, "just words", id="a string"),
        pytest.param(
            {"type": URN + "dns", "detail": "two\nlines\tand \x1b[31mcolour"},
            400,
            f"400 {URN}dns: two lines and [31mcolour",
            id="control characters",
        ),
    ],
)
def test_sentence(document: object, status: int, sentence: str) -> None:
    problem = read_problem(document, status=status)
    assert problem is not None
    assert problem.sentence() == str(problem) == sentence


def test_the_parts_are_kept() -> None:
    problem = read_problem(
        {
            "type": URN + "malformed",
            "subproblems": [{"type": URN + "caa", "identifier": {"value": "a.example"}}],
        },
        status=400,
        retry_at=NOW,
    )
    assert problem is not None
    assert (problem.status, problem.kind, problem.type) == (400, "malformed", URN + "malformed")
    assert problem.subproblems == (Subproblem("caa", "", "a.example"),)
    assert problem.retry_at == NOW


@pytest.mark.parametrize("document", [None, 5, [], {}, "", {"status": 400}, {"type": 7}])
def test_what_is_no_problem(document: object) -> None:
    assert read_problem(document) is None


def test_a_sentence_is_never_longer_than_1000_characters() -> None:
    problem = Problem(status=400, kind="malformed", detail="x" * 5000)
    assert len(problem.sentence()) == 1000
    assert problem.sentence().endswith("…")
    assert len(Violation("y" * 5000).sentence()) == 1000


async def test_a_key_authorization_that_the_ca_quotes_is_not_repeated() -> None:
    key = await AccountKey.generate("ES256")
    secret = key.key_authorization("DGyRejmCefe7v4NfDGDKfA0000000000")
    detail = f'The key authorization file did not match this challenge "{secret}" != "x"'
    problem = read_problem({"type": URN + "unauthorized", "detail": detail}, status=403)
    assert problem is not None
    assert key.thumbprint not in problem.sentence() + problem.detail
    assert '"[key authorization]" != "x"' in problem.sentence()


PORTAL = "https://portal.letsencrypt.org/sfe/v1/unpause"
JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJpc3MiOiJXRkUiLCJzdWIiOiI0NzExIiwiYXVkIjpbIlNGRSBVbnBhdXNlIl0sInZlcnNpb24iOiJ2MSJ9"
    ".Xy3lVqj0F-2mQb7tWkq4TzZ5oA1rHd8uLsNcE6vGpRI"
)
THUMBPRINT = "nP1qzpXGymHBrUEepNY9HCsQk7K8KhOypzEt62jcerQ"
SECRET = f"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.{THUMBPRINT}"


@pytest.mark.parametrize("ending", ["", ".", " (4711)", "&v=2"])
def test_a_link_with_a_jwt_can_be_followed(ending: str) -> None:
    text = f"Your account is paused. Please visit: {PORTAL}?jwt={JWT}{ending}"
    assert clean(text) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{PORTAL}?jwt={SECRET}", id="two parts"),
        pytest.param(f"{PORTAL}?jwt=eyJ4.{SECRET}", id="a header before it"),
        pytest.param(f"{PORTAL}?jwt=eyJ4.{SECRET}.eyJ4", id="in the middle"),
        pytest.param(f"{PORTAL}?jwt={JWT}.{SECRET}", id="after a JWT"),
        pytest.param(f"{PORTAL}?jwt={JWT}&key={SECRET}", id="in another field"),
        pytest.param(f"https://ca.test/{SECRET}?jwt={JWT}", id="in the path"),
        pytest.param(f"jwt={SECRET}", id="in no query"),
    ],
)
def test_no_key_authorization_passes_for_a_jwt(text: str) -> None:
    assert THUMBPRINT not in clean(text)


def test_the_token_in_a_url_with_a_jwt_is_not_told() -> None:
    token = SECRET.partition(".")[0]
    url = f"http://www.example.com/.well-known/acme-challenge/{token}?jwt={JWT}"
    assert token not in clean(url)


def test_long_host_names_are_repeated() -> None:
    name = f"{'a' * 50}.{'b' * 43}.example.com"
    assert clean(f"no TXT record at {name}") == f"no TXT record at {name}"


@given(JSON, st.sampled_from([0, 400, 403, 429, 500]))
def test_no_document_breaks_anything(document: object, status: int) -> None:
    problem = read_problem(document, status=status)
    if problem is not None:
        assert 0 < len(problem.sentence()) <= 1000
        assert problem.sentence().isprintable()
        assert problem.status == status or not status


@given(st.text(max_size=6000))
def test_clean_text_is_one_bounded_printable_line(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert len(cleaned) <= 4000
    assert cleaned == clean(cleaned)


def test_the_tree() -> None:
    for error in (Problem(), Unreachable("x"), Violation("x"), Misconfigured("x")):
        assert isinstance(error, AcmeError)
        assert error.sentence()
    assert Misconfigured("x", kind="invalidProfile").kind == "invalidProfile"
    assert Unreachable("x", status=503, retry_at=NOW).retry_at == NOW


def test_the_token_in_a_url_is_not_told() -> None:
    url = "http://www.example.com/.well-known/acme-challenge/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyj"
    problem = read_problem({"type": f"{URN}unauthorized", "detail": f"{url} returned 502"})
    assert problem is not None
    assert problem.detail == (
        "http://www.example.com/.well-known/acme-challenge/<token> returned 502"
    )
