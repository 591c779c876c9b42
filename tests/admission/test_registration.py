"""What goes on while the webhook, registered as it is shipped, does not answer.

The API server counts what it lets by then.
"""

import re
from collections.abc import Iterator

import pytest

from tests.admission.api import CONTROLLER, DRY, TENANT, Answer, Api
from tests.admission.case import REF, Change, base, changed
from tests.admission.layers import KINDS, Ground, Stand
from tests.admission.webhooklayer import unanswered

COUNTED = re.compile(r'webhook_fail_open_count\{name="([^"]+)".* (\d+)\n')
LABELS: Change = {("metadata", "labels"): {"team": "a"}}


@pytest.fixture(scope="module")
def stand(ground: Ground) -> Iterator[Stand]:
    """It, and an object of each kind."""
    objects = {kind: base(kind) for kind in KINDS}
    foreign = changed(base("CertificateRequest"), {(*REF, "group"): "example.com"})
    with unanswered(ground.seeded(objects | {"foreign": foreign})) as standing:
        yield standing


def _let_by(api: Api) -> dict[str, int]:
    text = api.call("GET", "/metrics").message
    return {name: int(count) for name, count in COUNTED.findall(text)}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Order", "labels.acme.cert-manager.io"),
        ("CertificateRequest", "validation.cert-manager.io"),
    ],
)
def test_labels_are_sent_and_do_not_depend_on_the_answer(
    stand: Stand, kind: str, name: str
) -> None:
    before = _let_by(stand.api).get(name, 0)
    answer = stand.api.replace(changed(stand.objects[kind], LABELS), TENANT, query=DRY)
    assert answer.passed, answer.message
    assert _let_by(stand.api)[name] == before + 1


@pytest.mark.parametrize("kind", ["Order", "Challenge"])
def test_the_controller_makes_its_objects_without_an_answer(stand: Stand, kind: str) -> None:
    before = _let_by(stand.api).get("creation.acme.cert-manager.io", 0)
    made = stand.placed(base(kind), "new")
    assert stand.api.create(made, CONTROLLER, DRY).passed
    assert _let_by(stand.api)["creation.acme.cert-manager.io"] == before + 1
    refused = stand.api.create(made, TENANT, DRY)
    assert 'failed calling webhook "orders.acme.cert-manager.io"' in refused.message


def test_nobody_approves_for_issuers_of_others_without_an_answer(stand: Stand) -> None:
    def told(kind: str) -> Answer:
        told = {"type": kind, "status": "True", "reason": "test", "message": ""}
        change: Change = {("status", "conditions"): [told]}
        return stand.api.replace(
            changed(stand.objects["foreign"], change), TENANT, "status", query=DRY
        )

    assert 'failed calling webhook "approval.cert-manager.io"' in told("Approved").message
    assert 'failed calling webhook "approval.cert-manager.io"' in told("Denied").message
    assert told("Ready").passed
