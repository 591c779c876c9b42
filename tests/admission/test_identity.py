"""Who makes a CertificateRequest is written into it, where the cluster has that policy."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.admission.api import DRY, EDITORS, Json, Who
from tests.admission.case import IDENTITY, POLICY, base, changed
from tests.admission.layers import Ground, Stand, until
from tests.webhook.rules import build

MAKER = Who(
    "maker", (EDITORS, "makers"), uid="maker-uid", extra={"example.com/scope": ("all", "some")}
)
TOLD = {"username", "uid", "groups", "extra"}


@pytest.fixture(scope="module")
def stand(ground: Ground) -> Iterator[Stand]:
    """The policy that writes, and those that refuse."""
    with ground.standing(POLICY, IDENTITY) as standing:
        until(lambda: _told(_made(standing)), "the policy holds")
        yield standing


def _made(stand: Stand, who: Who = MAKER, spec: Mapping[str, Any] = {}) -> Json:
    """What comes of a request whose spec tells this in addition."""
    whole = build.certificate_request()["spec"] | spec
    obj = stand.placed(changed(base("CertificateRequest"), {("spec",): whole}), "new")
    return stand.api.create(obj, who, DRY).body


def _told(made: Json) -> Json:
    return {key: value for key, value in made.get("spec", {}).items() if key in TOLD}


def test_it_is_filled_in(stand: Stand) -> None:
    told = _told(_made(stand))
    groups = told.pop("groups")
    assert set(groups) == {EDITORS, "makers", "system:authenticated"}
    assert told == {
        "username": "maker",
        "uid": "maker-uid",
        "extra": {"example.com/scope": ["all", "some"]},
    }


def test_what_the_user_has_not_is_left_out(stand: Stand) -> None:
    told = _told(_made(stand, Who("plain", (EDITORS,))))
    assert told == {"username": "plain", "groups": [EDITORS, "system:authenticated"]}


def test_empty_values_are_filled_in_too(stand: Stand) -> None:
    made = _made(stand, spec={"username": "", "uid": "", "groups": [], "extra": {}})
    assert _told(made)["username"] == "maker"


def test_the_truth_stays_as_it_is(stand: Stand) -> None:
    assert _told(_made(stand, spec={"username": "maker"})) == {"username": "maker"}


@pytest.mark.parametrize(
    ("field", "lie"),
    [
        ("username", "other"),
        ("uid", "other"),
        ("groups", ["system:masters"]),
        ("extra", {"example.com/scope": ["all"]}),
    ],
)
def test_a_lie_is_refused(stand: Stand, field: str, lie: object) -> None:
    refused = _made(stand, spec={field: lie})
    assert refused["code"] == 403
    assert f"spec.{field}" in refused["message"]


def test_a_request_without_spec_is_let_be(stand: Stand) -> None:
    obj = stand.placed(changed(base("CertificateRequest"), {("spec",): ...}), "new")
    assert "spec" not in stand.api.create(obj, MAKER, DRY).result()
