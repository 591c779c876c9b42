"""What the policies of ours are made of, and what all that is registered for admission shares."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from orderapi import cel
from orderapi.refusals import NEVER_CHANGES
from orderapi.resources import Resource

Json: TypeAlias = dict[str, Any]

API_VERSION: Final = "admissionregistration.k8s.io/v1"


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
) -> Iterator[Json]:
    """The policy for a resource and its status, with the rule that its spec never changes, and the
    policy's binding."""
    frozen = {
        "oldSpec": part("oldObject", "spec"),
        "newSpec": part("object", "spec"),
        "changedFields": cel.changed_fields("variables.oldSpec", "variables.newSpec"),
    }
    never = refusals(cel.UPDATED, "changedFields", NEVER_CHANGES[resource.type])
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": matched(
            resource, ("CREATE", "UPDATE"), (resource.plural, f"{resource.plural}/status")
        ),
        "variables": [
            {"name": name, "expression": expression}
            for name, expression in {**frozen, **variables}.items()
        ],
        "validations": [never, *validations],
    }
    return bound("ValidatingAdmissionPolicy", resource, spec, {"validationActions": ["Deny"]})


def matched(resource: Resource[Any], operations: Sequence[str], plurals: Sequence[str]) -> Json:
    """The constraint that a policy is for these operations, on any version of the resource."""
    rule = {
        "apiGroups": [resource.group],
        "apiVersions": ["*"],
        "operations": list(operations),
        "resources": list(plurals),
    }
    return {"resourceRules": [rule]}


def bound(kind: str, resource: Resource[Any], spec: Json, binding: Json) -> Iterator[Json]:
    """A policy, and what puts it into force, everywhere and for everyone. Both have the name of
    the resource."""
    name = f"{resource.plural}.{resource.group}"
    for suffix, content in (("", spec), ("Binding", {"policyName": name, **binding})):
        yield {
            "apiVersion": API_VERSION,
            "kind": f"{kind}{suffix}",
            "metadata": {"name": name},
            "spec": content,
        }


def changed_annotations(*prefixes: str) -> dict[str, str]:
    """Variables, the last of them `changedAnnotations`: paths of those with one of the prefixes
    that differ."""
    meant = " || ".join(f"key.startsWith({cel.text(prefix)})" for prefix in prefixes)
    return {
        "oldAnnotations": "oldObject.metadata.?annotations.orValue({})",
        "newAnnotations": "object.metadata.?annotations.orValue({})",
        "changedAnnotations": (
            cel.keys("variables.oldAnnotations", "variables.newAnnotations")
            + f".filter(key, ({meant}) && "
            "variables.oldAnnotations[?key] != variables.newAnnotations[?key])"
            '.map(key, "metadata.annotations[" + key + "]")'
        ),
    }
