"""The labels of an Order: those that choose its solvers are frozen until it has ended."""

from typing import Any

import pytest

from orderapi import states
from orderapi.resources import CLUSTER_ISSUER, ISSUER
from tests.webhook.rules import build
from tests.webhook.rules.acme_judging import edited
from tests.webhook.rules.build import (
    ADMIN,
    CONTROLLER,
    NAMESPACE,
    TENANT,
    Answers,
    Json,
    changed,
)
from webhook.questions import Read, Unanswered
from webhook.request import User
from webhook.rules.requests import judge
from webhook.verdict import Verdict

CLUSTER = Read(CLUSTER_ISSUER, "", "letsencrypt")
LOCAL = Read(ISSUER, NAMESPACE, "letsencrypt")
SOLVER: Json = {"dns01": {"rfc2136": {"nameserver": "192.0.2.1:53"}}}


def relabelled(
    old: Json, new: Any, answers: Answers | None = None, *, user: User = TENANT, **paths: Any
) -> Verdict:
    """The verdict on labels `new` in place of `old`."""
    order = build.order()
    for path, value in paths.items():
        order = changed(order, path.replace("__", "."), value)
    before, after = (changed(order, "metadata.labels", labels) for labels in (old, new))
    return edited("Order", before, after, user, answers)


def issuer(kind: str = "ClusterIssuer", *selectors: Json | None) -> Any:
    """An issuer with these selectors of solvers."""
    solvers = [SOLVER if one is None else {**SOLVER, "selector": one} for one in selectors]
    acme = {
        "server": "https://acme.example",
        "privateKeySecretRef": {"name": "account"},
        "solvers": solvers,
    }
    return build.typed(kind, {"metadata": {"name": "letsencrypt"}, "spec": {"acme": acme}})


SELECTING = issuer(
    "ClusterIssuer",
    None,
    {"dnsZones": ["example.com"]},
    {"matchLabels": {"team": "a", "tier": "1"}},
    {"matchLabels": {"use-dns": "true"}},
)


@pytest.mark.parametrize("user", [ADMIN, TENANT, CONTROLLER])
@pytest.mark.parametrize(
    ("old", "new"), [({"team": "a"}, {"team": "b"}), ({}, {"team": "c"}), ({"team": "a"}, ...)]
)
def test_a_label_that_chooses_a_solver_stays(user: User, old: Json, new: Any) -> None:
    """Changed, added or removed, to whatever value, by anyone."""
    [fault] = relabelled(old, new, {CLUSTER: SELECTING}, user=user).faults
    assert (fault.path, fault.rule) == ("metadata.labels[team]", "labels")
    assert 'the solvers of ClusterIssuer "letsencrypt"' in fault.text
    assert "delete the Order" in fault.text


def test_each_such_label_is_told() -> None:
    """Sorted, and no other."""
    verdict = relabelled(
        {"use-dns": "true", "app": "x", "tier": "1"},
        {"team": "a", "tier": "1"},
        {CLUSTER: SELECTING},
    )
    assert [fault.path for fault in verdict.faults] == [
        "metadata.labels[team]",
        "metadata.labels[use-dns]",
    ]


@pytest.mark.parametrize(
    "found", [SELECTING, issuer(), build.typed("ClusterIssuer", {"spec": {}}), None]
)
def test_other_labels_are_free(found: Any) -> None:
    """Also where the issuer has no solvers, or is not there: then nothing chooses."""
    assert relabelled({"app": "x"}, {"app": "y", "z": ""}, {CLUSTER: found}).allowed


def test_without_its_issuer_no_label_chooses() -> None:
    """A new issuer of that name finds the labels that are then there."""
    assert relabelled({"team": "a"}, {"team": "b"}, {CLUSTER: None}).allowed


@pytest.mark.parametrize("kind", ["Issuer", ""])
def test_an_issuer_is_read_where_the_order_is(kind: str) -> None:
    """Issuer is the kind by default."""
    answers = {LOCAL: issuer("Issuer", {"matchLabels": {"team": "a"}})}
    ref = {"name": "letsencrypt", "kind": kind}
    verdict = relabelled({}, {"team": "a"}, answers, spec__issuerRef=ref)
    assert [fault.path for fault in verdict.faults] == ["metadata.labels[team]"]


@pytest.mark.parametrize(
    "ref",
    [{"name": "x", "group": "issuer.example"}, {"name": "x", "kind": "Vault"}, None],
)
def test_of_other_issuers_nothing_is_asked(ref: Any) -> None:
    """They have no solvers."""
    assert relabelled({}, {"team": "a"}, spec__issuerRef=ref).allowed


@pytest.mark.parametrize("state", sorted(states.FINAL))
def test_once_the_order_has_ended_labels_are_free(state: str) -> None:
    """And nothing is asked."""
    assert relabelled({"team": "a"}, {}, status={"state": state}).allowed


@pytest.mark.parametrize("state", sorted(set(states.ALL) - states.FINAL))
def test_until_then_they_are_not(state: str) -> None:
    """In each state on the way."""
    assert not relabelled({"team": "a"}, {}, {CLUSTER: SELECTING}, status={"state": state}).allowed


@pytest.mark.parametrize(("old", "new"), [({}, ...), ({"a": "b"}, {"a": "b"}), (None, {})])
def test_of_the_same_labels_nothing_is_asked(old: Any, new: Any) -> None:
    """Whatever their spelling."""
    assert relabelled(old, new).allowed


def test_where_the_issuer_cannot_be_read_a_retry_may_pass() -> None:
    """The denial says why, and that."""
    [fault] = relabelled({}, {"app": "x"}, {CLUSTER: Unanswered("it took too long")}).faults
    assert (fault.path, fault.rule) == ("metadata.labels", "unanswered")
    assert "it took too long" in fault.text
    assert "try again" in fault.text


def request_relabelled(status: Json, answers: Answers | None) -> Verdict:
    request = changed(build.certificate_request(), "status", status)
    before, after = (
        changed(request, "metadata.labels", labels) for labels in ({"team": "a"}, {"team": "b"})
    )
    return build.settle(
        judge(build.update("CertificateRequest", before, after, TENANT), frozenset()), answers
    )


def test_an_order_copies_the_labels_of_its_request_so_they_stay_too() -> None:
    verdict = request_relabelled({}, {CLUSTER: SELECTING})
    assert [(fault.path, fault.rule) for fault in verdict.faults] == [
        ("metadata.labels[team]", "labels")
    ]
    assert "make a new one" in verdict.faults[0].text


@pytest.mark.parametrize(
    "status", [{"certificate": "Y2VydA=="}, {"failureTime": "2026-01-02T03:04:05Z"}]
)
def test_the_labels_of_a_request_that_has_ended_choose_nothing(status: Json) -> None:
    assert request_relabelled(status, None).allowed
