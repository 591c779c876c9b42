"""Which rules judge what; everything else is refused."""

from typing import Any

import pytest

from tests.webhook.asgi import encoded, review
from tests.webhook.rules.build import CONTROLLERS, settle
from webhook.review import decode
from webhook.rules.dispatch import RULES, judge
from webhook.verdict import ALLOWED, Verdict

ORDERS = {"group": "acme.cert-manager.io", "version": "v1", "resource": "orders"}
CERTIFICATES = {"group": "cert-manager.io", "version": "v1", "resource": "certificates"}


def _verdict(**request: Any) -> Verdict:
    return settle(judge(decode(encoded(review(**request))), CONTROLLERS))


@pytest.mark.parametrize(
    "request_",
    [
        {"resource": ORDERS | {"group": ""}},
        {"resource": ORDERS | {"group": "cert-manager.io"}},
        {"resource": ORDERS | {"version": "v1alpha1"}},
        {"resource": ORDERS | {"resource": "secrets"}},
        {"resource": ORDERS | {"resource": "Orders"}},
        {"subResource": "scale"},
        {"subResource": "Status"},
        {"resource": CERTIFICATES, "subResource": "status"},
        {"resource": CERTIFICATES | {"resource": "issuers"}, "subResource": "status"},
        {"operation": "CONNECT"},
        {"operation": "update"},
        {"operation": ""},
        {"operation": "DELETE", "resource": ORDERS | {"resource": "secrets"}},
        {"object": ...},
        {"object": None},
        {"operation": "CREATE", "object": None},
        {"oldObject": ...},
        {"oldObject": None},
    ],
)  # fmt: skip
def test_what_has_no_rules_is_refused(request_: dict[str, Any]) -> None:
    """By one fault, of no field."""
    (fault,) = _verdict(**request_).faults
    assert fault.rule == "unreadable"
    assert not fault.path


def test_deleting_is_allowed() -> None:
    """Of everything that is registered, without a look at it."""
    for group, resource, subresource in RULES:
        which = {"group": group, "version": "v1", "resource": resource}
        verdict = _verdict(
            resource=which, subResource=subresource, operation="DELETE", object=None, oldObject=17
        )
        assert verdict == ALLOWED


def test_an_order_has_its_rules() -> None:
    """A change of its spec is seen."""
    (fault,) = _verdict(
        object={"metadata": {}, "spec": {"issuerRef": {"name": "a"}}},
        oldObject={"metadata": {}, "spec": {"issuerRef": {"name": "b"}}},
    ).faults
    assert (fault.path, fault.rule) == ("spec.issuerRef.name", "spec")
