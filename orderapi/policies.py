"""The ValidatingAdmissionPolicies: what the API server refuses by itself, webhook or not.

The expressions look at specs as plain maps, so that they freeze every field that the installed CRD
has, whoever wrote it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from orderapi import cel, states
from orderapi.crdrules import FINAL_STATE, WRITTEN_ONCE
from orderapi.names import ACME_GROUP, CONTROLLER_USER
from orderapi.policyparts import CREATED, UPDATED, Json, binding, part, policy, refusal, refusals
from orderapi.requestpolicy import request_policy
from orderapi.resources import CERTIFICATE_REQUEST, CHALLENGE, ORDER, Resource

_ANNOTATION: Final = "key.startsWith(" + cel.text(f"{ACME_GROUP}/") + ")"
_NOT_FREE: Final = '[dyn(null), dyn("")]'

# The variables that Orders and Challenges share. A policy evaluates one when it is needed.
_STATUS: Final = {
    "oldStatus": part("oldObject", "status"),
    "newStatus": part("object", "status"),
    "oldState": 'variables.oldStatus[?"state"].orValue(dyn(""))',
    "newState": 'variables.newStatus[?"state"].orValue(dyn(""))',
}
_ORDER: Final = {
    "rewritten": (
        '["url", "finalizeURL", "certificate"]'
        f".filter(key, key in variables.oldStatus && !(variables.oldStatus[key] in {_NOT_FREE}) && "
        "!(key in variables.newStatus && variables.newStatus[key] == variables.oldStatus[key]))"
        '.map(key, "status." + key)'
    ),
    "oldAnnotations": "oldObject.metadata.?annotations.orValue({})",
    "newAnnotations": "object.metadata.?annotations.orValue({})",
    "changedAnnotations": (
        cel.keys("variables.oldAnnotations", "variables.newAnnotations")
        + f".filter(key, {_ANNOTATION} && "
        "variables.oldAnnotations[?key] != variables.newAnnotations[?key])"
        '.map(key, "metadata.annotations[" + key + "]")'
    ),
}


def policies(controllers: Sequence[str] = (CONTROLLER_USER,)) -> Iterator[Json]:
    """Each policy and its binding, as they are applied; `controllers` are names of users."""
    yield policy(
        ORDER,
        _STATUS | _ORDER,
        [
            *_made(ORDER, CERTIFICATE_REQUEST, controllers),
            *_kept(ORDER, controllers),
            refusals(UPDATED, "rewritten", WRITTEN_ONCE),
            refusals(UPDATED, "changedAnnotations", _SETTINGS),
        ],
    )
    yield binding(ORDER)
    yield policy(
        CHALLENGE,
        _STATUS,
        [*_made(CHALLENGE, ORDER, controllers), *_kept(CHALLENGE, controllers)],
    )
    yield binding(CHALLENGE)
    yield request_policy()
    yield binding(CERTIFICATE_REQUEST)


_SETTINGS: Final = (
    "these annotations choose how control over the names is shown, and never change; delete the "
    "Order, and a new one is made for its request"
)


def _made(
    resource: Resource[Any], owner: Resource[Any], controllers: Sequence[str]
) -> Iterator[Json]:
    """Who makes an object, and for what."""
    kind = resource.kind
    yield refusal(
        f"!({CREATED}) || {cel.by(controllers)}",
        f"{kind}s are made by the controller alone; make a Certificate or a CertificateRequest, "
        f"and its {kind}s follow",
    )
    controlling = f"{cel.owners('object')}.filter(owner, owner.?controller.orValue(false))"
    right = (
        f"owner.kind == {cel.text(owner.kind)} && "
        f"owner.apiVersion.startsWith({cel.text(f'{owner.group}/')})"
    )
    yield refusal(
        f"!({CREATED}) || ({controlling}.size() == 1 && {controlling}.all(owner, {right}))",
        f"metadata.ownerReferences: {kind}s have one controlling owner, of kind {owner.kind} of "
        f"{owner.group}",
    )


def _kept(resource: Resource[Any], controllers: Sequence[str]) -> Iterator[Json]:
    """What of an object's status and owners stays, and who writes them."""
    yield refusal(
        f"!({UPDATED}) || variables.oldStatus == variables.newStatus || {cel.by(controllers)}",
        f"status: the status of {resource.kind}s is written by the controller alone; delete the "
        f"{resource.kind} to have it made anew",
    )
    final = cel.texts(sorted(states.FINAL))
    yield refusal(
        f"!({UPDATED}) || variables.oldState == variables.newState || "
        f'!(variables.oldState in {final}) && variables.newState != ""',
        f"status.state: {FINAL_STATE}",
    )
    yield refusal(
        f"!({UPDATED}) || ({cel.NO_NEW_OWNER}) || {cel.by(controllers)}",
        "metadata.ownerReferences: owners are added and changed by the controller alone; leave "
        "them as they are, or remove them",
    )
