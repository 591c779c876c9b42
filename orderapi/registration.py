"""The ValidatingWebhookConfiguration: what the API server sends to the webhook, and what it does
where the webhook does not answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from orderapi import cel
from orderapi.names import ACME_GROUP, CONTROLLER_USER, GROUP, VERSION

Json: TypeAlias = dict[str, Any]

CONFIGURATION: Final = "kubectl-order"
_SERVICE: Final = {
    "name": "order-webhook",
    "namespace": "cert-manager",
    "path": "/validate",
    "port": 443,
}
_TIMEOUT: Final = 5

_CREATE: Final = 'request.operation == "CREATE"'
_STATUS: Final = 'request.?subResource.orValue("") == "status"'
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
    bent = _any(_CREATE, _differ("spec"), _differ("status"), f"!({cel.NO_NEW_OWNER})")
    told = _any(_differ("metadata.?labels"), _differ("metadata.?annotations"))
    # The rest goes by without the webhook: finalizers, the garbage collector, storage migration.
    asked = _any(
        _CREATE,
        *map(_differ, ("spec", "status", "metadata.?ownerReferences")),
        told,
    )
    subresources = [*_ACME, *(f"{plural}/status" for plural in _ACME)]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": CONFIGURATION},
        "webhooks": [
            _webhook(
                f"orders.{ACME_GROUP}",
                "Fail",
                _rules(ACME_GROUP, subresources, "CREATE", "UPDATE"),
                {
                    "changed": bent,
                    # What issuance needs goes on while the webhook is down.
                    "not-the-controllers": f"!(({_any(_STATUS, _CREATE)}) && {by_controller})",
                },
            ),
            _webhook(
                f"creation.{ACME_GROUP}",
                "Ignore",
                _rules(ACME_GROUP, _ACME, "CREATE"),
                {"the-controllers": by_controller},
            ),
            _webhook(
                f"labels.{ACME_GROUP}",
                "Ignore",
                _rules(ACME_GROUP, ("orders",), "UPDATE"),
                {"changed": f"!({bent}) && ({told})"},
            ),
            _webhook(
                f"validation.{GROUP}",
                "Ignore",
                _rules(GROUP, _CERTIFICATES, "CREATE", "UPDATE"),
                {
                    "changed": asked,
                    "not-the-controllers": f"!({_STATUS} && {by_controller})",
                },
            ),
        ],
    }


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
    return {
        "name": name,
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": dict(_SERVICE)},
        "failurePolicy": failure,
        "matchPolicy": "Equivalent",
        "sideEffects": "None",
        "timeoutSeconds": _TIMEOUT,
        "rules": [rules],
        "matchConditions": [
            {"name": name, "expression": expression} for name, expression in conditions.items()
        ],
    }
