"""Cases: who makes Orders and Challenges, and who owns them."""

from collections.abc import Iterator

from tests.admission.api import ADMIN, CONTROLLER, TENANT, Who
from tests.admission.case import (
    OTHER_UID,
    OTHERS,
    OWNERS,
    REF,
    WEBHOOK,
    Case,
    Change,
)
from tests.webhook.rules import build


def ownership_cases() -> Iterator[Case]:
    """Who changes the owners of Orders and Challenges."""
    first = (*OWNERS, 0)
    another = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "mine",
        "uid": OTHER_UID,
    }
    refused: list[tuple[str, Change, Change]] = [
        ("an owner added", {}, {(*OWNERS, 1): another}),
        ("the first owner", {OWNERS: ...}, {OWNERS: [another]}),
        ("an owner of another uid", {}, {(*first, "uid"): OTHER_UID}),
        ("another name of the owner", {}, {(*first, "name"): "other"}),
        ("an owner that controls no more", {}, {(*first, "controller"): False}),
        (
            "an owner that controls from now on",
            {(*first, "controller"): False},
            {(*first, "controller"): True},
        ),
        (
            "an owner held",
            {(*first, "blockOwnerDeletion"): False},
            {(*first, "blockOwnerDeletion"): True},
        ),
    ]
    free: list[tuple[str, Change]] = [
        ("the owner removed", {OWNERS: ...}),
        ("the owner let go", {(*first, "blockOwnerDeletion"): False}),
        ("blockOwnerDeletion left out", {(*first, "blockOwnerDeletion"): ...}),
    ]
    for kind in ("Order", "Challenge"):
        for name, old, change in refused:
            yield Case(
                name=f"{kind}: {name}",
                kind=kind,
                who=TENANT,
                old=old,
                change=change,
                refused_by=OTHERS,
                says="metadata.ownerReferences",
            )
        for name, change in free:
            yield Case(name=f"{kind}: {name}", kind=kind, who=TENANT, change=change)
        yield Case(
            name=f"{kind}: an owner added by the controller",
            kind=kind,
            who=CONTROLLER,
            change={(*OWNERS, 1): another},
        )


def creation_cases() -> Iterator[Case]:
    """Who makes Orders and Challenges. In `change` an Order is what the controller makes."""
    as_made: dict[str, Change] = {
        "Order": {("spec",): build.order()["spec"]},
        "Challenge": {("spec",): build.challenge()["spec"]},
    }
    rows: list[tuple[str, Who, Change, tuple[str, ...], str]] = [
        ("by the controller", CONTROLLER, {}, (), ""),
        ("by the admin", ADMIN, {}, OTHERS, "made by the controller alone"),
        ("by a tenant", TENANT, {}, OTHERS, "made by the controller alone"),
        ("without owner", CONTROLLER, {OWNERS: ...}, OTHERS, "metadata.ownerReferences"),
        (
            "without a controlling owner",
            CONTROLLER,
            {(*OWNERS, 0, "controller"): False},
            OTHERS,
            "metadata.ownerReferences",
        ),
        (
            "for an owner of another kind",
            CONTROLLER,
            {(*OWNERS, 0, "kind"): "Certificate"},
            OTHERS,
            "metadata.ownerReferences",
        ),
        (
            "for an owner of another group",
            CONTROLLER,
            {(*OWNERS, 0, "apiVersion"): "example.com/v1"},
            OTHERS,
            "metadata.ownerReferences",
        ),
        (
            "for an owner that is gone",
            CONTROLLER,
            {(*OWNERS, 0, "uid"): OTHER_UID},
            (WEBHOOK,),
            "metadata.ownerReferences",
        ),
    ]
    for kind, made in as_made.items():
        for name, who, change, by, says in rows:
            yield Case(
                name=f"{kind}: made {name}",
                kind=kind,
                who=who,
                operation="CREATE",
                change={**made, **change},
                refused_by=by,
                says=says,
            )
    yield Case(
        name="Order: made for another issuer than its request's",
        kind="Order",
        who=CONTROLLER,
        operation="CREATE",
        change={**as_made["Order"], (*REF, "name"): "other"},
        refused_by=(WEBHOOK,),
        says="spec.issuerRef",
    )
