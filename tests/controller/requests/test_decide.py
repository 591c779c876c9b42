"""What a CertificateRequest leads to, in tables."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from controller.requests import sentences
from controller.requests.decide import Rest, Submit, Write, decide
from controller.requests.observed import Leaf, Observed, Unreadable
from controller.requests.submission import name_of
from orderapi.conditions import FALSE, TRUE, find
from orderapi.issuer import IssuerSpec
from orderapi.references import IssuerRef
from orderapi.signers import SelfSignedIssuer
from tests.controller.requests.build import (
    APPROVED,
    NOW,
    a_condition,
    a_request,
    an_issuer,
    an_order,
    ready,
    seen,
)

FOREIGN = IssuerRef(name="x", kind="Signer", group="example.com")
WAITING = f'Waiting on certificate issuance from order shop/{name_of(a_request())}: "pending"'
OTHER_TYPE = msgspec.structs.replace(
    an_issuer(FALSE, "kubectl-order issues through ACME only"),
    spec=IssuerSpec(self_signed=SelfSignedIssuer()),
)


@pytest.mark.parametrize(
    "observed",
    [
        pytest.param(seen(a_request(a_condition(status=TRUE, reason="Issued"))), id="issued"),
        pytest.param(seen(a_request(a_condition(reason="Failed"))), id="failed"),
        pytest.param(seen(a_request(a_condition(reason="Denied"))), id="denied before"),
        pytest.param(seen(a_request(approved=False, deleting=True)), id="being deleted"),
        pytest.param(
            seen(a_request(a_condition("InvalidRequest", TRUE), approved=False)), id="invalid"
        ),
        pytest.param(seen(a_request(ref=FOREIGN), issuer=None), id="foreign and approved"),
        pytest.param(
            seen(a_request(a_condition("Denied", TRUE), approved=False, ref=FOREIGN)),
            id="foreign and denied",
        ),
        pytest.param(
            seen(a_request(approved=False, ref=FOREIGN), approves=False),
            id="foreign, and approval is not ours",
        ),
        pytest.param(
            seen(
                a_request(
                    a_condition(reason="Pending", message=sentences.NOT_APPROVED), approved=False
                ),
                approves=False,
            ),
            id="waits for approval and says so",
        ),
        pytest.param(
            seen(
                a_request(a_condition(reason="Pending", message=WAITING)),
                an_order("processing", name=name_of(a_request())),
            ),
            id="its order goes its way",
        ),
    ],
)
def test_nothing_is_done_where_nothing_is_due(observed: Observed) -> None:
    assert decide(observed) == Rest()


def test_a_foreign_request_is_approved_and_otherwise_left_alone() -> None:
    action = decide(seen(a_request(approved=False, ref=FOREIGN), issuer=None, asked=None))
    assert isinstance(action, Write)
    assert action.status.conditions == (APPROVED,)
    assert action.event is None


def test_approval_and_pending_are_one_write() -> None:
    action = decide(seen(a_request(approved=False)))
    assert isinstance(action, Write)
    assert action.status.conditions == (
        APPROVED,
        a_condition(reason="Pending", message=WAITING),
    )
    assert action.event is None


def test_without_approval_of_ours_it_waits_and_says_so() -> None:
    action = decide(seen(a_request(approved=False), approves=False))
    assert ready(action).message == "Not signing CertificateRequest until it is Approved"
    assert isinstance(action, Write)
    assert action.event is not None
    assert (action.event.type, action.event.reason) == ("Normal", "WaitingForApproval")


def test_what_is_denied_fails() -> None:
    action = decide(seen(a_request(a_condition("Denied", TRUE), approved=False)))
    assert isinstance(action, Write)
    assert ready(action).reason == "Denied"
    assert ready(action).message == "The CertificateRequest was denied by an approval controller"
    assert action.status.failure_time == NOW


@pytest.mark.parametrize(
    ("parts", "event", "words"),
    [
        pytest.param(
            {"issuer": None},
            "IssuerNotFound",
            'Referenced "Issuer" not found: there is no Issuer "acme" in namespace "shop"',
            id="no issuer",
        ),
        pytest.param(
            {"issuer": an_issuer(None)},
            "IssuerNotReady",
            "Referenced issuer does not have a Ready status condition",
            id="issuer not looked at",
        ),
        pytest.param(
            {"issuer": an_issuer(FALSE, "the CA is away")},
            "IssuerNotReady",
            'Referenced Issuer "acme" is not ready: the CA is away',
            id="issuer not ready",
        ),
        pytest.param(
            {"issuer": OTHER_TYPE}, "IssuerNotReady", "through ACME only", id="issuer of other type"
        ),
    ],
)
@pytest.mark.parametrize("approved", [True, False], ids=["approved", "new"])
def test_it_waits_for_its_issuer(
    parts: dict[str, Any], event: str, words: str, *, approved: bool
) -> None:
    action = decide(seen(a_request(approved=approved), **parts))
    assert (ready(action).status, ready(action).reason) == (FALSE, "Pending")
    assert words in ready(action).message
    assert isinstance(action, Write)
    assert action.event is not None
    assert (action.event.type, action.event.reason) == ("Normal", event)
    assert action.status.failure_time is None


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        (IssuerRef(name="acme", kind="ClusterIssuer"), 'there is no ClusterIssuer "acme";'),
        (IssuerRef(name="acme", kind="Isuer"), "kind must be Issuer or ClusterIssuer"),
    ],
    ids=["cluster issuer", "misspelt kind"],
)
def test_the_missing_issuer_is_named_by_kind(ref: IssuerRef, words: str) -> None:
    assert words in ready(decide(seen(a_request(ref=ref), issuer=None))).message


@pytest.mark.parametrize(
    ("kind", "expected"), [("ClusterIssuer", True), ("Issuer", False), ("Isuer", False)]
)
def test_who_runs_for_one_namespace_does_not_look_at_cluster_issuers(
    kind: str, *, expected: bool
) -> None:
    request = a_request(ref=IssuerRef(name="acme", kind=kind))
    said = ready(decide(seen(request, issuer=None, only_namespace="shop"))).message
    assert said.startswith(f'Referenced "{kind}" not found: ')
    assert ("runs for one namespace only" in said) is expected
    assert ("does not look at ClusterIssuers" in said) is expected


@pytest.mark.parametrize("after", [-1, 0, 1])
def test_what_was_refused_is_not_tried_before_its_time(after: int) -> None:
    until = NOW - timedelta(seconds=after)
    action = decide(seen(a_request(), refused_until=until))
    assert action == Rest(until) if after < 0 else isinstance(action, Submit)


def test_no_order_before_the_approval_is_written() -> None:
    assert not isinstance(decide(seen(a_request(approved=False))), Submit)


@pytest.mark.parametrize("state", ["invalid", "expired", "errored"])
def test_a_failed_order_fails_its_request(state: str) -> None:
    order = an_order(state, reason="429 urn:ietf:params:acme:error:rateLimited: slow down")
    action = decide(seen(a_request(), order, asked=None, issuer=None))
    assert ready(action).reason == "Failed"
    assert ready(action).message == (
        f'Failed to wait for order resource "web-77" to become ready: order is in "{state}" state: '
        "429 urn:ietf:params:acme:error:rateLimited: slow down"
    )
    assert isinstance(action, Write)
    assert action.event is not None
    assert action.event.reason == "OrderFailed"
    assert find(action.status.conditions, "InvalidRequest") is None


def test_what_is_in_the_orders_way_is_told_and_taken_back() -> None:
    order = an_order("pending", reason="no record yet")
    told = decide(seen(a_request(), order))
    assert isinstance(told, Write)
    expected = 'Waiting on certificate issuance from order shop/web-77: "pending": no record yet'
    assert ready(told).message == expected
    held = a_request(ready(told))
    assert decide(seen(held, order)) == Rest()
    cleared = decide(seen(held, an_order("ready")))
    assert ready(cleared).message.endswith('order shop/web-77: "ready"')


def test_the_certificate_is_copied_in_one_write() -> None:
    order = an_order("valid", certificate=b"chain")
    action = decide(seen(a_request(), order, leaf=Leaf(key_digest="key"), issuer=None))
    assert isinstance(action, Write)
    assert action.status.certificate == b"chain"
    assert ready(action) == a_condition(
        status=TRUE, reason="Issued", message="Certificate fetched from issuer successfully"
    )
    assert action.event is not None
    assert (action.event.type, action.event.reason) == ("Normal", "CertificateIssued")


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        (Leaf(key_digest="another"), "certificate for another key"),
        (Unreadable(why="no PEM block"), "Failed to decode returned certificate"),
    ],
    ids=["other key", "unreadable"],
)
def test_a_certificate_that_does_not_belong_fails_the_request(
    leaf: Leaf | Unreadable, words: str
) -> None:
    action = decide(seen(a_request(), an_order("valid", certificate=b"chain"), leaf=leaf))
    assert ready(action).reason == "Failed"
    assert words in ready(action).message
    assert isinstance(action, Write)
    assert action.status.certificate == b""


def test_of_several_orders_the_one_that_came_furthest_counts() -> None:
    orders = (an_order("errored", name="a"), an_order("pending", name="b", reason="busy"))
    assert '"pending": busy' in ready(decide(seen(a_request(), *orders))).message
