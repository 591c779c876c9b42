"""Cases: whom a CertificateRequest tells of, and who decides about it."""

from collections.abc import Iterator
from typing import Any, Final

from orderapi.names import APPROVED, CONTROLLER_USER, DENIED
from tests.admission.api import ADMIN, EDITORS, TENANT, Who
from tests.admission.case import (
    OTHERS,
    REF,
    Case,
    Change,
)
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


def approval_cases() -> Iterator[Case]:
    """Who approves and denies."""
    for kind in (APPROVED, DENIED):
        decision = {
            "type": kind,
            "status": "True",
            "reason": "test",
            "message": "",
            "lastTransitionTime": "2026-01-02T03:04:05Z",
        }
        for ref in ("ClusterIssuer", "Issuer"):
            for who, by in ((TENANT, OTHERS), (ADMIN, ()), (APPROVER, ()), (SHOPPER, OTHERS)):
                yield Case(
                    name=f"CertificateRequest: {kind} for a {ref} by {who.name or 'the admin'}",
                    kind="CertificateRequest",
                    who=who,
                    old={(*REF, "kind"): ref},
                    change={("status", "conditions"): [decision]},
                    subresource="status",
                    refused_by=by,
                    says="status.conditions",
                )
        for who in (TENANT, ADMIN, APPROVER):
            yield Case(
                name=f"CertificateRequest: {kind} taken back by {who.name or 'the admin'}",
                kind="CertificateRequest",
                who=who,
                old={("status", "conditions"): [decision]},
                change={("status", "conditions"): []},
                subresource="status",
                refused_by=OTHERS,
                says="status.conditions",
            )
    yield Case(
        name="CertificateRequest: the right for one issuer",
        kind="CertificateRequest",
        who=SHOPPER,
        old={REF: {"name": "own"}},
        change={("status", "conditions"): [decision]},
        subresource="status",
    )
