"""A Challenge is believed where it repeats what its Order's status says, and nowhere else."""

from typing import Any

import msgspec
import pytest

from controller.derived import is_controlled_by, strangeness
from orderapi.challenge import ChallengeSpec
from orderapi.references import IssuerRef
from tests.controller.orders.build import a_challenge, placed

ORDER = placed()
GOOD = a_challenge(ORDER)


def test_what_the_order_makes_is_believed() -> None:
    assert is_controlled_by(GOOD, ORDER)
    assert strangeness(GOOD, ORDER) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"issuer_ref": IssuerRef(name="acme")}, "another issuer", id="issuer-kind"),
        pytest.param({"authorization_url": "https://x"}, "none of its Order's", id="authorization"),
        pytest.param({"dns_name": "bank.example"}, "its name", id="name"),
        pytest.param({"wildcard": True}, "its name", id="wildcard"),
        pytest.param({"url": "https://x"}, "not among", id="url"),
        pytest.param({"token": "mine"}, "not among", id="token"),
        pytest.param({"type": "HTTP-01"}, "not among", id="type"),
    ],
)
def test_what_differs_is_not_believed(changes: dict[str, Any], words: str) -> None:
    spec: ChallengeSpec = msgspec.structs.replace(GOOD.spec, **changes)
    assert words in strangeness(msgspec.structs.replace(GOOD, spec=spec), ORDER)


@pytest.mark.parametrize("name", ["copy", "web-1", "web-1-1", "web-1-00"])
def test_by_another_name_it_is_not_believed(name: str) -> None:
    meta = msgspec.structs.replace(GOOD.metadata, name=name)
    assert "not called as" in strangeness(msgspec.structs.replace(GOOD, metadata=meta), ORDER)


def test_defaults_of_the_issuer_reference_are_no_difference() -> None:
    written = IssuerRef(name="acme", kind="ClusterIssuer", group="cert-manager.io")
    spec = msgspec.structs.replace(GOOD.spec, issuer_ref=written)
    assert strangeness(msgspec.structs.replace(GOOD, spec=spec), ORDER) == ""


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"uid": "another"}, id="uid"),
        pytest.param({"namespace": "elsewhere"}, id="namespace"),
    ],
)
def test_another_order_does_not_control_it(changes: dict[str, str]) -> None:
    meta = msgspec.structs.replace(ORDER.metadata, **changes)
    assert not is_controlled_by(GOOD, msgspec.structs.replace(ORDER, metadata=meta))


def test_an_orphan_is_controlled_by_nobody() -> None:
    meta = msgspec.structs.replace(GOOD.metadata, owner_references=())
    assert not is_controlled_by(msgspec.structs.replace(GOOD, metadata=meta), ORDER)
