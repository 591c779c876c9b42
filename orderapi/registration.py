"""The ValidatingWebhookConfiguration: what the API server sends to the webhook, and what it does
where the webhook does not answer.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from orderapi import cel
from orderapi.names import (
    ACME_GROUP,
    APPROVED,
    CONTROLLER_USER,
    DENIED,
    GROUP,
    VERSION,
    WEBHOOK_CONFIGURATION,
    WEBHOOK_NAMESPACE,
    WEBHOOK_SERVICE,
)
from orderapi.policyparts import API_VERSION, Json

_SERVICE: Final = {
    "name": WEBHOOK_SERVICE,
    "namespace": WEBHOOK_NAMESPACE,
    "path": "/validate",
    "port": 443,
}
_TIMEOUT: Final = 5
_ACME: Final = ("orders", "challenges")
_CERTIFICATES: Final = (
    "certificates",
    "certificaterequests",
    "certificaterequests/status",
    "issuers",
    "clusterissuers",
)


def webhook_configuration(controllers: Sequence[str] = (CONTROLLER_USER,)) -> Json:
    """The configuration as it is applied, without a caBundle: that is the webhook's to fill in."""
    by_controller = cel.by(controllers)
    return {
        "apiVersion": API_VERSION,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": WEBHOOK_CONFIGURATION},
        "webhooks": [
            _orders(by_controller),
            _creation(),
            _labels(),
            _approval(),
            _validation(by_controller),
        ],
    }


def _orders(by_controller: str) -> Json:
    """What must not happen unjudged. What issuance needs goes on while the webhook is down."""
    subresources = [*_ACME, *(f"{plural}/status" for plural in _ACME)]
    return _webhook(
        f"orders.{ACME_GROUP}",
        "Fail",
        _rules(ACME_GROUP, subresources, "CREATE", "UPDATE"),
        {
            "changed": _BENT,
            "not-the-controllers": f"!(({_any(_STATUS, cel.CREATED)}) && {by_controller})",
        },
    )


def _creation() -> Json:
    """What the controller makes. What others make is sent too, and refused by the entry before: an
    identity less to keep in step."""
    return _webhook(f"creation.{ACME_GROUP}", "Ignore", _rules(ACME_GROUP, _ACME, "CREATE"), {})


def _labels() -> Json:
    """What may have been said of an Order beside what the first entry asks about."""
    return _webhook(
        f"labels.{ACME_GROUP}",
        "Ignore",
        _rules(ACME_GROUP, ("orders",), "UPDATE"),
        {"changed": f"!({_BENT}) && ({_TOLD})"},
    )


def _approval() -> Json:
    """Who approves for issuers of other groups; for ours the policy asks the same."""
    decided = f"object.?status.?conditions.orValue([]).filter(one, one.type in {_DECISIONS})"
    return _webhook(
        f"approval.{GROUP}",
        "Fail",
        _rules(GROUP, ("certificaterequests/status",), "UPDATE"),
        {
            "of-another-group": f'!(object.?spec.?issuerRef.?group.orValue("") in ["", "{GROUP}"])',
            "decided": f"{decided} != {decided.replace('object', 'oldObject')}",
        },
    )


def _validation(by_controller: str) -> Json:
    """What people write. The rest goes by without the webhook: finalizers, the garbage collector,
    storage migration."""
    parts = ("spec", "status", "metadata.?ownerReferences")
    return _webhook(
        f"validation.{GROUP}",
        "Ignore",
        _rules(GROUP, _CERTIFICATES, "CREATE", "UPDATE"),
        {
            "changed": _any(cel.CREATED, *map(_differ, parts), _TOLD),
            "not-the-controllers": f"!({_STATUS} && {by_controller})",
        },
    )


def _differ(path: str) -> str:
    return f"object.?{path} != oldObject.?{path}"


def _any(*conditions: str) -> str:
    return " || ".join(conditions)


def _rules(group: str, resources: Sequence[str], *operations: str) -> Json:
    return {
        "apiGroups": [group],
        "apiVersions": [VERSION],
        "operations": list(operations),
        "resources": list(resources),
        "scope": "*",
    }


def _webhook(name: str, failure: str, rules: Json, conditions: Mapping[str, str]) -> Json:
    asked = [{"name": name, "expression": when} for name, when in conditions.items()]
    return {
        "name": name,
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": dict(_SERVICE)},
        "failurePolicy": failure,
        "matchPolicy": "Equivalent",
        "sideEffects": "None",
        "timeoutSeconds": _TIMEOUT,
        "rules": [rules],
        **({"matchConditions": asked} if asked else {}),
    }


_DECISIONS: Final = cel.texts((APPROVED, DENIED))
_STATUS: Final = 'request.?subResource.orValue("") == "status"'
_BENT: Final = _any(cel.CREATED, _differ("spec"), _differ("status"), f"!({cel.NO_NEW_OWNER})")
_TOLD: Final = _any(_differ("metadata.?labels"), _differ("metadata.?annotations"))
