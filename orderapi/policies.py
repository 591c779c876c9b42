"""The ValidatingAdmissionPolicies: what the API server refuses by itself, webhook or not.

The expressions look at specs as plain maps, so that they freeze every field that the installed CRD
has, whoever wrote it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from orderapi import cel, states
from orderapi.cel import CREATED, UPDATED
from orderapi.names import ACME_GROUP, CONTROLLER_USER
from orderapi.policyparts import Json, changed_annotations, part, policy, refusal, refusals
from orderapi.refusals import (
    FINAL_STATE,
    OWNERS,
    SETTINGS,
    WRITTEN_ONCE,
    made_by_others,
    status_by_others,
)
from orderapi.requestpolicy import request_policy
from orderapi.resources import CERTIFICATE_REQUEST, CHALLENGE, ORDER, Resource

_BY_CONTROLLER: Final = "variables.byController"
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
    **changed_annotations(f"{ACME_GROUP}/"),
}


def policies(controllers: Sequence[str] = (CONTROLLER_USER,)) -> Iterator[Json]:
    """Each policy and its binding, as they are applied; `controllers` are names of users."""
    shared = {"byController": cel.by(controllers), **_STATUS}
    yield from policy(
        ORDER,
        shared | _ORDER,
        [
            *_made(ORDER, CERTIFICATE_REQUEST),
            *_kept(ORDER),
            refusals(UPDATED, "rewritten", WRITTEN_ONCE),
            refusals(UPDATED, "changedAnnotations", SETTINGS),
        ],
    )
    yield from policy(CHALLENGE, shared, [*_made(CHALLENGE, ORDER), *_kept(CHALLENGE)])
    yield from request_policy()


def _made(resource: Resource[Any], owner: Resource[Any]) -> Iterator[Json]:
    """Who makes an object, and for what."""
    kind = resource.kind
    yield refusal(f"!({CREATED}) || {_BY_CONTROLLER}", made_by_others(kind))
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


def _kept(resource: Resource[Any]) -> Iterator[Json]:
    """What of an object's status and owners stays, and who writes them."""
    yield refusal(
        f"!({UPDATED}) || variables.oldStatus == variables.newStatus || {_BY_CONTROLLER}",
        f"status: {status_by_others(resource.kind)}",
    )
    final = cel.texts(sorted(states.FINAL))
    yield refusal(
        f"!({UPDATED}) || variables.oldState == variables.newState || "
        f'!(variables.oldState in {final}) && variables.newState != ""',
        f"status.state: {FINAL_STATE}",
    )
    yield refusal(
        f"!({UPDATED}) || ({cel.NO_NEW_OWNER}) || {_BY_CONTROLLER}",
        f"metadata.ownerReferences: {OWNERS}",
    )
