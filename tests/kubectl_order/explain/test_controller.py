"""A controller that is down goes before every other cause, where anything waits for it."""

import msgspec
import pytest

from kubectl_order.explain import explain
from kubectl_order.facts import Absent, Chain, Leader, Unread
from kubectl_order.finding import Actor, Standing
from orderapi.references import IssuerRef
from tests.kubectl_order.build import (
    ISSUED,
    a_certificate,
    a_chain,
    a_leader,
    a_request,
    a_secret,
    ago,
    an_order,
)

SILENT = a_leader(renewed=ago(minutes=5))
GIVEN_BACK = a_leader(holder="", renewed=ago(minutes=5))
NEVER = Leader(namespace="cert-manager", holder="", renewed=None, seconds=0)


@pytest.mark.parametrize("leader", [SILENT, GIVEN_BACK], ids=["silent", "given back"])
def test_it_is_down_while_something_is_open(leader: Leader) -> None:
    found = explain(a_chain(leader=leader))
    assert found.cause == "controller-down"
    assert found.headline == (
        'The controller in namespace "cert-manager" is down: it gave its last sign of life 5 min '
        "ago"
    )
    assert found.who is Actor.ADMIN
    assert found.command == "kubectl get pods -n cert-manager"
    assert found.since == ago(minutes=5)
    assert found.standing is Standing.WAITING


def test_a_lease_that_nobody_ever_held() -> None:
    found = explain(a_chain(leader=NEVER))
    assert found.headline == 'The controller in namespace "cert-manager" is down'
    assert found.evidence[0].endswith("has no holder.")


def test_what_else_is_wrong_is_its_evidence() -> None:
    found = explain(a_chain(leader=SILENT, issuer=Absent(), request=a_request()))
    told = 'Without it: Issuer "acme" in namespace "shop" does not exist.'
    assert found.cause == "controller-down"
    assert told in found.evidence


@pytest.mark.parametrize(
    "leader",
    [
        None,
        Absent(),
        Unread("forbidden"),
        a_leader(),
        a_leader(renewed=ago(seconds=29)),
        a_leader(renewed=None),
        Leader(namespace="cert-manager", holder="", renewed=ago(seconds=5), seconds=1),
    ],
    ids=["not asked", "no lease", "unread", "alive", "late", "no time", "between two"],
)
def test_nothing_is_claimed_without_evidence(
    leader: Leader | Absent | Unread | None,
) -> None:
    assert explain(a_chain(leader=leader)).cause == "in-flight"


@pytest.mark.parametrize(
    ("chain", "cause"),
    [
        (
            a_chain(certificate=a_certificate(ISSUED), secret=a_secret(), leader=SILENT),
            "fine",
        ),
        (
            a_chain(
                request=a_request(issuer=IssuerRef(name="x", kind="Signer", group="example.org")),
                leader=SILENT,
            ),
            "issuer-other-group",
        ),
        (
            a_chain(certificate=None, order=an_order("valid"), request=None, leader=SILENT),
            "orphan-order",
        ),
    ],
    ids=["nothing is due", "another controller's", "an order that is done"],
)
def test_it_does_not_matter_where_nobody_waits_for_it(chain: Chain, cause: str) -> None:
    assert explain(chain).cause == cause


def test_it_matters_once_a_renewal_is_due() -> None:
    late = msgspec.structs.replace(ISSUED, renewal_time=ago(hours=3))
    chain = a_chain(certificate=a_certificate(late), secret=a_secret(), leader=SILENT)
    found = explain(chain)
    assert (found.cause, found.standing) == ("controller-down", Standing.OVERDUE)
