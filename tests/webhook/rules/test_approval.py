"""Who may approve and deny, and that what was decided stays."""

from collections.abc import Callable

import pytest

from orderapi.names import GROUP
from orderapi.refusals import DECIDED
from tests.webhook.rules.build import (
    CONTROLLER,
    CONTROLLERS,
    NAMESPACE,
    TENANT,
    Json,
    certificate_request,
    changed,
    create,
    settle,
    update,
)
from webhook.questions import Answer, May, Question, Served, SignerKind, Unanswered
from webhook.request import User
from webhook.rules.requests import judge
from webhook.verdict import Fault, Verdict

APPROVED = {"type": "Approved", "status": "True", "reason": "Fine", "message": "ok"}
DENIED = {"type": "Denied", "status": "True", "reason": "Bad"}
READY = {"type": "Ready", "status": "False", "reason": "Pending"}
TIME = "lastTransitionTime"


def request(*conditions: Json, ref: Json | None = None) -> Json:
    made = changed(certificate_request(), "status.conditions", list(conditions))
    return made if ref is None else changed(made, "spec.issuerRef", ref)


class Cluster:
    """Answers as the API server would, and keeps what it was asked."""

    def __init__(self, *signers: str, served: SignerKind | None = None) -> None:
        self.signers = signers
        self.served = served
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Answer:
        self.asked.append(question)
        match question:
            case May(verb="approve", group="cert-manager.io", resource="signers", namespace=""):
                return question.name in self.signers
            case Served():
                return self.served
        raise AssertionError(question)


def decide(
    old: Json,
    new: Json,
    answers: Callable[[Question], Answer] | None = None,
    *,
    user: User = TENANT,
) -> Verdict:
    asked = update("CertificateRequest", old, new, user, subresource="status")
    return settle(judge(asked, CONTROLLERS), answers)


def names(cluster: Cluster) -> list[str]:
    return [one.name for one in cluster.asked if isinstance(one, May)]


class TestRight:
    @pytest.mark.parametrize("condition", [APPROVED, DENIED])
    @pytest.mark.parametrize("user", [TENANT, CONTROLLER])
    def test_without_it(self, condition: Json, user: User) -> None:
        cluster = Cluster()
        (fault,) = decide(request(READY), request(READY, condition), cluster, user=user).faults
        assert (fault.path, fault.rule) == ("status.conditions", "approval")
        assert all(isinstance(one, May) and one.user == user for one in cluster.asked)
        for word in (user.username, condition["type"], "clusterissuers.cert-manager.io/*"):
            assert word in fault.text

    @pytest.mark.parametrize(
        ("ref", "wildcard", "name"),
        [
            (
                {"name": "le", "kind": "ClusterIssuer"},
                "clusterissuers.cert-manager.io/*",
                "clusterissuers.cert-manager.io/le",
            ),
            (
                {"name": "le"},
                "issuers.cert-manager.io/*",
                f"issuers.cert-manager.io/{NAMESPACE}.le",
            ),
            (
                {"name": "le", "kind": "Issuer", "group": GROUP},
                "issuers.cert-manager.io/*",
                f"issuers.cert-manager.io/{NAMESPACE}.le",
            ),
        ],
    )
    def test_for_all_signers_of_a_kind_or_for_one(
        self, ref: Json, wildcard: str, name: str
    ) -> None:
        old, new = request(ref=ref), request(APPROVED, ref=ref)
        for_all, for_one, for_none = Cluster(wildcard), Cluster(name), Cluster("issuers/*")
        assert decide(old, new, for_all).allowed
        assert names(for_all) == [wildcard]
        assert decide(old, new, for_one).allowed
        assert names(for_one) == [wildcard, name]
        assert not decide(old, new, for_none).allowed

    @pytest.mark.parametrize(
        ("namespaced", "name"),
        [(False, "widgets.example.com/le"), (True, f"widgets.example.com/{NAMESPACE}.le")],
    )
    def test_signers_of_another_group(self, namespaced: bool, name: str) -> None:
        ref = {"name": "le", "kind": "Widget", "group": "example.com"}
        old, new = request(ref=ref), request(APPROVED, ref=ref)
        kind = SignerKind("widgets", namespaced)
        cluster = Cluster(name, served=kind)
        assert decide(old, new, cluster).allowed
        assert cluster.asked[0] == Served("example.com", "Widget")
        assert names(cluster) == ["widgets.example.com/*", name]
        assert not decide(old, new, Cluster(served=kind)).allowed

    @pytest.mark.parametrize("group", ["example.com", "cert-manager.io"])
    def test_a_kind_that_is_not_served(self, group: str) -> None:
        ref = {"name": "le", "kind": "Widget", "group": group}
        cluster = Cluster()
        (fault,) = decide(request(ref=ref), request(APPROVED, ref=ref), cluster).faults
        assert (fault.path, fault.rule) == ("spec.issuerRef", "approval")
        assert cluster.asked == [Served(group, "Widget")]

    def test_what_can_be_no_group_is_not_asked_for(self) -> None:
        ref = {"name": "le", "kind": "Widget", "group": "x/../../api/v1"}
        cluster = Cluster(served=SignerKind("widgets", namespaced=True))
        (fault,) = decide(request(ref=ref), request(APPROVED, ref=ref), cluster).faults
        assert fault.path == "spec.issuerRef"
        assert cluster.asked == []

    @pytest.mark.parametrize("group", ["", "example.com"])
    def test_no_answer(self, group: str) -> None:
        ref = {"name": "le", "kind": "Widget" if group else "", "group": group}
        verdict = decide(
            request(ref=ref), request(APPROVED, ref=ref), lambda _: Unanswered("it timed out")
        )
        (fault,) = verdict.faults
        assert (fault.path, fault.rule) == ("status.conditions", "unanswered")
        assert "it timed out" in fault.text
        assert "try again" in fault.text

    def test_a_new_issuer_ref_does_not_choose_whose_right_is_asked_for(self) -> None:
        old, new = request(ref={"name": "theirs"}), request(APPROVED, ref={"name": "mine"})
        cluster = Cluster(f"issuers.cert-manager.io/{NAMESPACE}.mine")
        assert {fault.rule for fault in decide(old, new, cluster).faults} == {"spec", "approval"}

    def test_a_request_without_a_spec(self) -> None:
        old, new = (changed(one, "spec", ...) for one in (request(), request(APPROVED)))
        assert decide(old, new, Cluster("issuers.cert-manager.io/*")).allowed
        assert not decide(old, new, Cluster()).allowed

    def test_nothing_is_asked_where_nothing_is_decided(self) -> None:
        ready = {"type": "Ready", "status": "True"}
        assert decide(request(READY), request(ready)).allowed
        assert decide(request(APPROVED), request(APPROVED, READY)).allowed
        assert decide(request(READY, DENIED), request(DENIED)).allowed

    def test_a_decision_that_turns_true_is_a_new_one(self) -> None:
        undecided = APPROVED | {"status": "False"}
        verdict = decide(request(undecided), request(APPROVED), Cluster())
        assert {fault.rule for fault in verdict.faults} == {"approval", "conditions"}


def conditions(old: Json, new: Json) -> list[Fault]:
    everything = Cluster("clusterissuers.cert-manager.io/*")
    faults = decide(old, new, everything).faults
    assert all(one.path.startswith("status.conditions") for one in faults)
    assert {one.rule for one in faults} <= {"conditions"}
    return list(faults)


class TestDecisions:
    def test_both(self) -> None:
        (fault,) = conditions(request(), request(APPROVED, DENIED))
        assert "both" in fault.text
        (fault,) = conditions(request(APPROVED), request(APPROVED, DENIED))
        assert "both" in fault.text

    def test_more_than_once(self) -> None:
        (fault,) = conditions(request(), request(APPROVED, APPROVED))
        assert "more than once" in fault.text

    @pytest.mark.parametrize("kind", ["Approved", "Denied"])
    @pytest.mark.parametrize("status", ["False", "Unknown"])
    def test_not_true(self, kind: str, status: str) -> None:
        (fault,) = conditions(request(), request({"type": kind, "status": status}))
        assert fault.path == f"status.conditions[{kind}]"
        assert fault.text.startswith("can only be True")

    @pytest.mark.parametrize("condition", [APPROVED, DENIED])
    @pytest.mark.parametrize(
        "change",
        [
            {"status": "False"},
            {"reason": "Other"},
            {"message": "other"},
            {TIME: "2026-01-02T03:04:06Z"},
            {TIME: None},
        ],
    )
    def test_changed(self, condition: Json, change: Json) -> None:
        decided = condition | {TIME: "2026-01-02T03:04:05Z"}
        faults = conditions(request(decided), request(decided | change))
        assert (f"status.conditions[{condition['type']}]", DECIDED) in [
            (fault.path, fault.text) for fault in faults
        ]

    @pytest.mark.parametrize("condition", [APPROVED, DENIED])
    def test_removed(self, condition: Json) -> None:
        for old, new in (
            (request(READY, condition), request(READY)),
            (request(condition), changed(request(), "status", ...)),
        ):
            (fault,) = conditions(old, new)
            assert fault.path == f"status.conditions[{condition['type']}]"
            assert fault.text == DECIDED

    @pytest.mark.parametrize(
        "change",
        [
            {TIME: "2026-01-02T04:04:05+01:00"},
            {TIME: "2026-01-02T03:04:05.000Z"},
            {"message": "", "observedGeneration": None},
        ],
    )
    def test_the_same_in_other_words(self, change: Json) -> None:
        decided = DENIED | {TIME: "2026-01-02T03:04:05Z"}
        assert conditions(request(decided), request(READY, decided | change)) == []

    def test_a_time_that_is_none_is_compared_as_text(self) -> None:
        odd = APPROVED | {TIME: "never"}
        assert conditions(request(odd), request(odd, READY)) == []
        assert len(conditions(request(odd), request(odd | {TIME: "ever"}))) == 1

    def test_what_was_wrong_before_is_not_said_again(self) -> None:
        old = request(APPROVED, DENIED, {"type": "Denied", "status": "False"})
        assert decide(old, changed(old, "status.failureTime", "2026-01-02T03:04:05Z")).allowed

    def test_a_new_request_that_has_a_status_already(self) -> None:
        made = create("CertificateRequest", request(APPROVED, DENIED))
        faults = settle(judge(made, CONTROLLERS)).faults
        assert [fault.rule for fault in faults] == ["conditions"]
