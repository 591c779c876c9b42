"""What every ValidatingAdmissionPolicy of ours is made of."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from orderapi import cel
from orderapi.crdrules import NEVER_CHANGES
from orderapi.resources import Resource

Json: TypeAlias = dict[str, Any]

CREATED: Final = 'request.operation == "CREATE"'
UPDATED: Final = 'request.operation == "UPDATE"'

_KIND: Final = "admissionregistration.k8s.io/v1"


def part(root: str, name: str) -> str:
    """The spec or status of `object` or `oldObject` as a plain map."""
    return f"has({root}.{name}) ? dyn({root}.{name}) : dyn({{}})"


def refusal(unless: str, message: str) -> Json:
    """A validation with one message."""
    return {"expression": unless, "message": message, "reason": "Forbidden"}


def refusals(when: str, paths: str, message: str, *, unless: str = "") -> Json:
    """A validation that refuses where the list `paths`, a variable, is not empty, and names it."""
    return {
        "expression": f"!({when}) || {unless or f'variables.{paths}.size() == 0'}",
        "messageExpression": f'variables.{paths}.join(", ") + {cel.text(f": {message}")}',
        "reason": "Forbidden",
    }


def policy(
    resource: Resource[Any], variables: Mapping[str, str], validations: Sequence[Json]
) -> Json:
    """The policy for a resource and its status, with the rule that its spec never changes."""
    name = f"{resource.plural}.{resource.group}"
    frozen = {
        "oldSpec": part("oldObject", "spec"),
        "newSpec": part("object", "spec"),
        "changedFields": cel.changed_fields("variables.oldSpec", "variables.newSpec"),
    }
    never = refusals(UPDATED, "changedFields", NEVER_CHANGES[resource.type])
    return {
        "apiVersion": _KIND,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [resource.group],
                        "apiVersions": ["*"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": [resource.plural, f"{resource.plural}/status"],
                    }
                ]
            },
            "variables": [
                {"name": name, "expression": expression}
                for name, expression in {**frozen, **variables}.items()
            ],
            "validations": [never, *validations],
        },
    }


def binding(resource: Resource[Any]) -> Json:
    """What puts the policy into force, everywhere and for everyone."""
    name = f"{resource.plural}.{resource.group}"
    return {
        "apiVersion": _KIND,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
