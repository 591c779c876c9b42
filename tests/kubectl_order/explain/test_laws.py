"""explain() is total, and what it says is bounded, for whatever objects hold."""

import shlex
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_order.explain import explain
from kubectl_order.explain.ending import HEADLINE, MOST, runnable
from kubectl_order.explain.words import LONGEST
from kubectl_order.facts import Absent, Chain, Leader, SecretMeta, Unread
from kubectl_order.finding import Ref, kubectl, plugin
from orderapi import names, states
from orderapi.certificate import CertificateStatus, Renewal
from orderapi.conditions import Condition
from orderapi.diagnosis import Diagnosis
from orderapi.references import IssuerRef
from tests.kubectl_order.build import (
    KEY,
    NOW,
    TOKEN,
    a_certificate,
    a_chain,
    a_challenge,
    a_request,
    an_issuer,
    an_order,
    meta,
)

_FRAGMENTS = (
    'admission webhook "a" denied the request: ',
    'failed calling webhook "a": ',
    "exceeded quota: few, ",
    'User "system:x" cannot create resource "orders" in API group "g"',
    'Secret "a; rm -rf ~" ',
    'JKS keystore password Secret "a --server=https://evil.test" not found',
    'Ingress "a --all" exists and is not of this Challenge',
    'User "u" cannot create resource "-shttps://evil.test" in API group ""',
    'failed to get secret "$(x)": there is none in namespace "a"',
    "external account binding: ",
    'Referenced "Issuer" not found',
    'Issuer "acme" is not ready: ',
    "The account of the issuer cannot be used: ",
    "5 requests were made within an hour. The next one is made at 2026-11-24T09:40:00Z",
    "at 2026-99-99T99:99:99Z",
    'JKS keystore password Secret "a" not found',
    ". Waiting: ",
    "The certificate request has failed to complete and will be retried: ",
    "urn:ietf:params:acme:error:caa: ",
    f"/.well-known/acme-challenge/{TOKEN} ",
    KEY,
    "\n\x1b[2J\u202e\u2028'\"",
)
_FLAGS = ("x --server=https://evil.test --insecure-skip-tls-verify", "-shttps://evil.test")
"""Names that would have kubectl show the token of whoever runs it to another server."""
_TEXTS = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=40), max_size=4).map("".join) | (
    st.just("x" * 20_000)
)
_TIMES = (
    st.timedeltas(timedelta(days=-200), timedelta(days=200)).map(lambda span: NOW + span)
    | st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
    | st.none()
)
_REASONS = st.sampled_from(
    (
        *("DuplicateSecretName", "InvalidSpec", "SecretNotAdopted", "CannotRegenerateKey"),
        *("DoesNotExist", "MissingData", "InvalidKeyPair", "Expired", "WindowError", "Renewing"),
        *("Failed", "Denied", "Issued", "Pending", "InvalidOrder", "InvalidConfig", "", "Other"),
    )
)
_CONDITIONS = st.lists(
    st.builds(
        Condition,
        type=st.sampled_from(
            (names.READY, names.ISSUING, names.APPROVED, names.DENIED, names.INVALID_REQUEST)
        ),
        status=st.sampled_from(("True", "False", "Unknown", "maybe")),
        reason=_REASONS,
        message=_TEXTS,
        last_transition_time=_TIMES,
        observed_generation=st.none() | st.integers(0, 3),
    ),
    max_size=4,
).map(tuple)
_DIAGNOSES = st.none() | st.builds(
    Diagnosis,
    cause=st.sampled_from(("waiting", "InvalidSpec", "caa")),
    message=_TEXTS,
    next_retry_time=_TIMES,
)
_METAS = st.builds(
    meta,
    st.sampled_from(("web", "", "a.b-c")),
    created=_TIMES,
    deleting=st.none() | _TIMES,
    finalizers=st.lists(st.sampled_from((names.FINALIZER, "x.org/y", "foregroundDeletion"))),
    annotations=st.just({}) | st.just({names.PRIVATE_KEY_SECRET_NAME: "web-key1"}),
    generation=st.integers(0, 3),
)
_REFS = st.builds(
    IssuerRef,
    name=st.sampled_from(("acme", "", "x y", *_FLAGS)),
    kind=st.sampled_from(("", "Issuer", "ClusterIssuer", "Moon", *_FLAGS)),
    group=st.sampled_from(("", "cert-manager.io", "example.org")),
)
_STATUSES = st.builds(
    CertificateStatus,
    conditions=_CONDITIONS,
    not_before=_TIMES,
    not_after=_TIMES,
    renewal_time=_TIMES,
    next_private_key_secret_name=st.sampled_from((None, "web-key1")),
    failed_issuance_attempts=st.none() | st.integers(-1, 10**6),
    last_failure_time=_TIMES,
    diagnosis=_DIAGNOSES,
)
_STATES = st.sampled_from((states.UNKNOWN, *states.ALL, "moon"))


@st.composite
def _certificates(draw: st.DrawFn) -> object:
    made = a_certificate(
        draw(_STATUSES),
        issuer=draw(_REFS),
        secret=draw(st.sampled_from(("web-tls", "", "$(x); y", "a'b", *_FLAGS))),
        metadata=draw(_METAS),
    )
    renewal = draw(st.sampled_from((None, Renewal(policy="Disabled"), Renewal())))
    before = draw(st.sampled_from((None, "1h", "moon")))
    spec = msgspec.structs.replace(made.spec, renewal=renewal, renew_before=before)
    return msgspec.structs.replace(made, spec=spec)


@st.composite
def _chains(draw: st.DrawFn) -> Chain:
    def maybe(value: object) -> object:
        return value if draw(st.booleans()) else None

    request = a_request(
        *draw(_CONDITIONS), issuer=draw(_REFS), metadata=draw(_METAS), approved=draw(st.booleans())
    )
    order = an_order(draw(_STATES), draw(_TEXTS), metadata=draw(_METAS), diagnosis=draw(_DIAGNOSES))
    challenges = tuple(
        a_challenge(draw(_STATES), draw(_TEXTS), index=index, metadata=draw(_METAS))
        for index in range(draw(st.integers(0, 2)))
    )
    issuer = an_issuer(*draw(_CONDITIONS), cluster=draw(st.booleans()), metadata=draw(_METAS))
    away = st.sampled_from((None, Absent(), Unread("forbidden")))
    leader = Leader(
        namespace="cert-manager",
        holder=draw(st.sampled_from(("", "one"))),
        renewed=draw(_TIMES),
        seconds=draw(st.sampled_from((0.0, 15.0, -1.0, 1e18))),
    )
    return a_chain(
        certificate=maybe(draw(_certificates())),  # type: ignore[arg-type]
        request=maybe(request),  # type: ignore[arg-type]
        order=maybe(order),  # type: ignore[arg-type]
        challenges=challenges,
        secret=draw(away | st.just(SecretMeta(metadata=draw(_METAS)))),
        issuer=draw(away | st.just(issuer)),
        leader=draw(away | st.just(leader)),
    )


@given(chain=_chains())
def test_there_is_one_bounded_finding_for_every_chain(chain: Chain) -> None:
    found = explain(chain)
    assert found.headline.strip()
    assert found.cause == found.cause.lower().replace(" ", "-")
    assert len(found.evidence) <= MOST
    for text in (found.headline, found.fix, found.command, *found.evidence):
        assert len(text.splitlines()) == 1
        assert len(text) <= LONGEST
        assert TOKEN not in text
    assert len(found.headline) <= HEADLINE


@given(chain=_chains())
def test_a_command_is_words_and_nothing_else(chain: Chain) -> None:
    command = explain(chain).command
    assert runnable(command) == command
    split = list(shlex.shlex(command, posix=True, punctuation_chars=True))
    assert not [word for word in split if set(word) & set("();<>|&`$")]
    assert "evil.test" not in command
    assert "--all " not in f"{command} "


@pytest.mark.parametrize("name", [*_FLAGS, "a b", "-A", "*", "$(x)"])
def test_no_command_is_made_of_a_name_that_is_none(name: str) -> None:
    told = Condition(type="Ready", status="False", reason="SecretNotAdopted", message="no")
    certificate = a_certificate(CertificateStatus(conditions=(told,)), secret=name)
    found = explain(a_chain(certificate=certificate))
    assert (found.cause, found.command) == ("secret-not-adopted", "kubectl order status")
    odd = Ref(kind=name, name="web", namespace="shop")
    assert {plugin("why", odd), kubectl("get", odd)} == {"kubectl order status"}


def test_a_status_without_bounds_is_read_in_no_time() -> None:
    long = "x " * 500_000
    condition = Condition(type="Ready", status="False", reason="Pending", message=long)
    chain = a_chain(
        certificate=a_certificate(CertificateStatus(conditions=(condition,))),
        request=a_request(condition),
        order=an_order("pending", long),
        challenges=[a_challenge("pending", long)],
        issuer=an_issuer(condition),
    )
    begun = time.thread_time()
    assert explain(chain).headline
    assert time.thread_time() - begun < 2


@pytest.mark.parametrize("before", range(0, 420, 15))
def test_no_part_of_a_token_is_left_where_a_text_is_cut(before: int) -> None:
    told = f'{"x" * before} expected "{KEY}" of {TOKEN}'
    challenge = a_challenge("invalid", told)
    found = explain(a_chain(order=an_order("invalid", told), challenges=[challenge]))
    assert TOKEN[:8] not in repr(found)
    assert KEY[-8:] not in repr(found)
