"""Cases: annotations that choose a solver, and the status."""

from collections.abc import Iterator
from typing import Any, Final

from orderapi import states
from orderapi.names import CERTIFICATE_NAME, HTTP01_OVERRIDE_INGRESS_NAME
from tests.admission.api import ADMIN, CONTROLLER, TENANT, Who
from tests.admission.case import (
    CRD,
    LAYERS,
    OTHERS,
    POLICY,
    STATE,
    Case,
    Change,
)


def annotation_cases() -> Iterator[Case]:
    """Annotations that choose a solver, and those that say whose a CertificateRequest is."""
    for kind, key in (
        ("Order", HTTP01_OVERRIDE_INGRESS_NAME),
        ("CertificateRequest", HTTP01_OVERRIDE_INGRESS_NAME),
        ("CertificateRequest", CERTIFICATE_NAME),
    ):
        path = ("metadata", "annotations", key)
        for name, old, new in (
            ("added", ..., "mine"),
            ("changed", "public", "mine"),
            ("removed", "public", ...),
        ):
            yield Case(
                name=f"{kind}: annotation {key} {name}",
                kind=kind,
                who=ADMIN,
                old={} if old is ... else {path: old},
                change={path: new},
                refused_by=OTHERS,
                says=f"metadata.annotations[{key}]",
            )


def _status(
    kind: str, name: str, who: Who, old: Change, change: Change, *, by: tuple[str, ...], says: str
) -> Case:
    return Case(
        name=f"{kind}: {name}",
        kind=kind,
        who=who,
        old=old,
        change=change,
        subresource="status",
        refused_by=by,
        says=says,
    )


_ONCE: Final = {"url": "https://ca.example/1", "finalizeURL": "https://ca.example/f"}
_CERTIFICATES: Final = {"certificate": "YQ=="}


def status_cases() -> Iterator[Case]:
    """Who writes a status, what is written once, and what state may follow which.

    The webhook is not asked about what a controller writes into a status: layer CRD and policy
    hold there.
    """
    for kind in ("Order", "Challenge"):
        for who in (ADMIN, TENANT):
            name = f"status by {who.name or 'the admin'}"
            change: Change = {("status", "reason"): "mine"}
            yield _status(kind, name, who, {}, change, by=OTHERS, says="status")
        for state in states.ALL:
            change = {STATE: state}
            yield _status(kind, f"first {state}", CONTROLLER, {}, change, by=(), says="")
        for old in states.ALL:
            for new in ("valid", "pending", "errored"):
                if old != new:
                    final = old in states.FINAL
                    yield _status(
                        kind,
                        f"{old}, then {new}",
                        CONTROLLER,
                        {STATE: old},
                        {STATE: new},
                        by=(CRD, POLICY) if final else (),
                        says="status.state",
                    )
        for old in ("pending", "valid"):
            yield _status(
                kind,
                f"{old}, then none",
                CONTROLLER,
                {STATE: old},
                {STATE: ...},
                by=(CRD, POLICY),
                says="status.state",
            )
        yield _status(
            kind,
            "no status after valid",
            CONTROLLER,
            {STATE: "valid"},
            {("status",): ...},
            by=(CRD, POLICY),
            says="status.state",
        )
        yield _status(
            kind,
            "a final state by the admin",
            ADMIN,
            {STATE: "valid"},
            {STATE: "pending"},
            by=LAYERS,
            says="status",
        )
    for once, value in (_ONCE | _CERTIFICATES).items():
        path = ("status", once)
        changes: dict[str, Any] = {"changed": "bXk=", "removed": ...}
        if once != "certificate":  # the schema takes no empty text there
            changes["emptied"] = ""
        for name, new in changes.items():
            yield _status(
                "Order",
                f"{once} {name}",
                CONTROLLER,
                {path: value},
                {path: new},
                by=(CRD, POLICY),
                says=f"status.{once}",
            )
        yield _status("Order", f"{once} set", CONTROLLER, {}, {path: value}, by=(), says="")
        yield _status(
            "Order",
            f"no status after {once}",
            CONTROLLER,
            {path: value},
            {("status",): ...},
            by=(CRD, POLICY),
            says=f"status.{once}",
        )
