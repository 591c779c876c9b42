"""Issuers of other types: stored, with what they cannot do without."""

from typing import Any

import pytest

from tests.webhook.rules.build import changed, paths
from tests.webhook.rules.issuer_judging import on_create

REF = {"name": "credentials", "key": "entry"}
ROLE = {"path": "approle", "roleId": "id", "secretRef": REF}
ACCOUNT = {"serviceAccountRef": {"name": "a"}}
UNNAMED = {"secretRef": {"name": ""}}
NOBODY = {"serviceAccountRef": {"name": ""}}
WHOLE: dict[str, dict[str, Any]] = {
    "ca": {"secretName": "ca", "ocspServers": ["http://ocsp.example.com"]},
    "selfSigned": {},
    "vault": {
        "server": "https://vault.example.com",
        "path": "pki/sign/web",
        "auth": {"tokenSecretRef": REF},
    },
    "venafi": {"zone": "z", "tpp": {"url": "https://tpp.example", "credentialsRef": {"name": "a"}}},
}

FAULTS: list[tuple[str, str, Any, str]] = [
    ("ca", "secretName", "", "secretName"),
    ("ca", "ocspServers", ["http://a.example", ""], "ocspServers[1]"),
    ("ca", "issuingCertificateURLs", [""], "issuingCertificateURLs[0]"),
    ("vault", "server", "", "server"),
    ("vault", "path", "", "path"),
    ("vault", "caBundle", "aGVsbG8=", "caBundle"),
    ("vault", "clientCertSecretRef", REF, "clientKeySecretRef"),
    ("vault", "clientKeySecretRef", REF, "clientCertSecretRef"),
    ("vault", "auth", {}, "auth"),
    ("vault", "auth", {"appRole": ROLE | {"roleId": ""}}, "auth.appRole.roleId"),
    ("vault", "auth", {"appRole": ROLE | UNNAMED}, "auth.appRole.secretRef.name"),
    ("vault", "auth", {"kubernetes": {"role": "", "secretRef": REF}}, "auth.kubernetes.role"),
    ("vault", "auth", {"kubernetes": {"role": "r"}}, "auth.kubernetes"),
    (
        "vault",
        "auth",
        {"kubernetes": {"role": "r", "secretRef": REF, **ACCOUNT}},
        "auth.kubernetes",
    ),
    (
        "vault",
        "auth",
        {"kubernetes": {"role": "r", **NOBODY}},
        "auth.kubernetes.serviceAccountRef.name",
    ),
    ("vault", "auth", {"aws": {"role": ""}}, "auth.aws.role"),
    ("vault", "auth", {"aws": {"role": "r", **ACCOUNT}}, "auth.aws.iamRoleArn"),
    (
        "vault",
        "auth",
        {"aws": {"role": "r", "iamRoleArn": "arn", **NOBODY}},
        "auth.aws.serviceAccountRef.name",
    ),
    ("venafi", "zone", "", "zone"),
    ("venafi", "tpp", ..., ""),
    ("venafi", "cloud", {"apiTokenSecretRef": REF}, ""),
    ("venafi", "tpp.url", "", "tpp.url"),
]


@pytest.mark.parametrize("kind", WHOLE)
def test_it_is_stored_with_one_warning(kind: str) -> None:
    verdict = on_create({kind: WHOLE[kind]})
    assert verdict.allowed
    assert [warning.split(":")[0] for warning in verdict.warnings] == [f"spec.{kind}"]


@pytest.mark.parametrize(("kind", "field", "value", "path"), FAULTS)
def test_a_fault_is_told_with_its_path(kind: str, field: str, value: Any, path: str) -> None:
    verdict = on_create({kind: changed(WHOLE[kind], field, value)})
    assert paths(verdict) == [f"spec.{kind}.{path}".rstrip(".")]


@pytest.mark.parametrize("place", ["vault", "venafi"])
def test_a_bundle_stands_in_the_spec_or_in_a_secret(place: str) -> None:
    part = "tpp." if place == "venafi" else ""
    bundle = changed(WHOLE[place], f"{part}caBundle", "IA==")  # white space
    both = changed(bundle, f"{part}caBundleSecretRef", REF)
    assert on_create({place: bundle}).allowed
    assert paths(on_create({place: both})) == [f"spec.{place}.{part}caBundleSecretRef"]


def test_credentials_of_next_gen_trust_security() -> None:
    ngts = {"tsgID": "", "credentialsRef": {"name": ""}}
    assert paths(on_create({"venafi": {"zone": "z", "ngts": ngts}})) == [
        "spec.venafi.ngts.tsgID",
        "spec.venafi.ngts.credentialsRef.name",
    ]


def test_several_ways_to_log_in_are_a_warning() -> None:
    verdict = on_create(
        {"vault": changed(WHOLE["vault"], "auth", {"tokenSecretRef": REF, "appRole": ROLE})}
    )
    assert verdict.allowed
    assert "tokenSecretRef and appRole" in verdict.warnings[1]
