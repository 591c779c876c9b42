"""The RFC's objects, read from what CAs really send."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.acme.messages import (
    Challenge,
    Identifier,
    NewOrder,
    read_account,
    read_authorization,
    read_challenge,
    read_directory,
    read_order,
)
from controller.acme.problem import Violation
from tests.controller.acme.build import NOW, URL, an_answer

DIRECTORY: dict[str, Any] = {
    "newNonce": "/nonce",
    "newAccount": "https://acme.test/account",
    "newOrder": "https://acme.test/order",
}
JUNK: st.SearchStrategy[object] = st.sampled_from(
    [None, 5, True, "x", [], {}, ["x", None, {}], {"x": 1}]
)


def test_a_directory_with_all_that_cas_put_into_it() -> None:
    directory = read_directory(
        an_answer(
            body={
                **DIRECTORY,
                "renewalInfo": "https://acme.test/ari",
                "Xq7bRandom": "https://letsencrypt.test/adding-random-entries",
                "meta": {
                    "termsOfService": "https://acme.test/tos",
                    "website": "https://acme.test",
                    "externalAccountRequired": True,
                    "caaIdentities": ["acme.test"],
                    "profiles": {"classic": "90 days", "odd": 5},
                    "auto-renewal": {},
                },
            }
        )
    )
    assert directory.new_nonce == "https://acme.test/nonce"
    assert directory.renewal_info == "https://acme.test/ari"
    assert directory.terms_of_service == "https://acme.test/tos"
    assert directory.external_account_required is True
    assert directory.profiles == {"classic": "90 days"}


def test_a_directory_with_the_least() -> None:
    directory = read_directory(an_answer(body=DIRECTORY))
    assert directory.renewal_info == directory.terms_of_service == ""
    assert directory.external_account_required is False
    assert directory.profiles == {}


@pytest.mark.parametrize("body", [{}, {"newNonce": "/x"}, {"newNonce": 5, "newOrder": None}])
def test_what_is_no_directory_says_what_is_missing(body: dict[str, Any]) -> None:
    with pytest.raises(Violation, match=r"not an ACME directory: .*newAccount.* missing"):
        read_directory(an_answer(body=body))


def test_a_directory_that_leads_to_http_is_refused() -> None:
    with pytest.raises(Violation, match="over https alone"):
        read_directory(an_answer(body={**DIRECTORY, "newOrder": "http://acme.test/order"}))


@given(st.dictionaries(st.sampled_from(["meta", "renewalInfo", "newAuthz", "zz"]), JUNK))
def test_no_other_member_breaks_a_directory(junk: dict[str, object]) -> None:
    junk.pop("renewalInfo", None)
    assert read_directory(an_answer(body={**DIRECTORY, **junk})).new_order


def test_an_account() -> None:
    body = {"status": "valid", "contact": ["mailto:a@example.com", 5], "orders": "/orders"}
    account = read_account(an_answer(201, body), URL)
    assert (account.url, account.status, account.created) == (URL, "valid", True)
    assert account.contact == ("mailto:a@example.com",)
    assert read_account(an_answer(200, {"contact": None}), URL).contact == ()


def test_an_account_with_an_empty_body_is_valid() -> None:
    account = read_account(an_answer(200), URL)
    assert (account.status, account.created) == ("valid", False)


def test_an_order() -> None:
    order = read_order(
        an_answer(
            body={
                "status": "processing",
                "expires": "2026-11-25T12:00:00.123456789Z",
                "identifiers": [{"type": "dns", "value": "Example.COM"}, {"type": "ip"}, "junk"],
                "authorizations": ["/authz/1", "https://acme.test/authz/2", None],
                "finalize": "1/finalize",
                "notBefore": None,
                "error": None,
            },
            retry_after="3",
        ),
        URL,
        NOW,
    )
    assert (order.url, order.status, order.certificate) == (URL, "processing", "")
    assert order.identifiers == (Identifier("dns", "example.com"), Identifier("ip", ""))
    assert order.authorizations == ("https://acme.test/authz/1", "https://acme.test/authz/2")
    assert order.finalize == "https://acme.test/acme/order/1/finalize"
    assert order.expires == datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)
    assert order.retry_at == NOW + timedelta(seconds=3)
    assert order.error is None


def test_an_order_that_failed_says_why() -> None:
    error = {"type": "urn:ietf:params:acme:error:unauthorized", "detail": "no", "status": 403}
    order = read_order(an_answer(body={"status": "invalid", "error": error}), URL, NOW)
    assert order.error is not None
    assert (order.error.kind, order.error.status) == ("unauthorized", 403)
    assert order.retry_at is None


def test_an_authorization_of_a_wildcard() -> None:
    authorization = read_authorization(
        an_answer(
            body={
                "status": "pending",
                "wildcard": True,
                "identifier": {"type": "dns", "value": "example.com"},
                "challenges": [
                    {"type": "dns-01", "url": "/c/1", "token": "t0k", "status": "pending"},
                    {"type": "dns-persist-01", "url": "/c/2"},
                    {"type": "http-01"},
                    "junk",
                ],
            }
        ),
        URL,
        NOW,
    )
    assert authorization.wildcard is True
    assert authorization.identifier == Identifier("dns", "example.com")
    assert authorization.challenges == (
        Challenge("https://acme.test/c/1", "dns-01", "pending", "t0k"),
        Challenge("https://acme.test/c/2", "dns-persist-01", "pending"),
    )
    assert "t0k" not in repr(authorization)


@pytest.mark.parametrize("challenges", [[], None, "absent"])
def test_a_valid_authorization_may_have_no_challenges(challenges: object) -> None:
    body: dict[str, Any] = {"status": "valid", "identifier": {"type": "dns", "value": "a.test"}}
    if challenges != "absent":
        body["challenges"] = challenges
    authorization = read_authorization(an_answer(body=body), URL, NOW)
    assert (authorization.status, authorization.challenges) == ("valid", ())


def test_an_authorization_in_processing_is_pending() -> None:
    body = {"status": "processing", "identifier": {}}
    assert read_authorization(an_answer(body=body), URL, NOW).status == "pending"


def test_a_challenge_that_failed_says_why() -> None:
    error = {"type": "urn:ietf:params:acme:error:dns", "detail": "NXDOMAIN"}
    body = {"type": "dns-01", "url": "/elsewhere", "status": "invalid", "error": error}
    challenge = read_challenge(an_answer(body=body, retry_after="2"), URL, NOW)
    assert challenge.url == URL
    assert challenge.retry_at == NOW + timedelta(seconds=2)
    assert challenge.error is not None
    assert challenge.error.detail == "NXDOMAIN"


@pytest.mark.parametrize("body", [{}, {"status": None}, {"status": 5}])
def test_an_object_without_a_status_is_a_violation(body: dict[str, Any]) -> None:
    with pytest.raises(Violation, match="without a status"):
        read_order(an_answer(body=body), URL, NOW)


@pytest.mark.parametrize(
    "expires",
    ["", "soon", "2026-11-25", "2026-11-25T12:00:00", 5, None, "0001-01-01T00:00:00+14:00"],
)
def test_an_expiry_that_cannot_be_read_is_absent(expires: object) -> None:
    body = {"status": "pending", "expires": expires}
    assert read_order(an_answer(body=body), URL, NOW).expires is None


@pytest.mark.parametrize(
    ("kind", "value", "canonical"),
    [
        pytest.param("dns", "WWW.Example.com", "www.example.com", id="dns"),
        pytest.param("ip", "2001:DB8:0:0::1", "2001:db8::1", id="IPv6"),
        pytest.param("ip", "192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("ip", "192.0.2.256", "192.0.2.256", id="no address: left to the CA"),
        pytest.param("email", "A@b", "A@b", id="another type"),
    ],
)
def test_identifiers_are_canonical(kind: str, value: str, canonical: str) -> None:
    assert Identifier(kind, value).value == canonical


def test_what_newOrder_sends() -> None:  # noqa: N802
    names = (Identifier("dns", "*.Example.com"), Identifier("ip", "2001:DB8::0"))
    end = datetime(2026, 12, 1, 1, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    new = NewOrder(names, profile="short", not_after=end, replaces="a.b")
    assert new.payload() == {
        "identifiers": [
            {"type": "dns", "value": "*.example.com"},
            {"type": "ip", "value": "2001:db8::"},
        ],
        "profile": "short",
        "notAfter": "2026-12-01T00:00:00Z",
        "replaces": "a.b",
    }
    assert NewOrder(names).payload().keys() == {"identifiers"}


@given(
    st.dictionaries(
        st.sampled_from(
            ["status", "identifier", "identifiers", "authorizations", "challenges", "error"]
        ),
        JUNK,
    )
)
def test_no_junk_breaks_an_order_or_an_authorization(junk: dict[str, object]) -> None:
    body = {"status": "pending", **junk}
    if isinstance(body["status"], str):
        assert read_order(an_answer(body=body), URL, NOW).status == body["status"]
        assert read_authorization(an_answer(body=body), URL, NOW).status == body["status"]


@pytest.mark.parametrize(
    ("names", "authorizations", "fine"),
    [(0, 2, True), (0, 3, False), (3, 6, True), (3, 7, False), (150, 200, True), (150, 201, False)],
)
def test_an_order_has_few_authorizations(names: int, authorizations: int, *, fine: bool) -> None:
    body = {
        "status": "pending",
        "identifiers": [{"type": "dns", "value": f"{n}.test"} for n in range(names)],
        "authorizations": [f"/authz/{n}" for n in range(authorizations)],
    }
    if fine:
        assert len(read_order(an_answer(body=body), URL, NOW).authorizations) == authorizations
        return
    with pytest.raises(Violation, match=f"{names} names with {authorizations} authorizations"):
        read_order(an_answer(body=body), URL, NOW)


def test_an_authorization_has_few_challenges() -> None:
    challenges = [{"type": "dns-01", "url": f"/c/{n}"} for n in range(51)]
    body = {"status": "pending", "challenges": challenges[1:]}
    assert len(read_authorization(an_answer(body=body), URL, NOW).challenges) == 50
    body["challenges"] = challenges
    with pytest.raises(Violation, match="with 51 challenges"):
        read_authorization(an_answer(body=body), URL, NOW)


def test_a_text_is_no_longer_than_4_kib() -> None:
    body = {"status": "pending", "token": "x" * 4096}
    assert len(read_challenge(an_answer(body=body), URL, NOW).token) == 4096
    body["token"] += "x"
    with pytest.raises(Violation, match="a token of 4097 characters"):
        read_challenge(an_answer(body=body), URL, NOW)
