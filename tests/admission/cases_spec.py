"""Cases: what never changes in a spec, and what is no change."""

from collections.abc import Iterator
from typing import Any, Final

from tests.admission.api import ADMIN, CONTROLLER, TENANT
from tests.admission.case import (
    LAYERS,
    REF,
    Case,
    Change,
    Path,
)
from tests.webhook.rules import build

_HTTP_SOLVER: Final = {"http01": {"ingress": {"ingressClassName": "public"}}}


def spec_cases() -> Iterator[Case]:
    """Every field by a change, and by being left out where it may be."""
    tables: dict[str, dict[str, Any]] = {
        "Order": {
            "request": build.signing_request("else.example.com"),
            "issuerRef.name": "other",
            "issuerRef.kind": "Issuer",
            "issuerRef.group": "example.com",
            "commonName": "else.example.com",
            "dnsNames": ["example.com"],
            "ipAddresses": ["192.0.2.8"],
            "duration": "2h",
            "profile": "other",
            "replaces": "other",
        },
        "Challenge": {
            "url": "https://evil.example/challenge",
            "authorizationURL": "https://evil.example/authorization",
            "dnsName": "else.example.com",
            "wildcard": False,
            "type": "HTTP-01",
            "token": "other",
            "key": "other",
            "solver": _HTTP_SOLVER,
            "issuerRef.name": "other",
            "issuerRef.kind": "Issuer",
            "issuerRef.group": "example.com",
        },
        "CertificateRequest": {
            "request": build.signing_request("else.example.com"),
            "issuerRef.name": "other",
            "issuerRef.kind": "Issuer",
            "issuerRef.group": "example.com",
            "duration": "2h",
            "isCA": False,
            "usages": ["digital signature"],
            "username": "other",
            "uid": "other",
            "groups": ["system:masters"],
            "extra": {"example.com/scope": ["none"]},
        },
    }
    for kind, rows in tables.items():
        for dotted, value in rows.items():
            yield _frozen(kind, dotted, dotted, value)
            optional = "." not in dotted and dotted not in _REQUIRED
            if optional:
                yield _frozen(kind, f"{dotted} left out", dotted, ...)
                yield _frozen(kind, f"{dotted} added", dotted, value or True, absent=True)


_REQUIRED: Final = frozenset(
    {"request", "url", "authorizationURL", "dnsName", "type", "token", "key", "solver"}
)


def _frozen(kind: str, name: str, dotted: str, value: Any, *, absent: bool = False) -> Case:
    path: Path = ("spec", *dotted.split("."))
    return Case(
        name=f"{kind}: spec.{name}",
        kind=kind,
        who=ADMIN,
        old={path: ...} if absent else {},
        change={path: value},
        refused_by=LAYERS,
        says=f"spec.{dotted}",
    )


def _within(kind: str, name: str, path: Path, value: Any, *, old: Change | None = None) -> Case:
    return Case(
        name=f"{kind}: {name}",
        kind=kind,
        who=CONTROLLER,
        old=old or {},
        change={path: value},
        refused_by=LAYERS,
        says=f"spec.{path[1]}",
    )


_WEBHOOK_CONFIG: Final = ("spec", "solver", "dns01", "webhook", "config")
_REQUEST: Final = ("spec", "request")
_NAMES: Final = ["www.example.com", "example.com"]


def inner_cases() -> Iterator[Case]:
    """Changes that a comparison could miss, by the controller itself."""
    for kind in ("Order", "CertificateRequest"):
        yield _within(
            kind, "another spelling of a request", _REQUEST, "YR==", old={_REQUEST: "YQ=="}
        )
    yield _within("Order", "another order of names", ("spec", "dnsNames"), _NAMES)
    yield _within("Order", "a name twice", ("spec", "dnsNames", 2), "example.com")
    for none in ("evermore", "", "1 h"):
        yield Case(
            name=f"Order: a duration that is none, then {none or 'empty'}",
            kind="Order",
            who=ADMIN,
            old={("spec", "duration"): "forever"},
            change={("spec", "duration"): none},
            refused_by=LAYERS,
            says="spec",  # to the rule of the CRD that is an error, which it tells of the whole
        )
    yield _within(
        "Challenge", "a foreign value within the solver", (*_WEBHOOK_CONFIG, "zone"), "else"
    )
    yield _within("Challenge", "a foreign key within the solver", (*_WEBHOOK_CONFIG, "x"), 1)
    yield _within("Challenge", "true and 1", (*_WEBHOOK_CONFIG, "strict"), 1)
    yield _within("Challenge", "no selector", ("spec", "solver", "selector"), ...)
    yield Case(
        name="CertificateRequest: a spec that was not there",
        kind="CertificateRequest",
        who=ADMIN,
        old={("spec",): ...},
        change={("spec",): {"request": "YQ==", "issuerRef": {"name": "a"}}},
        refused_by=LAYERS,
        says="spec",
    )
    yield Case(
        name="CertificateRequest: no spec any more",
        kind="CertificateRequest",
        who=ADMIN,
        change={("spec",): ...},
        refused_by=LAYERS,
        says="spec",
    )


def _same(kind: str, name: str, path: Path, old: Any, new: Any) -> Case:
    return Case(
        name=f"{kind}: {name} is no change",
        kind=kind,
        who=ADMIN,
        old={path: old},
        change={path: new},
    )


_DEFAULTED: Final = {"name": "letsencrypt", "kind": "Issuer", "group": "cert-manager.io"}


def equal_cases() -> Iterator[Case]:
    """What is equal by meaning."""
    for kind in ("Order", "Challenge", "CertificateRequest"):
        yield _same(kind, "a defaulted issuerRef", REF, {"name": "letsencrypt"}, _DEFAULTED)
        yield _same(kind, "an issuerRef left to defaults", REF, _DEFAULTED, {"name": "letsencrypt"})
        empty = {"name": "letsencrypt", "kind": "", "group": ""}
        yield _same(kind, "an empty kind and group", REF, empty, _DEFAULTED)
        yield Case(name=f"{kind}: the same again", kind=kind, who=ADMIN)
        yield Case(name=f"{kind}: the same status", kind=kind, who=TENANT, subresource="status")
        yield Case(
            name=f"{kind}: a finalizer added",
            kind=kind,
            who=ADMIN,
            change={("metadata", "finalizers"): ["example.com/hold"]},
        )
        yield Case(
            name=f"{kind}: finalizers removed",
            kind=kind,
            who=TENANT,
            old={("metadata", "finalizers"): ["example.com/hold"]},
            change={("metadata", "finalizers"): ...},
        )
        yield Case(
            name=f"{kind}: labels and annotations of others",
            kind=kind,
            who=TENANT,
            change={
                ("metadata", "labels", "team"): "a",
                ("metadata", "annotations", "example.com/note"): "b",
            },
        )
    for kind in ("Order", "CertificateRequest"):
        yield _same(kind, "a request with every letter of base64", _REQUEST, "+/az09==", "+/az09==")
        yield _same(kind, "60m for 1h", ("spec", "duration"), "60m", "1h")
        yield _same(kind, "an empty duration", ("spec", "duration"), ..., "")
    yield _same("Order", "an empty name", ("spec", "commonName"), ..., "")
    yield _same("Order", "an empty list", ("spec", "ipAddresses"), ..., [])
    yield _same("Order", "a list left out", ("spec", "dnsNames"), [], ...)
    yield _same("Order", "a text left out", ("spec", "profile"), "", ...)
    yield _same("Challenge", "false", ("spec", "wildcard"), ..., False)
    yield _same("Challenge", "false left out", ("spec", "wildcard"), False, ...)
    yield _same("CertificateRequest", "false", ("spec", "isCA"), ..., False)
    yield _same("CertificateRequest", "an empty map", ("spec", "extra"), ..., {})
