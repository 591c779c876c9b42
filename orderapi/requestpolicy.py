"""The ValidatingAdmissionPolicy for CertificateRequests: who asks, and who approves."""

from collections.abc import Iterator
from typing import Final

from orderapi import cel
from orderapi.cel import CREATED, UPDATED
from orderapi.frozen import ISSUER_REF
from orderapi.names import ACME_GROUP, APPROVED, DENIED, GROUP
from orderapi.policyparts import Json, changed_annotations, policy, refusals
from orderapi.refusals import DECIDED, REQUESTER, WHOSE
from orderapi.resources import CERTIFICATE_REQUEST, ISSUER, ISSUERS

_SPEC: Final = "variables.newSpec"
_REF: Final = "variables.issuerRef"
_GROUPS: Final = "dyn(request.userInfo.?groups.orValue([]))"


def _right(field: str, same: str) -> str:
    return f'!("{field}" in {_SPEC}) || {_SPEC}.{field}.size() == 0 || {same}'


_RIGHT: Final = {
    "username": _right("username", f"{_SPEC}.username == request.userInfo.username"),
    "uid": _right("uid", f'{_SPEC}.uid == request.userInfo.?uid.orValue("")'),
    "groups": _right(
        # Sets cost the product of their sizes: those who tell the list itself pay less.
        "groups",
        f"{_SPEC}.groups == {_GROUPS} || sets.equivalent({_SPEC}.groups, {_GROUPS})",
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
    ", ".join(f"{cel.text(one.kind)}: {cel.text(one.plural)}" for one in ISSUERS.values())
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
    "decided": 'variables.decisions.map(decision, "status.conditions[" + decision + "]")',
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

_APPROVAL: Final = (
    "the user may not approve or deny for this issuer; that takes the verb approve on its signer: "
    f"resource signers of {GROUP}, named issuers.{GROUP}/<namespace>.<name> or "
    f"clusterissuers.{GROUP}/<name>"
)


def request_policy() -> Iterator[Json]:
    """The policy and its binding."""
    return policy(
        CERTIFICATE_REQUEST,
        _VARIABLES | changed_annotations(f"{GROUP}/", f"{ACME_GROUP}/"),
        [
            refusals(CREATED, "wrongRequester", REQUESTER),
            # A message must not ask the authorizer.
            refusals(UPDATED, "decided", _APPROVAL, unless=_MAY_DECIDE),
            refusals(UPDATED, "undone", DECIDED),
            refusals(UPDATED, "changedAnnotations", WHOSE),
        ],
    )
