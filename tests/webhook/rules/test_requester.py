"""Who a CertificateRequest says it comes from: nobody, or the one who creates it."""

from typing import Any

import pytest

from orderapi.refusals import REQUESTER
from tests.webhook.rules.build import CONTROLLER, Json, certificate_request, changed, create
from tests.webhook.rules.request_judging import faults
from webhook.request import User
from webhook.verdict import Fault

ALICE = User(
    "alice",
    "1234",
    ("editors", "system:authenticated"),
    {"example.com/scopes": ("a", "b"), "example.com/none": ()},
)


def told(**fields: Any) -> Json:
    request = certificate_request()
    for name, value in fields.items():
        request = changed(request, f"spec.{name}", value)
    return request


def asked(user: User = ALICE, **fields: Any) -> tuple[Fault, ...]:
    return faults(create("CertificateRequest", told(**fields), user))


class TestRequester:
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"username": "", "uid": "", "groups": [], "extra": {}},
            {"username": "alice"},
            {"uid": "1234"},
            {"groups": ["system:authenticated", "editors", "editors"]},
            {"extra": {"example.com/scopes": ["b", "a"]}},
            {"extra": {"example.com/scopes": ["a", "b"], "example.com/more": []}},
            {"extra": {"example.com/none": []}},
        ],
    )
    def test_nobody_or_the_one_who_asks(self, fields: dict[str, Any]) -> None:
        assert asked(**fields) == ()

    @pytest.mark.parametrize(
        "fields",
        [
            {"username": "bob"},
            {"uid": "1235"},
            {"groups": ["editors"]},
            {"groups": ["editors", "system:authenticated", "system:masters"]},
            {"extra": {"example.com/scopes": ["a"]}},
            {"extra": {"example.com/scopes": ["a", "b"], "example.com/more": ["c"]}},
            {"extra": {"example.com/more": ["c"]}},
        ],
    )
    def test_somebody_else(self, fields: dict[str, Any]) -> None:
        (fault,) = asked(**fields)
        assert fault.path == f"spec.{next(iter(fields))}"
        assert fault.rule == "requester"
        assert fault.text == REQUESTER

    def test_everything_at_once(self) -> None:
        forged = asked(username="bob", uid="1", groups=["admins"], extra={"a": ["b"]})
        assert [fault.path for fault in forged] == [
            "spec.username",
            "spec.uid",
            "spec.groups",
            "spec.extra",
        ]

    def test_a_controller_has_no_leave_to_forge(self) -> None:
        (fault,) = asked(CONTROLLER, username="bob")
        assert fault.path == "spec.username"

    def test_what_the_user_has_besides_is_not_told(self) -> None:
        said = str(asked(groups=["x"], extra={"example.com/scopes": ["x"]}))
        assert "editors" not in said
        assert "scopes" not in said
