"""CertificateRequests: what of one may change."""

from typing import Any

import pytest

from tests.webhook.rules.build import (
    ADMIN,
    CONTROLLER,
    TENANT,
    Json,
    certificate_request,
    changed,
    signing_request,
    update,
)
from tests.webhook.rules.request_judging import faults
from webhook.request import Unreadable, User
from webhook.verdict import Fault

OLD = changed(
    certificate_request(),
    "metadata.annotations",
    {"cert-manager.io/certificate-name": "web", "example.com/note": "x"},
)
OLD_SPEC: Json = OLD["spec"] | {
    "duration": "60m",
    "usages": ["server auth", "client auth"],
    "username": "alice",
    "groups": ["a", "b"],
    "extra": {"key": ["value"]},
}
OLD = changed(OLD, "spec", OLD_SPEC)


def patched(path: str, value: Any, *, user: User = TENANT, sub: str = "") -> tuple[Fault, ...]:
    return faults(update("CertificateRequest", OLD, changed(OLD, path, value), user, sub))


class TestSpec:
    @pytest.mark.parametrize("user", [ADMIN, TENANT, CONTROLLER])
    @pytest.mark.parametrize(
        ("path", "value", "rule"),
        [
            ("spec.request", signing_request("other.example"), "spec"),
            ("spec.request", ..., "spec"),
            ("spec.issuerRef.name", "other", "spec"),
            ("spec.issuerRef.kind", "Issuer", "spec"),
            ("spec.issuerRef.group", "example.com", "spec"),
            ("spec.duration", "2h", "spec"),
            ("spec.isCA", True, "spec"),
            ("spec.usages", ["client auth", "server auth"], "spec"),
            ("spec.username", "bob", "requester"),
            ("spec.username", ..., "requester"),
            ("spec.uid", "1", "requester"),
            ("spec.groups", ["a"], "requester"),
            ("spec.extra", {"key": ["other"]}, "requester"),
            ("spec.aFieldOfTomorrow", "x", "spec"),
        ],
    )
    def test_no_field_ever_changes(self, path: str, value: Any, rule: str, user: User) -> None:
        (fault,) = patched(path, value, user=user)
        assert (fault.path, fault.rule) == (path, rule)
        assert "make a new one" in fault.text

    def test_nor_by_way_of_the_status(self) -> None:
        assert [fault.path for fault in patched("spec.duration", "2h", sub="status")] == [
            "spec.duration"
        ]

    def test_nor_all_of_it(self) -> None:
        assert {fault.path for fault in patched("spec", ...)} == {
            f"spec.{name}" for name in (*(OLD_SPEC.keys() - {"issuerRef"}),)
        } | {"spec.issuerRef.name", "spec.issuerRef.kind"}

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("spec.issuerRef.group", "cert-manager.io"),
            ("spec.duration", "1h"),
            ("spec.isCA", False),
            ("spec.uid", ""),
            ("metadata.finalizers", ["example.com/x"]),
            ("metadata.deletionTimestamp", "2026-01-02T03:04:05Z"),
        ],
    )
    def test_what_means_the_same_and_what_is_free(self, path: str, value: Any) -> None:
        assert patched(path, value) == ()

    def test_what_was_never_right_is_not_looked_at_again(self) -> None:
        old = changed(OLD, "spec.request", "aGVsbG8=")
        new = changed(old, "metadata.finalizers", [])
        assert faults(update("CertificateRequest", old, new)) == ()

    def test_an_object_without_a_spec(self) -> None:
        old = changed(OLD, "spec", ...)
        assert faults(update("CertificateRequest", old, old)) == ()


class TestAnnotations:
    @pytest.mark.parametrize("user", [ADMIN, CONTROLLER])
    @pytest.mark.parametrize(
        ("key", "change"),
        [
            ("cert-manager.io/certificate-name", {"cert-manager.io/certificate-name": "other"}),
            ("cert-manager.io/certificate-name", {"cert-manager.io/certificate-name": ...}),
            ("cert-manager.io/new", {"cert-manager.io/new": ""}),
            ("acme.cert-manager.io/new", {"acme.cert-manager.io/new": "x"}),
        ],
    )
    def test_ours_never_change(self, key: str, change: Json, user: User) -> None:
        merged = OLD["metadata"]["annotations"] | change
        kept = {name: value for name, value in merged.items() if value is not ...}
        (fault,) = patched("metadata.annotations", kept, user=user)
        assert (fault.path, fault.rule) == (f"metadata.annotations[{key}]", "annotations")
        assert "make a new one" in fault.text

    def test_all_of_them_at_once(self) -> None:
        (fault,) = patched("metadata.annotations", ...)
        assert fault.path == "metadata.annotations[cert-manager.io/certificate-name]"

    @pytest.mark.parametrize(
        "key",
        [
            "example.com/note",
            "cert-manager.io.example.com/x",
            "venafi.cert-manager.io/pickup-id",
            "kubectl-order/attempts",
        ],
    )
    def test_those_of_others_are_free(self, key: str) -> None:
        kept = OLD["metadata"]["annotations"] | {key: "changed"}
        assert patched("metadata.annotations", kept) == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec", []),
        ("metadata.annotations", {"x": 1}),
        ("metadata", None),
        ("status", {"conditions": "x"}),
    ],
)
def test_a_change_to_another_shape(path: str, value: Any) -> None:
    with pytest.raises(Unreadable):
        patched(path, value)
