"""The ValidatingAdmissionPolicy for CertificateRequests: who asks, and who approves."""

from typing import Final

from orderapi import cel
from orderapi.frozen import ISSUER_REF
from orderapi.names import APPROVED, DENIED, GROUP
from orderapi.policyparts import CREATED, UPDATED, Json, policy, refusals
from orderapi.resources import CERTIFICATE_REQUEST, CLUSTER_ISSUER, ISSUER

_SPEC: Final = "variables.newSpec"
_REF: Final = "variables.issuerRef"


def _right(field: str, same: str) -> str:
    return f'!("{field}" in {_SPEC}) || {_SPEC}.{field}.size() == 0 || {same}'


_RIGHT: Final = {
    "username": _right("username", f"{_SPEC}.username == request.userInfo.username"),
    "uid": _right("uid", f'{_SPEC}.uid == request.userInfo.?uid.orValue("")'),
    "groups": _right(
        "groups", f"sets.equivalent({_SPEC}.groups, dyn(request.userInfo.?groups.orValue([])))"
    ),
    # A name without values says nothing.
    "extra": _right(
        "extra",
        f"{_SPEC}.extra.all(key, {_SPEC}.extra[key].size() == 0) || "
        f"{_SPEC}.extra.all(key, {_SPEC}.extra[key].size() == 0 || key in variables.extra && "
        f"sets.equivalent({_SPEC}.extra[key], variables.extra[key])) && "
        f"variables.extra.all(key, variables.extra[key].size() == 0 || "
        f"{_SPEC}.extra[?key].orValue(dyn([])).size() > 0)",
    ),
}

_PLURALS: Final = "{{{}}}".format(
    ", ".join(f"{cel.text(one.kind)}: {cel.text(one.plural)}" for one in (ISSUER, CLUSTER_ISSUER))
)

_VARIABLES: Final = {
    "extra": "dyn(request.userInfo.?extra.orValue({}))",
    "wrongRequester": " + ".join(
        f'({same} ? [] : ["spec.{field}"])' for field, same in _RIGHT.items()
    ),
    "oldConditions": "dyn(oldObject.?status.?conditions.orValue([]))",
    "newConditions": "dyn(object.?status.?conditions.orValue([]))",
    "decisions": (
        f"{cel.texts((APPROVED, DENIED))}.filter(decision, variables.newConditions.exists(new, "
        "new.type == decision && !variables.oldConditions.exists(old, old.type == decision && "
        "old.status == new.status)))"
    ),
    "undone": (
        f"{cel.texts((APPROVED, DENIED))}.filter(decision, variables.oldConditions.exists(old, "
        "old.type == decision && !variables.newConditions.exists(new, new.type == decision && "
        'new.status == old.status))).map(decision, "status.conditions[" + decision + "]")'
    ),
    "decided": ('variables.decisions.map(decision, "status.conditions[" + decision + "]")'),
    "issuerRef": f'{_SPEC}[?"{ISSUER_REF}"].orValue(dyn({{}}))',
    "issuerKind": f"string({cel.part(_REF, cel.text('kind'))})",
    "signers": (
        f"{_PLURALS}[?variables.issuerKind].optMap(plural, "
        f'[plural + ".{GROUP}/*", plural + ".{GROUP}/" + '
        f'(variables.issuerKind == "{ISSUER.kind}" ? request.namespace + "." : "") + '
        f'string({_REF}[?"name"].orValue(dyn("")))]).orValue([])'
    ),
}

# Of the issuers of this API alone: those of others are for the webhook, which can ask what their
# resource is.
_MAY_DECIDE: Final = (
    f"variables.decisions.size() == 0 || {cel.part(_REF, cel.text('group'))} != {cel.text(GROUP)} "
    f'|| variables.signers.exists(signer, authorizer.group("{GROUP}").resource("signers")'
    '.name(signer).check("approve").allowed())'
)

_REQUESTER: Final = "that is not the user who makes this CertificateRequest; leave it out"
_DECIDED: Final = (
    "a decision never changes and is never removed; for another one make a new CertificateRequest"
)
_APPROVAL: Final = (
    "the user may not approve or deny for this issuer; that takes the verb approve on its signer: "
    f"resource signers of {GROUP}, named issuers.{GROUP}/<namespace>.<name> or "
    f"clusterissuers.{GROUP}/<name>"
)


def request_policy() -> Json:
    """The policy."""
    return policy(
        CERTIFICATE_REQUEST,
        _VARIABLES,
        [
            refusals(CREATED, "wrongRequester", _REQUESTER),
            # A message must not ask the authorizer.
            refusals(UPDATED, "decided", _APPROVAL, unless=_MAY_DECIDE),
            refusals(UPDATED, "undone", _DECIDED),
        ],
    )
