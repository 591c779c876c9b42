"""Which existing Secrets may be written to, and what is said of the others."""

from dataclasses import replace

import pytest

from controller.certificates.adoption import refusal
from controller.certificates.observed import Absent, Target, Unread
from controller.secretnote import SecretNote
from tests.controller.certificates.build import (
    a_certificate,
    a_next_key,
    a_spec,
    a_target,
    settled_case,
)


def foreign(type: str, *entries: str) -> SecretNote:  # noqa: A002
    return a_target(
        type=type,
        data=dict.fromkeys(entries, b"something"),
        labels={},
        issued_for=None,
        issuer=None,
    )


PAIR = ("tls.crt", "tls.key")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        pytest.param(Absent(), "", id="absent"),
        pytest.param(Unread(), "", id="unread"),
        pytest.param(a_target(), "", id="ours"),
        pytest.param(foreign("kubernetes.io/tls", *PAIR), "", id="tls"),
        pytest.param(foreign("kubernetes.io/tls", *PAIR, "dhparam.pem"), "", id="tls-with-more"),
        pytest.param(foreign("Opaque", *PAIR, "ca.crt", "keystore.p12"), "", id="opaque-our-keys"),
        pytest.param(foreign("Opaque"), "", id="opaque-empty"),
        pytest.param(foreign("Opaque", *PAIR, "password"), '"password"', id="opaque-other-keys"),
        pytest.param(foreign("Opaque", "tls.key"), "ACME account", id="account-key"),
        pytest.param(foreign("Opaque", "api-token"), '"api-token"', id="credential"),
        pytest.param(
            foreign("kubernetes.io/service-account-token", "token", "ca.crt"),
            "kubernetes.io/service-account-token",
            id="service-account-token",
        ),
        pytest.param(
            foreign("kubernetes.io/dockerconfigjson", ".dockerconfigjson"),
            "kubernetes.io/dockerconfigjson",
            id="dockerconfig",
        ),
        pytest.param(
            foreign("bootstrap.kubernetes.io/token", "token-id"),
            "bootstrap.kubernetes.io/token",
            id="bootstrap-token",
        ),
        pytest.param(foreign("example.com/other", *PAIR), "example.com/other", id="unknown-type"),
        pytest.param(a_target(type="example.com/other"), "", id="unknown-type-but-ours"),
        pytest.param(
            a_target(type="kubernetes.io/basic-auth"),
            "kubernetes.io/basic-auth",
            id="system-type-with-our-name-on-it",
        ),
        pytest.param(a_target(immutable=True), "immutable", id="immutable"),
        pytest.param(a_next_key(), "under way", id="a-next-key"),
    ],
)
def test_adoption(target: Target, words: str) -> None:
    told = refusal(replace(settled_case(), target=target))
    assert bool(told) == bool(words)
    assert words in told
    assert not told or "set spec.secretName to another name" in told


def test_a_secret_that_an_issuer_uses_is_refused_even_where_it_is_ours() -> None:
    seen = replace(settled_case(), claim='the account key of Issuer "le"')
    assert refusal(seen).startswith('Secret "web-tls" holds the account key of Issuer "le".')


def test_a_lone_key_is_adopted_where_it_is_to_be_kept() -> None:
    seen = replace(
        settled_case(),
        certificate=a_certificate(spec=a_spec(rotation="Never")),
        target=foreign("Opaque", "tls.key"),
    )
    assert refusal(seen) == ""
