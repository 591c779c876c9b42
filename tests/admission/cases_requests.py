"""Cases: whom a CertificateRequest tells of, and who decides about it."""

from collections.abc import Iterator
from typing import Any, Final

from orderapi.names import APPROVED, CONTROLLER_USER, DENIED
from tests.admission.api import ADMIN, CONTROLLER, EDITORS, TENANT, Who
from tests.admission.case import OTHERS, POLICY, REF, WEBHOOK, Case, Change
from tests.webhook.rules import build

_MAKER: Final = Who(
    "maker",
    (EDITORS, "makers", "system:authenticated"),
    uid="maker-uid",
    extra={"example.com/scope": ("all", "some")},
)


def identity_cases() -> Iterator[Case]:
    """Who a new CertificateRequest says it comes from."""
    plain: Change = {("spec",): build.certificate_request()["spec"]}
    truth: dict[str, Any] = {
        "username": "maker",
        "uid": "maker-uid",
        "groups": ["system:authenticated", "makers", EDITORS],
        "extra": {"example.com/scope": ["some", "all"]},
    }
    lies: dict[str, Any] = {
        "username": CONTROLLER_USER,
        "uid": "other",
        "groups": ["system:masters", *truth["groups"]],
        "extra": {"example.com/scope": ["all"]},
    }
    told: Change = {("spec", key): value for key, value in truth.items()}
    true: list[tuple[str, Change]] = [
        ("nothing of its maker", {}),
        ("the truth of its maker", told),
        ("half the truth", {("spec", "uid"): "maker-uid"}),
        ("empty values", {("spec", "username"): "", ("spec", "groups"): []}),
    ]
    for name, change in true:
        yield Case(
            name=f"CertificateRequest: tells {name}",
            kind="CertificateRequest",
            who=_MAKER,
            operation="CREATE",
            change={**plain, **change},
        )
    for key, lie in lies.items():
        yield Case(
            name=f"CertificateRequest: lies about {key}",
            kind="CertificateRequest",
            who=_MAKER,
            operation="CREATE",
            change={**plain, **told, ("spec", key): lie},
            refused_by=OTHERS,
            says=f"spec.{key}",
        )


APPROVER: Final = Who("approver", (EDITORS, "system:authenticated"))
"""May approve for every issuer of ours."""
SHOPPER: Final = Who("shopper", (EDITORS, "system:authenticated"))
"""May approve for the Issuer `own` of the namespace alone."""


def _decision(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "reason": "test",
        "message": "",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    }


def _decided(name: str, who: Who, old: Change, change: Change, by: tuple[str, ...] = ()) -> Case:
    return Case(
        name=f"CertificateRequest: {name}",
        kind="CertificateRequest",
        who=who,
        old=old,
        change=change,
        subresource="status",
        refused_by=by,
        says="status.conditions",
    )


_CONDITIONS: Final = ("status", "conditions")
_FOREIGN: Final = {"name": "own", "kind": "Foreign", "group": "example.com"}
_READY: Final = _decision("Ready") | {"status": "False"}


def approval_cases() -> Iterator[Case]:
    """Who approves and denies."""
    for kind in (APPROVED, DENIED):
        set_now: Change = {_CONDITIONS: [_decision(kind)]}
        for ref in ("ClusterIssuer", "Issuer"):
            old: Change = {(*REF, "kind"): ref}
            for who, by in ((TENANT, OTHERS), (ADMIN, ()), (APPROVER, ()), (SHOPPER, OTHERS)):
                name = f"{kind} for a {ref} by {who.name or 'the admin'}"
                yield _decided(name, who, old, set_now, by)
        yield Case(
            name=f"CertificateRequest: {kind} where its status is not written",
            kind="CertificateRequest",
            who=TENANT,
            change=set_now,
        )
    issued: Change = {_CONDITIONS: [_decision(APPROVED)]}
    yield _decided("the right for one issuer", SHOPPER, {REF: {"name": "own"}}, issued)
    yield Case(
        name="CertificateRequest: an issuer of a kind that nobody serves",
        kind="CertificateRequest",
        who=ADMIN,
        old={REF: _FOREIGN},
        change=issued,
        subresource="status",
        refused_by=(WEBHOOK,),
        says="spec.issuerRef",
    )


def decision_cases() -> Iterator[Case]:
    """A decision stays as it is. What of it only the webhook compares is not for the policy."""
    for kind in (APPROVED, DENIED):
        decision = _decision(kind)
        old: Change = {_CONDITIONS: [decision]}
        undone: dict[str, Change] = {
            "taken back": {_CONDITIONS: []},
            "said to be False": {(*_CONDITIONS, 0, "status"): "False"},
            "followed by Ready alone": {_CONDITIONS: [_READY]},
            "gone with the status": {("status",): ...},
        }
        for name, change in undone.items():
            for who in (TENANT, ADMIN, APPROVER, CONTROLLER):
                by = OTHERS if who is not CONTROLLER else (POLICY,)
                shown = f"{kind} {name} by {who.name or 'the admin'}"
                yield _decided(shown, who, old, change, by)
        bent = {"lastTransitionTime": "2026-01-02T03:04:06Z", "reason": "other", "message": "other"}
        for part, value in bent.items():
            change = {(*_CONDITIONS, 0, part): value}
            yield _decided(f"{kind} with another {part}", ADMIN, old, change, (WEBHOOK,))
        of_another: Change = {REF: _FOREIGN, **old}
        yield _decided(f"{kind} undone", ADMIN, of_another, {_CONDITIONS: []}, OTHERS)
        yield _decided(f"{kind}, then Ready", TENANT, old, {(*_CONDITIONS, 1): _READY})
    first: Change = {_CONDITIONS: [_READY]}
    yield _decided("no status, then Ready", TENANT, {("status",): ...}, first)
    yield _decided("no conditions, then Ready", TENANT, {_CONDITIONS: []}, first)
