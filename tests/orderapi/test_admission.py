"""What is registered for admission, as far as it shows without an API server."""

import json

from orderapi.names import CONTROLLER_USER
from orderapi.policies import policies
from orderapi.registration import webhook_configuration

OTHER = "system:serviceaccount:cert-manager:cert-manager"


def test_other_controllers_can_be_named() -> None:
    for build in (lambda users: list(policies(users)), webhook_configuration):
        plain, with_other = build((CONTROLLER_USER,)), build((CONTROLLER_USER, OTHER))
        names = f'["{CONTROLLER_USER}", "{OTHER}"]'
        expected = json.dumps(plain).replace(
            json.dumps(f'["{CONTROLLER_USER}"]')[1:-1], json.dumps(names)[1:-1]
        )
        assert json.dumps(with_other) == expected
        assert expected != json.dumps(plain)


def test_each_place_that_names_the_controller_is_one_to_keep_in_step() -> None:
    assert [json.dumps(part).count(CONTROLLER_USER) for part in policies()] == [1, 0, 1, 0, 0, 0]
    webhooks = webhook_configuration()["webhooks"]
    assert [json.dumps(one).count(CONTROLLER_USER) for one in webhooks] == [1, 0, 0, 0, 1]


def test_policies_hold_when_they_cannot_be_evaluated() -> None:
    parts = list(policies())
    assert [part["spec"]["failurePolicy"] for part in parts[::2]] == ["Fail"] * 3
    assert [part["spec"]["validationActions"] for part in parts[1::2]] == [["Deny"]] * 3


def test_the_webhook_is_asked_about_its_resources_alone() -> None:
    webhooks = webhook_configuration()["webhooks"]
    assert {one["name"]: one["failurePolicy"] for one in webhooks} == {
        "orders.acme.cert-manager.io": "Fail",
        "creation.acme.cert-manager.io": "Ignore",
        "labels.acme.cert-manager.io": "Ignore",
        "approval.cert-manager.io": "Fail",
        "validation.cert-manager.io": "Ignore",
    }
    for webhook in webhooks:
        assert webhook["timeoutSeconds"] == 5
        assert webhook["sideEffects"] == "None"
        assert webhook["clientConfig"]["service"]["path"] == "/validate"
        assert "caBundle" not in webhook["clientConfig"]
        assert "objectSelector" not in webhook
        assert "namespaceSelector" not in webhook
        for rule in webhook["rules"]:
            assert rule["operations"] in (["CREATE"], ["UPDATE"], ["CREATE", "UPDATE"])
            assert "*" not in "".join(rule["apiGroups"] + rule["resources"])
