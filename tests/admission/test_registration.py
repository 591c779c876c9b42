"""What is sent to the webhook, seen from a webhook that never answers.

With failurePolicy Fail the request fails then; with Ignore the API server counts it and lets it by.
"""

import re
from collections.abc import Iterator

import pytest

from orderapi.admission import CONFIGURATION, webhook_configuration
from tests.admission.api import ADMIN, CONTROLLER, TENANT, Api, Json, Who
from tests.admission.case import OWNERS, WEBHOOK, Case, Change, base, changed
from tests.admission.cases import CASES
from tests.admission.layers import DRY, Ground, Stand, until

PATH = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{CONFIGURATION}"
COUNTED = re.compile(r'webhook_fail_open_count\{name="([^"]+)".* (\d+)\n')
HELD: Change = {("metadata", "finalizers"): ["example.com/hold"]}
LABELS: Change = {("metadata", "labels"): {"team": "a"}}


@pytest.fixture(scope="module")
def stand(ground: Ground) -> Iterator[Stand]:
    """The registration as it is shipped, at an address where nobody listens."""
    shipped = webhook_configuration()
    unanswered = {"url": "https://127.0.0.1:1/validate"}
    webhooks = [one | {"clientConfig": unanswered} for one in shipped["webhooks"]]
    standing = ground.seeded(_objects())
    ground.api.apply(PATH, shipped | {"webhooks": webhooks}).result()
    order = standing.objects["Order"]
    bent = changed(order, {("spec", "profile"): "bent"})
    until(lambda: not ground.api.replace(bent, query=DRY).passed, "it is registered")
    yield standing
    ground.api.call("DELETE", PATH).result()
    until(lambda: ground.api.replace(bent, query=DRY).passed, "it is not registered any more")


def _objects() -> dict[str, Json]:
    kinds = {kind: changed(base(kind), HELD) for kind in ("Order", "Challenge")}
    return kinds | {"CertificateRequest": base("CertificateRequest")} | _refused()


def _refused() -> dict[str, Json]:
    return {
        case.name: changed(base(case.kind), case.old)
        for case in CASES
        if case.operation == "UPDATE" and WEBHOOK in case.refused_by
    }


def _let_by(api: Api) -> dict[str, int]:
    text = api.call("GET", "/metrics").message
    return {name: int(count) for name, count in COUNTED.findall(text)}


@pytest.mark.parametrize(
    "case", [case for case in CASES if WEBHOOK in case.refused_by], ids=lambda case: case.name
)
def test_what_the_webhook_refuses_is_sent_to_it(stand: Stand, case: Case) -> None:
    before = {} if case.kind == "Challenge" else _let_by(stand.api)
    answer = stand.attempt(case)
    if answer.passed:
        assert _let_by(stand.api) != before
    else:
        assert "failed calling webhook" in answer.message


@pytest.mark.parametrize("kind", ["Order", "Challenge"])
@pytest.mark.parametrize(
    ("who", "change", "subresource"),
    [
        (ADMIN, {}, ""),
        (ADMIN, {}, "status"),
        (TENANT, {("metadata", "finalizers"): ...}, ""),
        (TENANT, {OWNERS: ...}, ""),
        (TENANT, {(*OWNERS, 0, "blockOwnerDeletion"): False}, ""),
        (CONTROLLER, {("status", "reason"): "mine"}, "status"),
        (CONTROLLER, {("status", "state"): "valid"}, "status"),
    ],
)
def test_this_is_not_sent(
    stand: Stand, kind: str, who: Who, change: Change, subresource: str
) -> None:
    before = _let_by(stand.api)
    bent = changed(stand.objects[kind], change)
    answer = stand.api.replace(bent, who, subresource, query=DRY)
    assert answer.passed, answer.message
    assert _let_by(stand.api) == before


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
    assert stand.api.create(stand.placed(base(kind), "made"), CONTROLLER).passed
    assert _let_by(stand.api)["creation.acme.cert-manager.io"] == before + 1
    refused = stand.api.create(stand.placed(base(kind), "made-by-hand"), TENANT)
    assert 'failed calling webhook "orders.acme.cert-manager.io"' in refused.message
