"""What is sent to the webhook, seen from one that never answers.

Every entry has failurePolicy Fail here: what is sent fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.admission.api import ADMIN, CONTROLLER, DRY, TENANT, Answer, Who
from tests.admission.case import OWNERS, WEBHOOK, Case, Change, base, changed
from tests.admission.cases import CASES
from tests.admission.layers import Ground, Stand
from tests.admission.webhooklayer import unanswered

REFUSED = [case for case in CASES if WEBHOOK in case.refused_by]
FINALIZERS = ("metadata", "finalizers")
HELD: Change = {FINALIZERS: ["example.com/hold"]}


@dataclass(frozen=True, slots=True)
class Tried:
    """Objects to change, and what became of the cases."""

    stand: Stand
    answers: Mapping[str, Answer]


@pytest.fixture(scope="module")
def tried(ground: Ground) -> Iterator[Tried]:
    """A registration that fails for all that it is for."""
    objects = {kind: changed(base(kind), HELD) for kind in ("Order", "Challenge")}
    with unanswered(ground.seeded(objects), failurePolicy="Fail") as stand:
        answers = stand.api.each(stand.attempt, REFUSED)
        names = (case.name for case in REFUSED)
        yield Tried(stand, dict(zip(names, answers, strict=True)))


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_the_webhook_refuses_is_sent_to_it(tried: Tried, case: Case) -> None:
    assert "failed calling webhook" in tried.answers[case.name].message


@pytest.mark.parametrize("kind", ["Order", "Challenge"])
@pytest.mark.parametrize(
    ("who", "change", "subresource"),
    [
        (ADMIN, {}, ""),
        (ADMIN, {}, "status"),
        (TENANT, {FINALIZERS: ...}, ""),
        (TENANT, {OWNERS: ...}, ""),
        (TENANT, {(*OWNERS, 0, "blockOwnerDeletion"): False}, ""),
        (CONTROLLER, {("status", "reason"): "mine"}, "status"),
        (CONTROLLER, {("status", "state"): "valid"}, "status"),
    ],
)
def test_this_is_not_sent(
    tried: Tried, kind: str, who: Who, change: Change, subresource: str
) -> None:
    bent = changed(tried.stand.objects[kind], change)
    answer = tried.stand.api.replace(bent, who, subresource, query=DRY)
    assert answer.passed, answer.message
